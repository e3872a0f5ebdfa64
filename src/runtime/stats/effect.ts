// Effect sizes over clusters. Raw units come first in every report; the standardised ones are for comparison only.
import { bug } from '../../compiler/base/bug.js';
import { meanOf, neumaierSum, sdOf } from './sum.js';

export interface ClusterMeans {
  /** Mean of each cluster's defined values, in the order the values are given; NaN where a cluster has none. */
  readonly means: Float64Array;
  readonly counts: Int32Array;
  /** Values that were NaN: undefined, counted, never silently dropped from a claim. */
  readonly undefinedCount: number;
}

/** `clusterOf[i]` is the cluster (0..clusters-1) of value i. Values of a cluster must come in the order of item hashes. */
export function clusterMeans(
  values: ArrayLike<number>,
  clusterOf: ArrayLike<number>,
  clusters: number,
): ClusterMeans {
  const lists = Array.from({ length: clusters }, (): number[] => []);
  let undefinedCount = 0;
  for (let item = 0; item < values.length; item++) {
    const value = values[item] ?? Number.NaN;
    const list = lists[clusterOf[item] ?? -1] ?? bug(`item ${item} has no cluster`);
    if (Number.isNaN(value)) undefinedCount += 1;
    else list.push(value);
  }
  return {
    means: Float64Array.from(lists, meanOf),
    counts: Int32Array.from(lists, (list) => list.length),
    undefinedCount,
  };
}

export interface Effect {
  readonly estimate: number;
  readonly clusters: number;
  readonly sd: number;
  /** mean / sd over clusters, and the same with Hedges' exact small-sample factor. */
  readonly dz: number;
  readonly hedges: number;
  readonly median: number;
  /** Share of clusters with a positive value. */
  readonly positive: number;
}

export function effectOf(values: ArrayLike<number>): Effect {
  const estimate = meanOf(values);
  const sd = sdOf(values);
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length / 2;
  return {
    estimate,
    clusters: values.length,
    sd,
    dz: estimate / sd,
    hedges: (estimate / sd) * hedgesFactor(values.length - 1),
    median: ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2,
    positive: sorted.filter((value) => value > 0).length / sorted.length,
  };
}

/** Hedges' (1981) exact J: gamma(df/2) / (sqrt(df/2) gamma((df-1)/2)), by recursion from df = 2 and 3. */
export function hedgesFactor(df: number): number {
  if (df < 2) return Number.NaN;
  // r(k) = gamma(k/2) / gamma((k-1)/2); r(k+1) = ((k-1)/2) / r(k), because gamma((k+1)/2) = ((k-1)/2) gamma((k-1)/2).
  let ratio = 1 / Math.sqrt(Math.PI);
  for (let k = 2; k < df; k++) ratio = (k - 1) / 2 / ratio;
  return ratio / Math.sqrt(df / 2);
}

export interface Clustering {
  /** Share of variance between clusters (one-way analysis of variance, unequal sizes); at least 0. */
  readonly icc: number;
  readonly itemsPerCluster: number;
  readonly designEffect: number;
}

/** How much the items of a cluster repeat one another: the reason items are not the unit of inference. */
export function clusteringOf(clusters: readonly ArrayLike<number>[]): Clustering {
  const filled = clusters.filter((cluster) => cluster.length > 0);
  const items = neumaierSum(filled.map((cluster) => cluster.length));
  const groups = filled.length;
  const grand = neumaierSum(filled.map(neumaierSum)) / items;
  const within = neumaierSum(
    filled.map((cluster) => {
      const mean = meanOf(cluster);
      return neumaierSum(Float64Array.from(cluster, (value) => (value - mean) ** 2));
    }),
  );
  const between = neumaierSum(filled.map((cluster) => cluster.length * (meanOf(cluster) - grand) ** 2));
  const size = (items - neumaierSum(filled.map((cluster) => cluster.length ** 2)) / items) / (groups - 1);
  const meanBetween = between / (groups - 1);
  const meanWithin = items > groups ? within / (items - groups) : 0;
  const total = meanBetween + (size - 1) * meanWithin;
  const icc = total > 0 ? Math.max(0, (meanBetween - meanWithin) / total) : 0;
  return { icc, itemsPerCluster: items / groups, designEffect: 1 + (items / groups - 1) * icc };
}
