// K1: exact error rates without Monte Carlo. For fixed absolute values all 2^G sign patterns are equally likely under the
// null, so running the whole procedure on each of them gives its family-wise error rate as an integer.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { enumerateFlips, flippedSums } from '../../src/runtime/stats/flips.js';
import { maxT, type TestColumn } from '../../src/runtime/stats/max-t.js';
import { normal } from '../../src/runtime/stats/normal.js';
import { streamKey } from '../../src/runtime/stats/rng.js';
import { zeroRoot } from './vectors.js';

const test = suite('enumeration');
const clusters = 7;
const patterns = 2 ** clusters;
const flips = enumerateFlips(clusters);
const signs = Array.from({ length: clusters }, (_, cluster) =>
  flippedSums(
    flips,
    Float64Array.from({ length: clusters }, (_v, at) => (at === cluster ? 1 : 0)),
    new Float64Array(patterns),
  ),
);

interface Scenario {
  readonly name: string;
  readonly columns: readonly Float64Array[];
}

/** Correlated columns; `ties` rounds to quarters, one column is duplicated, one constant, one zero. */
function scenarios(): Scenario[] {
  return Array.from({ length: 6 }, (_, index) => {
    const key = streamKey(zeroRoot, `enumeration/${index}`);
    const draw = (column: number) =>
      Float64Array.from({ length: clusters }, (_v, cluster) => {
        const value = normal(key, cluster) + normal(key, cluster, column + 1);
        return index % 2 === 1 ? Math.round(4 * value) / 4 : value;
      });
    const drawn = [0, 1, 2, 3].map(draw);
    const [first = draw(0), second = draw(1), third = draw(2)] = drawn;
    const constant = new Float64Array(clusters).fill(0.5);
    const variants = [
      drawn,
      drawn,
      [first, second, second, third],
      [first, second, second, constant],
      [first, constant, constant, new Float64Array(clusters)],
      [first, first, first, first],
    ];
    return { name: `data set ${index}`, columns: variants[index] ?? drawn };
  });
}

function flipped(x: Float64Array, pattern: number): Float64Array {
  return x.map((value, cluster) => value * (signs[cluster]?.[pattern] ?? 0));
}

type Sides = readonly TestColumn['side'][];

/** For every pattern, the smallest adjusted count among the null columns; alternatives keep their observed values. */
function smallestCounts(columns: readonly Float64Array[], nulls: readonly boolean[], sides: Sides): number[] {
  return Array.from({ length: patterns }, (_, pattern) => {
    const data = columns.map((x, index) => (nulls[index] ? flipped(x, pattern) : x));
    const tested = sides.flatMap((side) => data.map((x): TestColumn => ({ x, flips, side })));
    const { stepDown } = maxT(tested);
    return [...stepDown]
      .filter((_c, index) => nulls[index % columns.length])
      .reduce((a, b) => Math.min(a, b), patterns);
  });
}

/** Largest excess of #{patterns with min c <= c0} over c0, over all attainable c0; 0 means exact, above means wrong. */
function excess(counts: readonly number[]): { readonly worst: number; readonly attained: boolean } {
  let worst = Number.NEGATIVE_INFINITY;
  for (const level of new Set(counts)) {
    const rejected = counts.filter((count) => count <= level).length;
    worst = Math.max(worst, rejected - level);
  }
  return { worst, attained: worst === 0 };
}

for (const { name, columns } of scenarios()) {
  test(`one direction, all null: exact at every level (${name})`, () => {
    const { worst } = excess(smallestCounts(columns, [true, true, true, true], ['plus']));
    assert.is(worst, 0);
  });

  test(`both directions jointly, all null: exact at every level (${name})`, () => {
    const { worst } = excess(smallestCounts(columns, [true, true, true, true], ['plus', 'minus']));
    assert.is(worst, 0);
  });

  test(`partial nulls: never above the level (${name})`, () => {
    for (const nulls of [
      [true, true, false, false],
      [false, true, true, true],
      [true, false, false, false],
    ]) {
      const shifted = columns.map((x, index) => (nulls[index] ? x : x.map((value) => Math.abs(value) + 1)));
      assert.ok(excess(smallestCounts(shifted, nulls, ['plus'])).worst <= 0);
      assert.ok(excess(smallestCounts(shifted, nulls, ['plus', 'minus'])).worst <= 0);
    }
  });
}

test('five clusters cannot reject at .05 jointly, six can', () => {
  const jointFloor = (size: number) => {
    const set = enumerateFlips(size);
    const x = Float64Array.from({ length: size }, (_, cluster) => 1 + cluster / 10);
    const { stepDown } = maxT([
      { x, flips: set, side: 'plus' },
      { x, flips: set, side: 'minus' },
    ]);
    return (stepDown[0] ?? 0) / set.count;
  };
  assert.is(jointFloor(5), 0.0625);
  assert.is(jointFloor(6), 0.03125);
});

test('this check notices an uncorrected p', () => {
  const [scenario] = scenarios();
  const columns = scenario?.columns ?? [];
  const counts = Array.from({ length: patterns }, (_, pattern) => {
    const { raw } = maxT(columns.map((x): TestColumn => ({ x: flipped(x, pattern), flips, side: 'plus' })));
    return [...raw].reduce((a, b) => Math.min(a, b), patterns);
  });
  assert.ok(excess(counts).worst > 0);
});

test.run();
