// One-sided sign-flip p of a single column, uncorrected. Null hypothesis: the centred cluster values are symmetric about
// a point <= 0. Exact under symmetry; for the mean alone it is asymptotic (skew.ts predicts the error).
import { type FlipSet, flipStatistics, toleratedThreshold } from './flips.js';
import type { Count } from './types.js';

/** Counts for mean > 0 (`above`) and mean < 0 (`below`) from the same flips. */
export function singleFlip(
  flips: FlipSet,
  x: Float64Array,
): { readonly above: Count; readonly below: Count } {
  const statistics = flipStatistics(flips, x);
  const observed = statistics[0] ?? 0;
  const high = toleratedThreshold(observed);
  const low = -toleratedThreshold(-observed);
  let above = 0;
  let below = 0;
  for (const value of statistics) {
    if (value >= high) above += 1;
    if (value <= low) below += 1;
  }
  return { above: { c: above, n: flips.count }, below: { c: below, n: flips.count } };
}

/** Cluster values minus the margin: what flips act on. */
export function centred(values: ArrayLike<number>, margin: number): Float64Array {
  return Float64Array.from(values, (value) => value - margin);
}
