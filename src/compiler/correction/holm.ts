// Holm (1979): step-down Bonferroni. Controls the family-wise error rate under any dependence.
import { ascendingOrder, capped, type Fraction, larger, one, scale } from './fraction.js';

/** Adjusted p: running maximum of (tests - i + 1) p_(i). `tests` may exceed the length where missing tests are declared. */
export function holm(p: readonly Fraction[], tests = p.length): Fraction[] {
  const adjusted = p.map(() => one);
  let floor: Fraction = { num: 0n, den: 1n };
  for (const [rank, index] of ascendingOrder(p).entries()) {
    floor = larger(floor, scale(p[index] ?? one, tests - rank));
    adjusted[index] = capped(floor);
  }
  return adjusted;
}
