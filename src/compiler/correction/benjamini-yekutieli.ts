// Benjamini & Yekutieli (2001): BH times the harmonic number. Controls the false discovery rate under any dependence.
import { benjaminiHochberg } from './benjamini-hochberg.js';
import { capped, type Fraction, multiply, one, scale, smaller } from './fraction.js';

const digits = 10n ** 18n;

/** Adjusted p. The harmonic number is rounded up in its 18th decimal, so a decision can only become stricter. */
export function benjaminiYekutieli(p: readonly Fraction[], tests = p.length): Fraction[] {
  let harmonic = 0n;
  for (let rank = 1n; rank <= BigInt(tests); rank++) harmonic += (digits + rank - 1n) / rank;
  const factor: Fraction = { num: harmonic, den: digits };
  // BH caps at 1 before the factor is applied; the running minimum commutes with the factor, the cap does not.
  return benjaminiHochberg(
    p.map((value) => scale(value, 1, tests)),
    tests,
  ).map((value) => smaller(one, capped(multiply(scale(value, tests), factor))));
}
