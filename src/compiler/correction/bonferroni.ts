// Bonferroni: p times the number of tests. Controls the family-wise error rate under any dependence.
import { capped, type Fraction, scale } from './fraction.js';

/** Adjusted p; `tests` may exceed the length of `p` where the missing tests are declared (they count as p = 1). */
export function bonferroni(p: readonly Fraction[], tests = p.length): Fraction[] {
  return p.map((value) => capped(scale(value, tests)));
}
