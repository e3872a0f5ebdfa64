// Confidence intervals over clusters: BCa bootstrap of clusters (Efron 1987) from 20 clusters on, Student's t below, none
// under five. They describe; the flips decide. Assumes exchangeable clusters; BCa is second-order accurate, t wants roughly
// normal cluster means. Where every replicate is equal the interval is the point and called degenerate.
import { betaQuantile, normalCdf, normalQuantile, studentQuantile } from './distributions.js';
import { meanOf, neumaierSum, sdOf } from './sum.js';

export type Interval =
  | {
      readonly kind: 'bca' | 'student' | 'degenerate';
      readonly low: number;
      readonly high: number;
      readonly level: number;
      readonly fewClusters: boolean;
    }
  | { readonly kind: 'none'; readonly level: number };

/** Student's t interval of the mean of cluster values. */
export function studentInterval(values: ArrayLike<number>, level: number): Interval {
  const clusters = values.length;
  if (clusters < 5) return { kind: 'none', level };
  const mean = meanOf(values);
  const sd = sdOf(values);
  const fewClusters = clusters < 10;
  if (sd === 0) return { kind: 'degenerate', low: mean, high: mean, level, fewClusters };
  const half = (-studentQuantile((1 - level) / 2, clusters - 1) * sd) / Math.sqrt(clusters);
  return { kind: 'student', low: mean - half, high: mean + half, level, fewClusters };
}

/** The default choice by number of clusters. `means` holds the bootstrap means; it is read from 20 clusters on only. */
export function clusterInterval(
  values: ArrayLike<number>,
  level: number,
  means: () => Float64Array,
): Interval {
  if (values.length < 20) return studentInterval(values, level);
  const weights = new Float64Array(values.length).fill(1);
  const bca = bcaInterval({ sums: values, weights }, means(), level);
  return { ...bca, level, fewClusters: false };
}

/** An estimate that is a ratio of sums over clusters: equal cluster weights have weight 1 and sum = the cluster's mean. */
export interface ClusterTotals {
  readonly sums: ArrayLike<number>;
  readonly weights: ArrayLike<number>;
}

export interface Bca {
  readonly kind: 'bca' | 'degenerate';
  readonly estimate: number;
  readonly less: number;
  readonly equal: number;
  readonly z0: number;
  readonly acceleration: number;
  readonly low: number;
  readonly high: number;
}

/** BCa from given replicates; acceleration from the jackknife that leaves one cluster out. */
export function bcaInterval(totals: ClusterTotals, replicates: Float64Array, level: number): Bca {
  const estimate = neumaierSum(totals.sums) / neumaierSum(totals.weights);
  const sorted = replicates.slice().sort();
  const lowest = sorted[0] ?? estimate;
  const highest = sorted[sorted.length - 1] ?? estimate;
  const tolerance = 1e-12 * Math.max(Math.abs(estimate), highest - lowest);
  let less = 0;
  let equal = 0;
  for (const value of sorted) {
    if (Math.abs(value - estimate) <= tolerance) equal += 1;
    else if (value < estimate) less += 1;
  }
  const share = (less + equal / 2) / sorted.length;
  // A share of 0 or 1 would put z0 at infinity: keep it half a replicate away.
  const z0 = normalQuantile(Math.min(1 - 0.5 / sorted.length, Math.max(0.5 / sorted.length, share)));
  const acceleration = jackknifeAcceleration(totals);
  const shared = { estimate, less, equal, z0, acceleration };
  if (highest - lowest <= tolerance) return { kind: 'degenerate', low: estimate, high: estimate, ...shared };
  const at = (tail: number) => {
    const z = z0 + normalQuantile(tail);
    return quantile7(sorted, normalCdf(z0 + z / (1 - acceleration * z)));
  };
  return { kind: 'bca', low: at((1 - level) / 2), high: at((1 + level) / 2), ...shared };
}

function jackknifeAcceleration({ sums, weights }: ClusterTotals): number {
  const total = neumaierSum(sums);
  const weight = neumaierSum(weights);
  const without = Float64Array.from(
    sums,
    (sum, cluster) => (total - sum) / (weight - (weights[cluster] ?? 0)),
  );
  const mean = meanOf(without);
  const squares = neumaierSum(without.map((value) => (mean - value) ** 2));
  const cubes = neumaierSum(without.map((value) => (mean - value) ** 3));
  return squares === 0 ? 0 : cubes / (6 * squares ** 1.5);
}

/** Quantile of ascending values by linear interpolation (type 7, R's default). */
export function quantile7(ascending: ArrayLike<number>, probability: number): number {
  const position = (ascending.length - 1) * probability;
  const below = Math.floor(position);
  const low = ascending[below] ?? Number.NaN;
  const high = ascending[Math.min(below + 1, ascending.length - 1)] ?? low;
  return low + (position - below) * (high - low);
}

/** Exact (Clopper-Pearson) interval of a proportion of independent clusters of one. */
export function clopperPearson(
  successes: number,
  trials: number,
  level: number,
): { readonly low: number; readonly high: number } {
  const tail = (1 - level) / 2;
  return { low: binomialLower(successes, trials, tail), high: binomialUpper(successes, trials, tail) };
}

/** One-sided lower bound with error `tail`. */
export function binomialLower(successes: number, trials: number, tail: number): number {
  return successes === 0 ? 0 : betaQuantile(tail, successes, trials - successes + 1);
}

export function binomialUpper(successes: number, trials: number, tail: number): number {
  return successes === trials ? 1 : betaQuantile(1 - tail, successes + 1, trials - successes);
}
