// One-sided sign-flip p of a single column, uncorrected. Null hypothesis: the centred cluster values are symmetric about
// a point <= 0. Exact under symmetry; for the mean alone it is asymptotic (skew.ts predicts the error).
import { type FlipSet, flipStatistics, toleratedThreshold } from './flips.js';
import type { Count } from './types.js';

export interface SingleFlip {
  /** For mean > 0 and for mean < 0, from the same flips. */
  readonly above: Count;
  readonly below: Count;
  /** Flips whose statistic lies within the outcome tolerance of the observed one, the identity included. */
  readonly near: number;
}

/** `outcomeTolerance` is relative: how far statistics may move when outcomes are recomputed on another backend. */
export function singleFlip(flips: FlipSet, x: Float64Array, outcomeTolerance = 0): SingleFlip {
  const statistics = flipStatistics(flips, x);
  const observed = statistics[0] ?? 0;
  const high = toleratedThreshold(observed);
  const low = -toleratedThreshold(-observed);
  let above = 0;
  let below = 0;
  let near = 0;
  const width = outcomeTolerance * Math.max(1, Math.abs(observed));
  for (const value of statistics) {
    if (value >= high) above += 1;
    if (value <= low) below += 1;
    if (value === observed || Math.abs(value - observed) <= width) near += 1;
  }
  return { above: { c: above, n: flips.count }, below: { c: below, n: flips.count }, near };
}

/** Cluster values minus the margin: what flips act on. */
export function centred(values: ArrayLike<number>, margin: number): Float64Array {
  return Float64Array.from(values, (value) => value - margin);
}
