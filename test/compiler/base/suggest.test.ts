import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { editDistance, nearest, suggest } from '../../../src/compiler/base/suggest.js';

const test = suite('nearest names');

// Published examples: Levenshtein's kitten and sitting; swapped neighbours count once in the alignment form, where
// `ca` and `abc` are 3 apart (2 in the unrestricted form).
test('distances are those of the literature', () => {
  const known = [
    ['kitten', 'sitting', 3],
    ['saturday', 'sunday', 3],
    ['ca', 'abc', 3],
    ['form', 'from', 1],
    ['', 'abc', 3],
  ] as const;
  for (const [left, right, distance] of known)
    assert.is(editDistance(left, right), distance, `${left} ${right}`);
});

test('distance is symmetric, and zero for equal words only', () => {
  const words = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 6 });
  fc.assert(
    fc.property(words, words, (left, right) => {
      assert.is(editDistance(left, right), editDistance(right, left));
      assert.is(editDistance(left, right) === 0, left === right);
    }),
    { seed: 1, numRuns: 300 },
  );
});

test('the nearest come first, and far ones not at all', () => {
  assert.equal(suggest('patern', ['resid', 'pattern', 'patterns', 'q']), ['pattern', 'patterns']);
  assert.is(nearest('intervension', ['intervention', 'invention']), 'intervention');
  assert.is(nearest('xyz', ['abc', 'loss']), undefined);
});

test('a short word is near to few others', () => {
  assert.equal(suggest('z', ['q', 'k', 'v', 'Z']), ['Z']);
  assert.equal(suggest('m', []), []);
});

test.run();
