// The lock: what counts as the meaning, and that no byte of the file can change unseen.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { NO_ENTRY } from '../../../src/runtime/store/ledger-entry.js';
import {
  lockText,
  makeLock,
  meaningDigest,
  parseLock,
  readLock,
  writeLock,
} from '../../../src/runtime/store/lock.js';
import { MemoryHost } from '../../support/memory-host.js';

const test = suite('lock');
const meaning = {
  families: [
    { name: 'heads', rate: '0.05', members: ['0.0', '0.1'] },
    { name: 'general', rate: '0.05', members: [] },
  ],
  margin: -0,
  predictions: [{ claim: 'heads', verdict: 'supported' }],
};
const lock = makeLock({ meaning, environment: { backend: 'ort:cpu', batch: 16 }, head: NO_ENTRY });

test('a lock reads back from its file, whatever the order of keys and the sign of zero', () => {
  const host = new MemoryHost();
  host.makeFolder('/p');
  assert.equal(readLock(host, '/p/x.eis'), { kind: 'absent' });
  writeLock(host, '/p/x.eis', lock);
  const read = readLock(host, '/p/x.eis');
  assert.is(read.kind, 'ok');
  if (read.kind !== 'ok') return;
  assert.is(read.lock.lock, lock.lock);
  assert.is(meaningDigest(read.lock.meaning), meaningDigest({ ...meaning, margin: 0 }));
  const turned = Object.fromEntries(Object.entries(meaning).reverse());
  assert.is(meaningDigest({ ...turned, predictions: meaning.predictions }), lock.lock);
});

test('the environment is sealed but is not meaning; predictions are meaning', () => {
  const elsewhere = makeLock({ meaning, environment: { backend: 'reference', batch: 16 }, head: NO_ENTRY });
  assert.is(elsewhere.lock, lock.lock);
  assert.is.not(elsewhere.seal, lock.seal);
  const other = makeLock({
    meaning: { ...meaning, predictions: [] },
    environment: lock.environment,
    head: NO_ENTRY,
  });
  assert.is.not(other.lock, lock.lock);
});

test('every changed byte of the file is found', () => {
  const bytes = new TextEncoder().encode(lockText(lock));
  for (let at = 0; at < bytes.length; at++) {
    const changed = bytes.slice();
    changed[at] = (changed[at] ?? 0) ^ 2;
    assert.is(parseLock(new TextDecoder().decode(changed), 'x.eis.lock').kind, 'bad', `byte ${at}`);
  }
});

test('faults are told apart', () => {
  const text = lockText(lock);
  const problemOf = (other: string): string => {
    const read = parseLock(other, 'x.eis.lock');
    return read.kind === 'bad' ? read.problem.kind : read.kind;
  };
  assert.is(problemOf(text.replace('"version": 1', '"version": 2')), 'lock-version');
  assert.is(problemOf(text.replace('0.05', '0.06')), 'lock-digest');
  assert.is(problemOf(text.replace('"batch": 16', '"batch": 32')), 'lock-digest');
  assert.is(problemOf(text.replaceAll('\n', '\r\n')), 'lock-file');
  assert.is(problemOf(text.replace(/ {2}"environment": \{[^}]*\},\n/, '')), 'lock-file');
  for (const other of ['', '{}', 'null', '[]', '<<<<<<< HEAD\n'])
    assert.is(problemOf(other), 'lock-file', other);
});

test.run();
