// Distributions, power, effect sizes and the skew guard against R 4.2.2 and the tables of the design.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  betaQuantile,
  binomialCdf,
  normalCdf,
  normalQuantile,
  studentQuantile,
  studentUpper,
} from '../../src/runtime/stats/distributions.js';
import { clusteringOf, clusterMeans, effectOf, hedgesFactor } from '../../src/runtime/stats/effect.js';
import { minimumDetectableEffect, superiorityPower } from '../../src/runtime/stats/power.js';
import { skewGuard, skewness } from '../../src/runtime/stats/skew.js';
import { neumaierSum } from '../../src/runtime/stats/sum.js';
import { assertClose } from '../support/close.js';
import { columnOf, vectors } from './vectors.js';

const test = suite('distributions');
const { dist, power } = vectors.from_R;

test('equals R (relative error 1e-9, the central t cdf 1e-9)', () => {
  const pairs: readonly (readonly [number, string])[] = [
    [studentUpper(10, 7), 'pt_m10_7'],
    [studentUpper(40, 15), 'pt_m40_15'],
    [studentQuantile(1e-10, 12), 'qt_1em10_12'],
    [studentQuantile(0.05 / 144, 63), 'qt_05o144_63'],
    [normalCdf(-8), 'pnorm_m8'],
    [normalQuantile(1e-15), 'qnorm_1em15'],
    [binomialCdf(3, 50, 0.2), 'pbinom_3_50_02'],
    [betaQuantile(0.025, 47, 4), 'qbeta_025_47_4'],
    [1 - studentUpper(2, 10, 1), 'nct_2_10_1'],
    [studentUpper(5.5, 63, 3.2), 'nct_upper_55_63_32'],
    [studentUpper(1, 5, -2), 'nct_m1_5_2'],
  ];
  for (const [actual, name] of pairs) assertClose(actual, dist[name] ?? Number.NaN, { rtol: 2e-9 });
});

test('minimum detectable effects equal power.t.test', () => {
  for (const { n, a05, a05o144 } of power.mde) {
    assertClose(minimumDetectableEffect(n, { level: 0.05, power: 0.8 }), a05, { rtol: 1e-5 });
    assertClose(minimumDetectableEffect(n, { level: 0.05 / 144, power: 0.8 }), a05o144, { rtol: 1e-5 });
  }
});

test('power grows with clusters, effect and level', () => {
  assert.ok(superiorityPower(20, 0.5, 0.05) < superiorityPower(21, 0.5, 0.05));
  assert.ok(superiorityPower(20, 0.5, 0.05) < superiorityPower(20, 0.6, 0.05));
  assert.ok(superiorityPower(20, 0.5, 0.01) < superiorityPower(20, 0.5, 0.05));
  assertClose(superiorityPower(20, 0, 0.05), 0.05, { rtol: 1e-8 });
});

test('effect sizes equal the reference', () => {
  const effect = effectOf(columnOf(vectors.sign_flip_maxT.D, 0));
  assertClose(effect.dz, vectors.effect.dz_col1, { rtol: 1e-11 });
  assertClose(hedgesFactor(7), vectors.effect.hedges_J_df7, { rtol: 1e-14 });
  assertClose(effect.hedges, vectors.effect.g_col1, { rtol: 1e-11 });
  assertClose(effect.estimate, 8.6 / 8, { rtol: 1e-14 });
  assertClose(effect.median, 1);
  assert.is(effect.positive, 1);
  assertClose(hedgesFactor(1_000), 1 - 3 / (4 * 1_000 - 1), { rtol: 1e-6 });
});

test('cluster means keep the order of clusters and count undefined values', () => {
  const { means, counts, undefinedCount } = clusterMeans([1, 10, Number.NaN, 3, 30], [0, 1, 0, 0, 1], 3);
  assertClose(means, [2, 20, Number.NaN]);
  assert.equal([...counts], [2, 2, 0]);
  assert.is(undefinedCount, 1);
});

test('identical items in a cluster have intraclass correlation 1 and count once', () => {
  const { icc, designEffect } = clusteringOf([
    [1, 1, 1],
    [2, 2, 2],
    [5, 5, 5],
  ]);
  assertClose(icc, 1);
  assertClose(designEffect, 3);
});

test('intraclass correlation equals the analysis of variance by hand', () => {
  // Means 2 and 5, mean squares: between 2 * 9 / 2 = 9 ... within (2 + 2) / 2 = 2; icc = (9 - 2) / (9 + 2).
  assertClose(
    clusteringOf([
      [1, 3],
      [4, 6],
    ]).icc,
    7 / 11,
  );
});

test('sums are compensated', () => {
  assert.is(neumaierSum([1e16, 1, -1e16]), 1);
  assert.is(neumaierSum([1, 1e100, 1, -1e100]), 2);
});

test('the skew guard predicts the sizes of the design and warns at a ratio above 2', () => {
  const rows = [
    [16, 0.05, 0.105],
    [32, 0.05, 0.089],
    [64, 0.05, 0.078],
    [128, 0.05, 0.069],
    [16, 0.05 / 144, 0.0029],
    [128, 0.05 / 144, 0.0012],
  ] as const;
  for (const [clusters, level, expected] of rows)
    assertClose(skewGuard(2, clusters, level).predictedSize, expected, { rtol: 0.05 });
  assert.ok(skewGuard(2, 16, 0.05).warns);
  assert.not(skewGuard(2, 64, 0.05).warns);
  assert.is(skewGuard(0, 16, 0.05).predictedSize, 0.05);
  assertClose(skewness([0, 0, 0, 1]), 2 / Math.sqrt(3));
});

test.run();
