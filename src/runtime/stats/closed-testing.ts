// Simultaneous lower bound on the number of true assertions in any subset, also one chosen after looking (Goeman & Solari
// 2011), by closed testing with Simes tests. Assumes the Simes inequality for the true nulls.
import { ascendingOrder, atMost, type Fraction, one, scale } from './fraction.js';

/** The largest size of an intersection of hypotheses that Simes does not reject at `alpha`. */
export function largestUnrejected(p: readonly Fraction[], alpha: Fraction): number {
  const sorted = ascendingOrder(p).map((index) => p[index] ?? one);
  const m = sorted.length;
  for (let size = m; size >= 1; size--) {
    let rejected = false;
    for (let step = 1; step <= size && !rejected; step++)
      rejected = atMost(scale(sorted[m - size + step - 1] ?? one, size), scale(alpha, step));
    if (!rejected) return size;
  }
  return 0;
}

/** At least this many assertions of `chosen` hold, simultaneously over all subsets with confidence 1 - alpha. */
export function trueDiscoveries(p: readonly Fraction[], chosen: readonly number[], alpha: Fraction): number {
  const h = largestUnrejected(p, alpha);
  let best = 0;
  for (let u = 1; u <= chosen.length; u++) {
    const small = chosen.filter((index) => atMost(scale(p[index] ?? one, h), scale(alpha, u))).length;
    best = Math.max(best, 1 - u + small);
  }
  return best;
}
