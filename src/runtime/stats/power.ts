// Power of a one-sided one-sample test on cluster means, by the noncentral t distribution (as R's power.t.test). Assumes
// normal cluster effects with a known standard deviation; effects are in units of it. For a family, give the local level
// (rate / m is a safe stand-in for max-T). Equivalence power uses the usual two-tail approximation (Phillips 1990).
import { studentQuantile, studentUpper } from './distributions.js';

export interface PowerQuestion {
  readonly level: number;
  readonly power: number;
}

/** Probability of rejecting mean <= 0 when the true mean is `effect` standard deviations. */
export function superiorityPower(clusters: number, effect: number, level: number): number {
  return studentUpper(-studentQuantile(level, clusters - 1), clusters - 1, effect * Math.sqrt(clusters));
}

/** Probability of showing |mean| < margin (in standard deviations) when the true mean is 0. */
export function equivalencePower(clusters: number, margin: number, level: number): number {
  const oneSide = studentUpper(
    -studentQuantile(level, clusters - 1),
    clusters - 1,
    margin * Math.sqrt(clusters),
  );
  return Math.max(0, 2 * oneSide - 1);
}

/** The smallest effect, in standard deviations, that is found with the given power. */
export function minimumDetectableEffect(clusters: number, { level, power }: PowerQuestion): number {
  return firstReaching((effect) => superiorityPower(clusters, effect, level), power, { from: 0, to: 1e4 });
}

/** Where an increasing function reaches the target, by bisection; infinite where even the end of the range does not reach the target. */
export function firstReaching(
  curve: (at: number) => number,
  target: number,
  range: { readonly from: number; readonly to: number },
): number {
  let low = range.from;
  let high = Math.max(1, 2 * range.from);
  while (curve(high) < target) {
    if (high >= range.to) return Number.POSITIVE_INFINITY;
    low = high;
    high *= 2;
  }
  for (let step = 0; step < 200 && high - low > 1e-13 * high; step++) {
    const middle = (low + high) / 2;
    if (curve(middle) < target) low = middle;
    else high = middle;
  }
  return high;
}
