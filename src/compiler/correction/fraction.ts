// Exact p-values and error rates. A p-value here is an integer count over the number of flips or replicates, an error
// rate an exact decimal; every comparison of the two is between integers, never between floats.
import { bug } from '../base/bug.js';

/** p = c / n, both integers, c >= 1. */
export interface Count {
  readonly c: number;
  readonly n: number;
}

export type PValue =
  | { readonly kind: 'count'; readonly c: number; readonly n: number }
  | { readonly kind: 'decimal'; readonly value: number };

/** A non-negative rational number, not necessarily in lowest terms: the denominator stays the number of flips. */
export interface Fraction {
  readonly num: bigint;
  readonly den: bigint;
}

export const one: Fraction = { num: 1n, den: 1n };

export function fractionOf(count: Count): Fraction {
  if (!(Number.isInteger(count.c) && Number.isInteger(count.n) && count.c >= 0 && count.n > 0))
    bug(`not a count: ${count.c}/${count.n}`);
  return { num: BigInt(count.c), den: BigInt(count.n) };
}

/** Reads `0.05`, `5e-3`, `1` exactly. */
export function decimalFraction(text: string): Fraction {
  const match = /^(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text.replaceAll('_', ''));
  if (match === null) return bug(`not a decimal: ${text}`);
  const [, whole = '', decimals = '', exponent = '0'] = match;
  const shift = Number(exponent) - decimals.length;
  const digits = BigInt(whole + decimals);
  return shift >= 0
    ? { num: digits * 10n ** BigInt(shift), den: 1n }
    : { num: digits, den: 10n ** BigInt(-shift) };
}

export function compareFractions(a: Fraction, b: Fraction): number {
  const left = a.num * b.den;
  const right = b.num * a.den;
  return left < right ? -1 : left > right ? 1 : 0;
}

/** `a <= b`: the one comparison by which hypotheses are rejected. */
export function atMost(a: Fraction, b: Fraction): boolean {
  return compareFractions(a, b) <= 0;
}

/** `value * by / over`. */
export function scale(value: Fraction, by: number, over = 1): Fraction {
  return { num: value.num * BigInt(by), den: value.den * BigInt(over) };
}

export function multiply(a: Fraction, b: Fraction): Fraction {
  return { num: a.num * b.num, den: a.den * b.den };
}

export function smaller(a: Fraction, b: Fraction): Fraction {
  return compareFractions(b, a) < 0 ? b : a;
}

export function larger(a: Fraction, b: Fraction): Fraction {
  return compareFractions(b, a) > 0 ? b : a;
}

/** A p-value above 1 says no more than 1 does. */
export function capped(value: Fraction): Fraction {
  return value.num > value.den ? one : value;
}

/** The nearest float, also for numerators and denominators beyond the range of floats. */
export function toNumber({ num, den }: Fraction): number {
  if (num === 0n) return 0;
  const bits = (value: bigint): number => value.toString(2).length;
  const excess = Math.max(0, Math.max(bits(num), bits(den)) - 1000);
  return Number(num >> BigInt(excess)) / Number(den >> BigInt(excess));
}

/** As counts where both integers are safe, else as a decimal. */
export function toPValue(value: Fraction): PValue {
  const limit = BigInt(Number.MAX_SAFE_INTEGER);
  if (value.num <= limit && value.den <= limit)
    return { kind: 'count', c: Number(value.num), n: Number(value.den) };
  return { kind: 'decimal', value: toNumber(value) };
}

/** Indices in ascending order of value; ties keep their order. */
export function ascendingOrder(values: readonly Fraction[]): number[] {
  return values
    .map((value, index) => ({ value, index }))
    .sort((a, b) => compareFractions(a.value, b.value) || a.index - b.index)
    .map(({ index }) => index);
}
