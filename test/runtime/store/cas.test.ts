// The cache: what is read is what was written, or it is missing.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { plainSha256 } from '../../../src/compiler/base/digest.js';
import {
  getBytes,
  listObjects,
  openStore,
  putBytes,
  removeObject,
  type Store,
} from '../../../src/runtime/store/cas.js';
import { planGc, runGc } from '../../../src/runtime/store/gc.js';
import { keyOf } from '../../../src/runtime/store/key.js';
import { RunFailure } from '../../../src/runtime/store/problem.js';
import { Death, MemoryHost } from '../../support/memory-host.js';

const test = suite('content-addressed store');
const key = (n: number) => keyOf({ what: 'test', inputs: { n } });
const failsWith = (why: string) => (error: unknown) =>
  error instanceof RunFailure && error.problem.kind === 'file' && error.problem.why === why;

const bytesOf = (text: string) => new TextEncoder().encode(text);
const put = (store: Store, n: number, text: string) => putBytes(store, key(n), bytesOf(text));
const missing = { kind: 'missing', notes: [] };

test('objects come back by key until they are removed', () => {
  const store = openStore(new MemoryHost(), '/p');
  put(store, 1, 'one');
  put(store, 2, '');
  assert.equal(getBytes(store, key(1)), { kind: 'hit', bytes: bytesOf('one') });
  assert.equal(getBytes(store, key(2)), { kind: 'hit', bytes: bytesOf('') });
  assert.equal(getBytes(store, key(3)), missing);
  assert.is(listObjects(store).length, 2);
  removeObject(store, key(1));
  assert.equal(getBytes(store, key(1)), missing);
  assert.is(getBytes(store, key(2)).kind, 'hit');
});

test('the file name holds what sha256sum prints for the file', () => {
  const host = new MemoryHost();
  const store = openStore(host, '/p');
  put(store, 1, 'one');
  const [object] = listObjects(store);
  assert.ok(object?.path.includes(plainSha256(bytesOf('one'))));
});

test('any changed byte makes an object missing, and it is removed with a note', () => {
  const host = new MemoryHost();
  const store = openStore(host, '/p');
  const text = 'twelve bytes';
  for (let at = 0; at < text.length; at++) {
    put(store, 1, text);
    const [object] = listObjects(store);
    const bytes = host.readBytes(object?.path ?? '');
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    host.writePlain(object?.path ?? '', bytes);
    const found = getBytes(store, key(1));
    assert.is(found.kind, 'missing');
    if (found.kind === 'missing') assert.match(found.notes[0] ?? '', /was damaged and has been removed/);
    assert.equal(listObjects(store), []);
  }
});

test('a damaged object in a store that cannot be written is missing too', () => {
  const host = new MemoryHost();
  const store = openStore(host, '/p');
  put(store, 1, 'one');
  host.writePlain(listObjects(store)[0]?.path ?? '', Uint8Array.of(0));
  const found = getBytes(openStore(host.reopened({ readOnly: true }), '/p'), key(1));
  assert.is(found.kind, 'missing');
  if (found.kind === 'missing') assert.match(found.notes[0] ?? '', /cannot be removed/);
});

test('a process killed at any step leaves a whole object or none', () => {
  let survived = 0;
  for (let step = 0; ; step++) {
    const host = new MemoryHost({ diesAt: step });
    let died = false;
    try {
      put(openStore(host, '/p'), 1, 'value');
    } catch (error) {
      if (!(error instanceof Death)) throw error;
      died = true;
    }
    const store = openStore(host.reopened(), '/p');
    const found = getBytes(store, key(1));
    if (found.kind === 'hit') assert.equal(found.bytes, bytesOf('value'));
    else assert.equal(found.notes, [], 'a killed writer leaves nothing that looks like an object');
    put(store, 1, 'value');
    assert.is(getBytes(store, key(1)).kind, 'hit');
    if (!died) break;
    survived += 1;
  }
  assert.ok(survived >= 4, `${survived} places to die`);
});

test('a full disk is reported and leaves the store readable', () => {
  const host = new MemoryHost({ capacity: 400 });
  const store = openStore(host, '/p');
  put(store, 1, 'x'.repeat(100));
  assert.throws(() => put(store, 2, 'y'.repeat(500)), failsWith('no-space'));
  assert.is(getBytes(store, key(1)).kind, 'hit');
  assert.equal(getBytes(store, key(2)), missing);
  assert.equal(
    host.files().filter((path) => path.includes('.tmp-')),
    [],
  );
  host.settings = { capacity: 4000 };
  put(store, 2, 'y'.repeat(500));
  assert.is(getBytes(store, key(2)).kind, 'hit');
});

test('a store that may not be written says so', () => {
  assert.throws(
    () => openStore(new MemoryHost({ forbidden: ['/p/.eis'] }), '/p'),
    failsWith('no-permission'),
  );
  assert.throws(() => openStore(new MemoryHost({ readOnly: true }), '/p'), failsWith('read-only'));
});

test('keys do not depend on the order of inputs and do on their names, values and kind of work', () => {
  const one = keyOf({ what: 'w', inputs: { a: 1, b: 2 } });
  assert.is(keyOf({ what: 'w', inputs: { b: 2, a: 1 } }), one);
  const others = [
    { a: 2, b: 1 },
    { a: 1, b: 2, c: 0 },
    { a: 1, c: 2 },
    { a: '1', b: 2 },
  ];
  const keys = [
    one,
    keyOf({ what: 'v', inputs: { a: 1, b: 2 } }),
    ...others.map((inputs) => keyOf({ what: 'w', inputs })),
  ];
  assert.is(new Set(keys).size, keys.length);
});

test('gc removes what is neither live nor young, and says how much before it does', () => {
  const host = new MemoryHost();
  const store = openStore(host, '/p');
  for (const n of [1, 2, 3]) put(store, n, 'x'.repeat(n * 10));
  host.writePlain('/p/.eis/v1/bytes/00.tmp-7-1', Uint8Array.of(1, 2, 3));
  host.waitMs(3_600_000);
  put(store, 4, 'young');
  const plan = planGc(store, { live: new Set([key(2)]), minimumAgeMs: 60_000 });
  assert.equal(plan.remove.map((one) => one.key).sort(), [key(1), key(3)].sort());
  assert.is(plan.freedBytes, 10 + 30 + 3);
  assert.is(plan.keptObjects, 2);
  assert.is(listObjects(store).length, 4, 'planning removes nothing');
  runGc(store, plan);
  assert.equal(
    listObjects(store)
      .map((one) => one.key)
      .sort(),
    [key(2), key(4)].sort(),
  );
  assert.equal(
    host.files().filter((path) => path.includes('.tmp-')),
    [],
  );
});

test.run();
