// Guard against skewed cluster effects. The sign-flip test is exact under symmetry; under skewness g its one-sided size at
// level a is about a + |g| / (6 sqrt(G)) (2 z^2 + 1) phi(z), the first-order Edgeworth term. Breaks: at very small a the
// true size is up to four times the predicted one, so a warning here is a lower bound.
import { normalDensity, normalQuantile } from './distributions.js';
import { meanOf, neumaierSum } from './sum.js';

/** Moment skewness of cluster values; 0 where they do not vary. */
export function skewness(values: ArrayLike<number>): number {
  const mean = meanOf(values);
  const second = meanOf(Float64Array.from(values, (value) => (value - mean) ** 2));
  const third = neumaierSum(Float64Array.from(values, (value) => (value - mean) ** 3)) / values.length;
  return second === 0 ? 0 : third / second ** 1.5;
}

export interface SkewGuard {
  readonly predictedSize: number;
  /** predictedSize / level; above 2 the claim deserves a warning. */
  readonly ratio: number;
  readonly warns: boolean;
}

export function skewGuard(skew: number, clusters: number, level: number): SkewGuard {
  const z = normalQuantile(1 - level);
  const excess = (Math.abs(skew) / (6 * Math.sqrt(clusters))) * (2 * z * z + 1) * normalDensity(z);
  const predictedSize = level + excess;
  return { predictedSize, ratio: predictedSize / level, warns: predictedSize / level > 2 };
}
