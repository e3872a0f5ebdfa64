// BCa against full enumeration of resamples, Student and Clopper-Pearson against R, and the degenerate cases.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bootstrapMeans } from '../../src/runtime/stats/bootstrap.js';
import {
  bcaInterval,
  binomialLower,
  binomialUpper,
  type ClusterTotals,
  clopperPearson,
  clusterInterval,
  quantile7,
  studentInterval,
} from '../../src/runtime/stats/intervals.js';
import { monteCarloInterval } from '../../src/runtime/stats/monte-carlo.js';
import { normal } from '../../src/runtime/stats/normal.js';
import { streamKey } from '../../src/runtime/stats/rng.js';
import { assertClose } from '../support/close.js';
import { columnOf, vectors, zeroRoot } from './vectors.js';

const test = suite('intervals');

/** The estimate of all n^n resamples of clusters. */
function allResamples({ sums, weights }: ClusterTotals): Float64Array {
  const n = sums.length;
  return Float64Array.from({ length: n ** n }, (_, resample) => {
    let sum = 0;
    let weight = 0;
    for (let rest = resample, drawn = 0; drawn < n; drawn++, rest = Math.floor(rest / n)) {
      sum += sums[rest % n] ?? 0;
      weight += weights[rest % n] ?? 0;
    }
    return sum / weight;
  });
}

test('BCa equals the definition over all 3,125 resamples', () => {
  const { bca } = vectors;
  const totals = { sums: bca.x, weights: bca.x.map(() => 1) };
  const replicates = allResamples(totals);
  const result = bcaInterval(totals, replicates, 0.95);
  assert.is(result.less, bca.less);
  assert.is(result.equal, bca.equal);
  assertClose(result.z0, bca.z0, { rtol: 1e-11 });
  assertClose(result.acceleration, bca.a, { rtol: 1e-11 });
  assertClose([result.low, result.high], bca.ci95, { rtol: 1e-11 });
  const ninety = bcaInterval(totals, replicates, 0.9);
  assertClose([ninety.low, ninety.high], bca.ci90, { rtol: 1e-11 });
  const sorted = replicates.slice().sort();
  assertClose([quantile7(sorted, 0.025), quantile7(sorted, 0.975)], bca.percentile95, { rtol: 1e-11 });
});

test('cluster BCa equals the definition, clusters weighted equally or by their items', () => {
  const { clusters, template_weighted: byTemplate, item_weighted: byItem } = vectors.bca_cluster;
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  const cases = [
    {
      expected: byTemplate,
      sums: clusters.map((items) => sum(items) / items.length),
      weights: clusters.map(() => 1),
    },
    { expected: byItem, sums: clusters.map(sum), weights: clusters.map((items) => items.length) },
  ];
  for (const { expected, sums, weights } of cases) {
    const result = bcaInterval({ sums, weights }, allResamples({ sums, weights }), 0.9);
    assertClose(result.estimate, expected.est, { rtol: 1e-12 });
    assert.equal([result.less, result.equal], [expected.less, expected.equal]);
    assertClose([result.z0, result.acceleration], [expected.z0, expected.a], { rtol: 1e-9 });
    assertClose([result.low, result.high], expected.ci90, { rtol: 1e-7 });
  }
});

test('Clopper-Pearson equals binom.test', () => {
  const first = clopperPearson(47, 50, 0.95);
  assertClose([first.low, first.high], [0.834518053396227, 0.987451412164666], { rtol: 1e-9 });
  const second = clopperPearson(18, 20, 0.95);
  assertClose([second.low, second.high], [0.683017285980918, 0.987651472829705], { rtol: 1e-9 });
  assertClose(binomialLower(299, 299, 0.05), 0.990030853207101, { rtol: 1e-9 });
  assertClose(binomialUpper(0, 300, 0.05), 0.00993608194445772, { rtol: 1e-9 });
  assert.equal(clopperPearson(0, 5, 0.95).low, 0);
});

test('the t interval equals R', () => {
  for (const [column, expected] of [
    [3, vectors.tost.D_column_4.ci90],
    [2, vectors.tost.D_column_3.ci90],
  ] as const) {
    const interval = studentInterval(columnOf(vectors.sign_flip_maxT.D, column), 0.9);
    assert.is(interval.kind, 'student');
    if (interval.kind !== 'none') assertClose([interval.low, interval.high], expected, { rtol: 1e-7 });
  }
});

test('the number of clusters chooses the interval', () => {
  const values = (count: number) => Float64Array.from({ length: count }, (_, index) => index % 5);
  const never = () => {
    throw new Error('no bootstrap below 20 clusters');
  };
  assert.is(clusterInterval(values(4), 0.95, never).kind, 'none');
  const five = clusterInterval(values(5), 0.95, never);
  assert.ok(five.kind === 'student' && five.fewClusters);
  const ten = clusterInterval(values(19), 0.95, never);
  assert.ok(ten.kind === 'student' && !ten.fewClusters);
  const twenty = values(20);
  const means = bootstrapMeans([twenty], { root: zeroRoot, path: 'boot', resamples: 999 });
  assert.is(clusterInterval(twenty, 0.95, () => means[0] ?? never()).kind, 'bca');
});

test('constant values give a degenerate interval: the point', () => {
  const constant = new Float64Array(25).fill(0.1);
  const [means = constant] = bootstrapMeans([constant], { root: zeroRoot, path: 'boot', resamples: 99 });
  const interval = clusterInterval(constant, 0.95, () => means);
  assert.is(interval.kind, 'degenerate');
  if (interval.kind !== 'none') assertClose([interval.low, interval.high], [0.1, 0.1], { rtol: 1e-12 });
  assert.is(clusterInterval(new Float64Array(8), 0.95, () => means).kind, 'degenerate');
});

test('replicates of a column do not depend on the columns beside it, and have the right spread', () => {
  const plan = { root: zeroRoot, path: 'boot', resamples: 2_000 };
  const key = streamKey(zeroRoot, 'boot-data');
  const [a, b] = [0, 1].map((column) =>
    Float64Array.from({ length: 40 }, (_, index) => normal(key, index, column)),
  );
  if (a === undefined || b === undefined) throw new Error('two columns expected');
  const together = bootstrapMeans([b, a], plan)[1];
  const alone = bootstrapMeans([a], plan)[0];
  assertClose(together ?? [], alone ?? [], { rtol: 0 });
  const mean = a.reduce((sum, value) => sum + value, 0) / 40;
  const variance = a.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 40 / 40;
  const spread = (alone ?? a).reduce((sum, value) => sum + (value - mean) ** 2, 0) / 2_000;
  assertClose(spread, variance, { rtol: 0.13 }); // 4 standard errors of a variance from 2,000 draws
});

test('the Monte Carlo interval of p is exact and never reaches 0', () => {
  // 1 - .025^(1/9999): the rule of three for no hit among 9,999 draws.
  const least = monteCarloInterval({ kind: 'count', c: 1, n: 10_000 });
  assertClose([least?.low ?? 0, least?.high ?? 0], [1e-4, 1 - 0.025 ** (1 / 9_999)], { rtol: 1e-9 });
  const middle = monteCarloInterval({ kind: 'count', c: 501, n: 10_000 });
  assertClose([middle?.low ?? 0, middle?.high ?? 0], [0.0458, 0.0545], { rtol: 5e-3 });
  assert.is(monteCarloInterval({ kind: 'decimal', value: 0.1 }), null);
});

test.run();
