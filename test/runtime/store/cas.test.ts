// The cache: what is read is what was written, or it is missing.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { plainSha256 } from '../../../src/compiler/base/digest.js';
import {
  getArray,
  getBytes,
  getRecord,
  has,
  listObjects,
  openStore,
  putArray,
  putBytes,
  putRecord,
  recallParts,
  rememberParts,
} from '../../../src/runtime/store/cas.js';
import { planGc, runGc } from '../../../src/runtime/store/gc.js';
import { explainMiss, keyOf, recordParts } from '../../../src/runtime/store/key.js';
import { RunFailure } from '../../../src/runtime/store/problem.js';
import { Death, MemoryHost } from '../../support/memory-host.js';

const test = suite('content-addressed store');
const key = (n: number) => keyOf({ what: 'test', inputs: { n } });
const failsWith = (why: string) => (error: unknown) =>
  error instanceof RunFailure && error.problem.kind === 'file' && error.problem.why === why;

test('objects come back by kind and key', () => {
  const store = openStore(new MemoryHost(), '/p');
  putArray(store, key(1), { dtype: 'f64', dims: [2], data: Float64Array.of(1, Number.NaN) });
  putRecord(store, key(1), { a: [1, 'x'] });
  putBytes(store, { kind: 'bytes', key: key(1) }, Uint8Array.of(1, 2));
  assert.equal(getRecord(store, key(1)), { kind: 'hit', value: { a: [1, 'x'] } });
  assert.equal(getBytes(store, { kind: 'bytes', key: key(1) }), { kind: 'hit', value: Uint8Array.of(1, 2) });
  const array = getArray(store, key(1));
  assert.is(array.kind, 'hit');
  if (array.kind === 'hit') assert.equal([...array.value.data], [1, Number.NaN]);
  assert.equal(getRecord(store, key(2)), { kind: 'missing', notes: [] });
  assert.equal(
    listObjects(store).map((one) => one.kind),
    ['array', 'record', 'bytes'],
  );
});

test('the file name holds what sha256sum prints for the file', () => {
  const host = new MemoryHost();
  const store = openStore(host, '/p');
  putRecord(store, key(1), { a: 1 });
  const [object] = listObjects(store);
  assert.ok(object?.path.includes(plainSha256(new TextEncoder().encode('{"a":1}'))));
});

test('any changed byte makes an object missing, and it is removed with a note', () => {
  const host = new MemoryHost();
  const store = openStore(host, '/p');
  const text = JSON.stringify({ a: 12345 });
  for (let at = 0; at < text.length; at++) {
    putRecord(store, key(1), { a: 12345 });
    const [object] = listObjects(store);
    const bytes = host.readBytes(object?.path ?? '');
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    host.writePlain(object?.path ?? '', bytes);
    const found = getRecord(store, key(1));
    assert.is(found.kind, 'missing');
    if (found.kind === 'missing') assert.match(found.notes[0] ?? '', /was damaged and has been removed/);
    assert.not.ok(has(store, { kind: 'record', key: key(1) }));
  }
});

test('a damaged object in a store that cannot be written is missing too', () => {
  const host = new MemoryHost();
  const store = openStore(host, '/p');
  putRecord(store, key(1), 1);
  host.writePlain(listObjects(store)[0]?.path ?? '', Uint8Array.of(0));
  const found = getRecord(openStore(host.reopened({ readOnly: true }), '/p'), key(1));
  assert.is(found.kind, 'missing');
  if (found.kind === 'missing') assert.match(found.notes[0] ?? '', /cannot be removed/);
});

test('a process killed at any step leaves a whole object or none', () => {
  let survived = 0;
  for (let step = 0; ; step++) {
    const host = new MemoryHost({ diesAt: step });
    let died = false;
    try {
      putRecord(openStore(host, '/p'), key(1), { a: 'value' });
    } catch (error) {
      if (!(error instanceof Death)) throw error;
      died = true;
    }
    const store = openStore(host.reopened(), '/p');
    const found = getRecord(store, key(1));
    if (found.kind === 'hit') assert.equal(found.value, { a: 'value' });
    else assert.equal(found.notes, [], 'a killed writer leaves nothing that looks like an object');
    putRecord(store, key(1), { a: 'value' });
    assert.is(getRecord(store, key(1)).kind, 'hit');
    if (!died) break;
    survived += 1;
  }
  assert.ok(survived >= 4, `${survived} places to die`);
});

test('a full disk is reported and leaves the store readable', () => {
  const host = new MemoryHost({ capacity: 400 });
  const store = openStore(host, '/p');
  putRecord(store, key(1), 'x'.repeat(100));
  assert.throws(() => putRecord(store, key(2), 'y'.repeat(500)), failsWith('no-space'));
  assert.is(getRecord(store, key(1)).kind, 'hit');
  assert.equal(getRecord(store, key(2)), { kind: 'missing', notes: [] });
  assert.equal(
    host.files().filter((path) => path.includes('.tmp-')),
    [],
  );
  host.settings = { capacity: 4000 };
  putRecord(store, key(2), 'y'.repeat(500));
  assert.is(getRecord(store, key(2)).kind, 'hit');
});

test('a store that may not be written says so', () => {
  assert.throws(
    () => openStore(new MemoryHost({ forbidden: ['/p/.eis'] }), '/p'),
    failsWith('no-permission'),
  );
  assert.throws(() => openStore(new MemoryHost({ readOnly: true }), '/p'), failsWith('read-only'));
});

test('a step runs again for the reasons that are named', () => {
  const store = openStore(new MemoryHost(), '/p');
  const parts = { what: 'outcomes', inputs: { model: 'a'.repeat(64), rows: 60, lens: 'z' } };
  assert.equal(explainMiss(recallParts(store, 'heads'), parts), ['never computed here']);
  rememberParts(store, 'heads', parts);
  assert.equal(explainMiss(recallParts(store, 'heads'), parts), []);
  const changed = { what: 'outcomes', inputs: { model: 'b'.repeat(64), rows: 61, head: 3 } };
  assert.equal(explainMiss(recallParts(store, 'heads'), changed), [
    '`head` is new',
    '`lens` is gone',
    '`model` changed',
    '`rows` changed from 60 to 61',
  ]);
  const older = { ...recordParts(parts), version: 0 };
  assert.equal(explainMiss(older, parts), ['keys are made differently since version 0']);
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
  for (const n of [1, 2, 3]) putRecord(store, key(n), 'x'.repeat(n * 10));
  host.writePlain('/p/.eis/v1/record/00.tmp-7-1', Uint8Array.of(1, 2, 3));
  host.waitMs(3_600_000);
  putRecord(store, key(4), 'young');
  const plan = planGc(store, { live: new Set([key(2)]), minimumAgeMs: 60_000 });
  assert.equal(plan.remove.map((one) => one.key).sort(), [key(1), key(3)].sort());
  assert.is(plan.freedBytes, 12 + 32 + 3);
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
