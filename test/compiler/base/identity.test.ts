import { createHash } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { canonical } from '../../../src/compiler/base/canonical.js';
import { digest, digestBytes, plainSha256 } from '../../../src/compiler/base/digest.js';

const test = suite('canonical text and digests');

test('the order of keys does not matter, the order of a list does', () => {
  assert.is(canonical({ b: 1, a: [2, { d: 1, c: 2 }] }), canonical({ a: [2, { c: 2, d: 1 }], b: 1 }));
  assert.is.not(canonical([1, 2]), canonical([2, 1]));
});

test('values that are different have different texts', () => {
  const values = [
    0,
    -0,
    Number.NaN,
    1 / 0,
    -1 / 0,
    null,
    true,
    '0',
    '',
    [],
    {},
    [[]],
    [null],
    'null',
    { a: null },
    1e21,
    1,
  ];
  assert.is(new Set(values.map(canonical)).size, values.length);
});

test('a digest is SHA-256 of the domain, a zero byte and the canonical text', () => {
  const expected = createHash('sha256').update('eis:meaning\0{"a":[1,"é"]}', 'utf8').digest('hex');
  assert.is(digest('meaning', { a: [1, 'é'] }), expected);
});

test('domains keep equal values apart', () => {
  assert.is.not(digest('meaning', 1), digest('plan', 1));
  assert.is(digestBytes('plan', new Uint8Array([49])), digest('plan', 1));
});

test('the plain digest is what other tools print', () => {
  const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
  assert.is(plainSha256(new Uint8Array()), empty);
});

test.run();
