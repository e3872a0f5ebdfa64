// Weights in files: written once, compared before they are used, gone when they were temporary.
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BackendFailure } from '../../../src/runtime/backend/backend.js';
import { WeightFiles } from '../../../src/runtime/backend/weight-files.js';

const test = suite('weights in files');
let folder = '';

test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'eis-test-'));
});

test.after.each(() => rmSync(folder, { recursive: true, force: true }));

const DIGEST = 'ab'.repeat(32);
const same = (bytes: Uint8Array): Uint8Array => bytes;
const bytesFrom = (first: number): Uint8Array => Uint8Array.from({ length: 5_000_000 }, (_, i) => first + i);

test('a weight is written once, under its digest', () => {
  const weight = bytesFrom(1);
  const first = new WeightFiles('ort:cpu', folder).place(DIGEST, weight, same);
  assert.equal(first, { location: `${DIGEST}.weight`, length: weight.length });
  const path = join(folder, first.location);
  assert.is(Buffer.compare(readFileSync(path), weight), 0);
  const { ino } = statSync(path);
  assert.equal(new WeightFiles('ort:cpu', folder).place(DIGEST, weight.slice(), same), first);
  assert.is(statSync(path).ino, ino, 'the next run finds it');
  assert.equal(readdirSync(folder), [first.location], 'no drafts are left');
});

test('a weight that was placed is neither made nor read again', () => {
  const files = new WeightFiles('ort:cpu', folder);
  const weight = bytesFrom(1);
  let made = 0;
  const make = (bytes: Uint8Array): Uint8Array => {
    made++;
    return bytes.toReversed();
  };
  files.place(DIGEST, weight, make);
  files.place(DIGEST, weight, make);
  assert.is(made, 1);
  assert.is(Buffer.compare(readFileSync(join(folder, `${DIGEST}.weight`)), weight.toReversed()), 0);
});

test('the time of a file is that of its last use, by this run or another', () => {
  const weight = bytesFrom(1);
  const files = new WeightFiles('ort:cpu', folder);
  const path = join(folder, files.place(DIGEST, weight, same).location);
  const again = [() => files, () => new WeightFiles('ort:cpu', folder)];
  for (const open of again) {
    utimesSync(path, 1000, 1000);
    const before = Date.now();
    open().place(DIGEST, weight, same);
    assert.ok(statSync(path).mtimeMs >= before - 1000);
  }
});

test('a file that was collected meanwhile is written again', () => {
  const weight = bytesFrom(1);
  const files = new WeightFiles('ort:cpu', folder);
  const first = files.place(DIGEST, weight, same);
  rmSync(join(folder, first.location));
  assert.equal(files.place(DIGEST, weight, same), first);
  assert.is(Buffer.compare(readFileSync(join(folder, first.location)), weight), 0);
});

test('a weight that was changed under its digest gets a file of its own', () => {
  const files = new WeightFiles('ort:cpu', folder);
  const usual = files.place(DIGEST, bytesFrom(1), same);
  const changed = bytesFrom(1);
  changed[4_999_999] = 77;
  const other = files.place(DIGEST, changed, same);
  assert.is.not(other.location, usual.location);
  assert.is(Buffer.compare(readFileSync(join(folder, usual.location)), bytesFrom(1)), 0);
  assert.is(Buffer.compare(readFileSync(join(folder, other.location)), changed), 0);
  assert.equal(new WeightFiles('ort:cpu', folder).place(DIGEST, changed.slice(), same), other);
});

for (const [what, content] of [
  ['shorter', bytesFrom(1).subarray(0, 4_999_999)],
  ['damaged', bytesFrom(2)],
  ['empty', new Uint8Array()],
] as const) {
  test(`a file that is ${what} is not used`, () => {
    writeFileSync(join(folder, `${DIGEST}.weight`), content);
    const weight = bytesFrom(1);
    const { location } = new WeightFiles('ort:cpu', folder).place(DIGEST, weight, same);
    assert.is(Buffer.compare(readFileSync(join(folder, location)), weight), 0);
    // A damaged one of the second kind can only be replaced.
    writeFileSync(join(folder, location), content);
    assert.is(new WeightFiles('ort:cpu', folder).place(DIGEST, weight.slice(), same).location, location);
    assert.is(Buffer.compare(readFileSync(join(folder, location)), weight), 0);
  });
}

test('a digest of any characters names a file in the folder', () => {
  const { location } = new WeightFiles('ort:cpu', folder).place('../model W_Q', bytesFrom(1), same);
  assert.equal(readdirSync(folder), [location]);
});

test('without a folder, files are temporary and go with the backend', () => {
  const files = new WeightFiles('ort:cpu', null);
  const { location } = files.place(DIGEST, bytesFrom(1), same);
  const path = join(files.folder, location);
  assert.is(dirname(files.folder), tmpdir());
  assert.ok(existsSync(path));
  files.dispose();
  assert.not.ok(existsSync(dirname(path)));
});

test('a folder that is given stays', () => {
  const files = new WeightFiles('ort:cpu', join(folder, 'deep', 'weights'));
  const { location } = files.place(DIGEST, bytesFrom(1), same);
  files.dispose();
  assert.ok(existsSync(join(folder, 'deep', 'weights', location)));
});

test('a folder that cannot be made is a failure with help', () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  const files = new WeightFiles('ort:cpu', join(file, 'weights'));
  assert.throws(
    () => files.place(DIGEST, bytesFrom(1), same),
    (error: unknown) =>
      error instanceof BackendFailure &&
      error.problem.kind === 'compile' &&
      error.problem.text.includes('ENOTDIR') &&
      error.problem.help !== undefined,
  );
});

test.run();
