// Partial conjunction (Benjamini & Heller 2008), for `at_least k of`. Null hypothesis: fewer than u of the m assertions
// hold. Bonferroni form: valid under any dependence.
import {
  ascendingOrder,
  capped,
  type Fraction,
  larger,
  one,
  scale,
} from '../../compiler/correction/fraction.js';

/** p of "at least u of these hold" for u = 1..m: running maximum of (m - u + 1) p_(u). */
export function partialConjunction(p: readonly Fraction[]): Fraction[] {
  let floor: Fraction = { num: 0n, den: 1n };
  return ascendingOrder(p).map((index, rank) => {
    floor = larger(floor, scale(p[index] ?? one, p.length - rank));
    return capped(floor);
  });
}

/** p of "at least u of these hold"; u beyond the number of members can never hold. */
export function atLeast(u: number, p: readonly Fraction[]): Fraction {
  return partialConjunction(p)[u - 1] ?? one;
}
