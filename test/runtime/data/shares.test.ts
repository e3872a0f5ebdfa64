import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Share, SplitSpec } from '../../../src/compiler/data/data-spec.js';
import { apportion, assignUnits, checkShares, countUnits } from '../../../src/runtime/data/shares.js';
import { THREE } from './fixtures.js';
import { order } from './philox-oracle.js';

const test = suite('shares');
const ROOT = 'c0'.repeat(32);

test('forty, ten and fifty per cent of forty are 16, 4 and 20', () => {
  assert.equal(apportion(40, [0.4, 0.1, 0.5]), [16, 4, 20]);
});

test('the largest remainders are rounded up, the earlier first where they are equal', () => {
  assert.equal(apportion(10, [1 / 3, 1 / 3, 1 / 3]), [4, 3, 3]);
  assert.equal(apportion(7, [0.4, 0.1, 0.5]), [3, 1, 3]); // 2.8, 0.7, 3.5
  assert.equal(apportion(10, [0.7, 0.3]), [7, 3]); // 0.7 * 10 is not 7 in every order of operations
});

test('counts add up, and each is the share rounded down or up', () => {
  const weights = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 5000 }), weights, (total, raw) => {
      const whole = raw.reduce((sum, one) => sum + one, 0);
      const counts = apportion(
        total,
        raw.map((one) => one / whole),
      );
      assert.is(
        counts.reduce((sum, one) => sum + one, 0),
        total,
      );
      for (const [index, count] of counts.entries()) {
        // In whole numbers, so that the oracle has no rounding of its own.
        const low = Math.floor((total * (raw[index] ?? 0)) / whole);
        assert.ok(count === low || count === low + 1);
      }
    }),
  );
});

const split: SplitSpec = { kind: 'shares', shares: THREE };

test('units go to splits in the order of their Philox keys', () => {
  const { counts } = countUnits(split, 20);
  const assigned = assignUnits(ROOT, split, counts);
  const expected = new Array<number>(20).fill(-1);
  for (const [rank, unit] of order(ROOT, 'split', 20).entries())
    expected[unit] = rank < 8 ? 0 : rank < 10 ? 1 : 2;
  assert.equal([...assigned], expected);
});

test('a seed chooses another assignment, and the same seed the same', () => {
  const withSeed = (seed: number): number[] => [
    ...assignUnits(ROOT, { kind: 'random', seed, shares: THREE }, [8, 2, 10]),
  ];
  assert.equal(withSeed(0), withSeed(0));
  assert.not.equal(withSeed(0), withSeed(1));
  assert.not.equal(withSeed(0), [...assignUnits(ROOT, split, [8, 2, 10])]);
});

test('shares that are not the whole, are negative or share a name are refused', () => {
  const kinds = (shares: readonly Share[]): string[] => checkShares(shares).map((one) => one.text);
  assert.equal(checkShares(THREE), []);
  assert.match(kinds([{ name: 'a', share: 0.5 }])[0] ?? '', /add up to 50%/);
  assert.match(
    kinds([
      { name: 'a', share: 1.5 },
      { name: 'b', share: -0.5 },
    ]).join(),
    /`a` has a share of 150%.*`b`.*-50%/,
  );
  assert.match(
    kinds([
      { name: 'a', share: 0.5 },
      { name: 'a', share: 0.5 },
    ])[0] ?? '',
    /named twice/,
  );
});

test('a split without a cluster is named', () => {
  const { problems } = countUnits(split, 3);
  assert.equal(
    problems.map((one) => [one.kind, one.subject]),
    [['empty-split', 'reference']],
  );
});

test.run();
