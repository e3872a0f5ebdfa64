// Max-T against full enumeration done independently in R and Python, and the cases where the comparison breaks.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  drawFlips,
  enumerateFlips,
  flippedSums,
  flipStatistics,
  randomFlips,
} from '../../src/runtime/stats/flips.js';
import { type MaxTCounts, maxT, type TestColumn } from '../../src/runtime/stats/max-t.js';
import { normal } from '../../src/runtime/stats/normal.js';
import { streamKey } from '../../src/runtime/stats/rng.js';
import { centred, singleFlip } from '../../src/runtime/stats/single.js';
import { assertClose } from '../support/close.js';
import { signOf } from '../support/sign-of.js';
import { columnOf, vectors, zeroRoot } from './vectors.js';

const test = suite('max-t');
const { D, one_sided: oneSided, two_sided: twoSided, min_effect_0_25: minEffect } = vectors.sign_flip_maxT;
const flips = enumerateFlips(8);
const columns = (margin: number, side: TestColumn['side']): TestColumn[] =>
  [0, 1, 2, 3].map((column) => ({ x: centred(columnOf(D, column), margin), flips, side }));
const counts = ({ raw, single, stepDown }: MaxTCounts) => ({
  raw: [...raw],
  single: [...single],
  stepdown: [...stepDown],
});

test('one-sided counts equal the enumeration', () => {
  const result = maxT(columns(0, 'plus'));
  assertClose(result.statistic, oneSided.t, { rtol: 1e-11, atol: 1e-12 });
  const { raw, single, stepdown } = oneSided;
  assert.equal(counts(result), { raw, single, stepdown });
});

test('two-sided counts equal the enumeration', () => {
  const { raw, single, stepdown } = twoSided;
  assert.equal(counts(maxT(columns(0, 'either'))), { raw, single, stepdown });
});

test('counts with a margin equal the enumeration', () => {
  const result = maxT(columns(0.25, 'plus'));
  assertClose(result.statistic, minEffect.t, { rtol: 1e-11 });
  const { raw, single, stepdown } = minEffect;
  assert.equal(counts(result), { raw, single, stepdown });
});

test('a raw count is that of the single-column test', () => {
  for (const [column, expected] of oneSided.raw.entries())
    assert.equal(singleFlip(flips, columnOf(D, column)).above, { c: expected, n: 256 });
});

test('below is above of the negated values', () => {
  const x = centred(columnOf(D, 1), 0.25);
  const turned = x.map((value) => -value);
  assert.equal(singleFlip(flips, x).below, singleFlip(flips, turned).above);
  assert.equal(singleFlip(flips, x).above, singleFlip(flips, turned).below);
});

test('joint columns of both directions are single-step |T|, and every count is even', () => {
  const both = [...columns(0, 'plus'), ...columns(0, 'minus')];
  const result = maxT(both);
  for (const count of result.stepDown) assert.is(count % 2, 0);
  // The larger direction of each column has |T|; single-step counts equal the two-sided ones.
  for (const column of [0, 1, 2, 3])
    assert.is(Math.min(result.single[column] ?? 0, result.single[column + 4] ?? 0), twoSided.single[column]);
});

test('the opposite column of a decided member stays in the tail', () => {
  // One column only: -T is behind T, so the joint step-down count is that of |T|, twice the one-sided one.
  const x = columnOf(D, 0);
  const result = maxT([
    { x, flips, side: 'plus' },
    { x, flips, side: 'minus' },
  ]);
  assert.is(result.stepDown[0], 2);
  assert.is(result.raw[0], 1);
});

test('an infinite statistic is counted, never p = 0', () => {
  // All values equal: T is infinite and only the identity reaches it.
  const x = new Float64Array(8).fill(0.3);
  assert.is(flipStatistics(flips, x)[0], Number.POSITIVE_INFINITY);
  assert.equal(singleFlip(flips, x), { above: { c: 1, n: 256 }, below: { c: 256, n: 256 }, near: 1 });
  const result = maxT([
    { x, flips, side: 'plus' },
    { x: columnOf(D, 3), flips, side: 'plus' },
    { x, flips, side: 'minus' },
  ]);
  assert.is(result.stepDown[0], 2); // its own identity and the minus column's all-minus flip
  assert.is(result.stepDown[2], 256);
});

test('a column of zeros is never shown', () => {
  const x = new Float64Array(8);
  assert.equal(singleFlip(flips, x), { above: { c: 256, n: 256 }, below: { c: 256, n: 256 }, near: 256 });
});

test('the identity counts: p is at least 1 / N with random flips too', () => {
  const random = randomFlips({ clusters: 40, random: 99, root: zeroRoot, path: 'plus-one' });
  const x = Float64Array.from({ length: 40 }, (_, cluster) => 5 + cluster / 1_000);
  assert.equal(singleFlip(random, x).above, { c: 1, n: 100 });
  assert.is(maxT([{ x, flips: random, side: 'plus' }]).stepDown[0], 1);
});

test('sums by table equal sums by sign, also where the last byte is not full', () => {
  const clusters = 21;
  const set = randomFlips({ clusters, random: 50, root: zeroRoot, path: 'sums' });
  const key = streamKey(zeroRoot, 'sums');
  const x = Float64Array.from({ length: clusters }, (_, cluster) => normal(key, cluster, 1));
  const sums = flippedSums(set, x, new Float64Array(set.count));
  for (let flip = 0; flip < set.count; flip++) {
    let expected = 0;
    for (let cluster = 0; cluster < clusters; cluster++)
      expected += (x[cluster] ?? 0) * (flip === 0 ? 1 : signOf(key, cluster, flip));
    assertClose(sums[flip] ?? Number.NaN, expected, { rtol: 1e-12, atol: 1e-12 });
  }
});

test('all sign patterns are enumerated up to 16 clusters and never beyond', () => {
  const request = { random: 99, root: zeroRoot, path: 'x' };
  assert.is(drawFlips({ ...request, clusters: 16 }).count, 65_536);
  assert.is(drawFlips({ ...request, clusters: 17 }).count, 100);
});

test('flips near the observed statistic are counted for comparison between backends', () => {
  const { near, stepDown } = maxT(columns(0, 'plus'), 0.5);
  assert.ok((near[1] ?? 0) > 1 && (near[1] ?? 0) < 256);
  assert.ok((maxT(columns(0, 'plus')).near[0] ?? 0) >= 1);
  assert.ok((stepDown[1] ?? 0) === oneSided.stepdown[1]);
});

test.run();
