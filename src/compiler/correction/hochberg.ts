// Hochberg (1988): step-up. Controls the family-wise error rate if the Simes inequality holds for the true nulls (for
// instance under positive regression dependence); two-sided statistics of correlated members need not satisfy it.
import { ascendingOrder, type Fraction, one, scale, smaller } from './fraction.js';

/** Adjusted p: minimum from the largest p down of (tests - i + 1) p_(i). */
export function hochberg(p: readonly Fraction[], tests = p.length): Fraction[] {
  const adjusted = p.map(() => one);
  let ceiling = one;
  for (const [rank, index] of [...ascendingOrder(p).entries()].toReversed()) {
    ceiling = smaller(ceiling, scale(p[index] ?? one, tests - rank));
    adjusted[index] = ceiling;
  }
  return adjusted;
}
