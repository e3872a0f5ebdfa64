// Benjamini & Hochberg (1995). Controls the false discovery rate under independence or positive regression dependence.
import { ascendingOrder, type Fraction, one, scale, smaller } from './fraction.js';

/** Adjusted p: minimum from the largest p down of tests / i * p_(i). */
export function benjaminiHochberg(p: readonly Fraction[], tests = p.length): Fraction[] {
  const adjusted = p.map(() => one);
  let ceiling = one;
  for (const [rank, index] of [...ascendingOrder(p).entries()].toReversed()) {
    ceiling = smaller(ceiling, scale(p[index] ?? one, tests, rank + 1));
    adjusted[index] = ceiling;
  }
  return adjusted;
}
