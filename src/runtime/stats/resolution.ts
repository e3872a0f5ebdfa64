// Can a claim reject at all? The smallest p its design can attain, and what it would need, known before anything runs.
// Necessary, not enough: eight members over six clusters have power .23 at 1.5 standard deviations. Loads no numerics, so
// that checking a file stays fast.
import { canEnumerate } from './flips.js';
import {
  atMost,
  capped,
  decimalFraction,
  type Fraction,
  fractionOf,
  multiply,
  scale,
  toPValue,
} from './fraction.js';
import type { CorrectionName, PValue } from './types.js';

export type Design =
  /** Both directions of several conclusions in one max-T; `weight` m/k where it is a block of a vector family. */
  | {
      readonly kind: 'joint-max-t';
      readonly clusters: number;
      readonly flips: number;
      readonly weight: { readonly of: number; readonly in: number };
    }
  /** One conclusion at the full rate; `alternatives` is 2 for abs(mean(x)) > d, else 1. */
  | {
      readonly kind: 'single';
      readonly clusters: number;
      readonly flips: number;
      readonly alternatives: number;
    }
  | {
      readonly kind: 'vector';
      readonly correction: Exclude<CorrectionName, 'max_t'>;
      readonly conclusions: number;
      readonly clusters: number;
      readonly flips: number;
      readonly alternatives: number;
    }
  | { readonly kind: 'rank'; readonly replicates: number; readonly exhaustive: boolean };

export interface Resolution {
  readonly smallest: PValue;
  readonly canReject: boolean;
  /** The smallest numbers with which it could; null where the design has no such number. */
  readonly clustersNeeded: number | null;
  readonly flipsNeeded: number | null;
  readonly replicatesNeeded: number | null;
  /** False discovery rates: rejects if all conclusions are at the floor, but a lone discovery could not be made. */
  readonly loneDiscovery: boolean;
}

export function resolutionOf(design: Design, rate: string): Resolution {
  const alpha = decimalFraction(rate);
  if (design.kind === 'rank') {
    const draws = design.exhaustive ? design.replicates : design.replicates + 1;
    const smallest = fractionOf({ c: 1, n: Math.max(1, draws) });
    return {
      smallest: toPValue(smallest),
      canReject: atMost(smallest, alpha),
      clustersNeeded: null,
      flipsNeeded: null,
      replicatesNeeded: inverseCeiling(alpha) - (design.exhaustive ? 0 : 1),
      loneDiscovery: atMost(smallest, alpha),
    };
  }
  const { best, lone } = factors(design);
  const floor = canEnumerate(design.clusters)
    ? { num: 1n, den: 2n ** BigInt(design.clusters) }
    : fractionOf({ c: 1, n: design.flips + 1 });
  const smallest = capped(multiply(best, floor));
  const perUnit = { num: alpha.num * best.den, den: alpha.den * best.num };
  return {
    smallest: toPValue(smallest),
    canReject: atMost(smallest, alpha),
    clustersNeeded: clustersFor(perUnit),
    flipsNeeded: inverseCeiling(perUnit) - 1,
    replicatesNeeded: null,
    loneDiscovery: atMost(multiply(lone, floor), alpha),
  };
}

/** What the floor of one column is multiplied with: at best (all conclusions shown) and for a lone one. */
function factors(design: Exclude<Design, { kind: 'rank' }>): {
  readonly best: Fraction;
  readonly lone: Fraction;
} {
  switch (design.kind) {
    case 'joint-max-t': {
      // Flips b and -b give the same maximum over both directions, so counts come in twos.
      const joint = scale({ num: 2n, den: 1n }, design.weight.in, design.weight.of);
      return { best: joint, lone: joint };
    }
    case 'single': {
      const alternatives = { num: BigInt(design.alternatives), den: 1n };
      return { best: alternatives, lone: alternatives };
    }
    case 'vector':
      return vectorFactors(design.correction, design.conclusions, design.alternatives);
  }
}

function vectorFactors(
  correction: Exclude<CorrectionName, 'max_t'>,
  conclusions: number,
  alternatives: number,
): { readonly best: Fraction; readonly lone: Fraction } {
  const each = { num: BigInt(alternatives), den: 1n };
  switch (correction) {
    case 'holm':
    case 'bonferroni':
      return { best: scale(each, conclusions), lone: scale(each, conclusions) };
    case 'hochberg':
    case 'hommel':
      return { best: each, lone: scale(each, conclusions) };
    case 'bh':
      return { best: scale(each, 2), lone: scale(each, 2 * conclusions) };
    case 'by': {
      const digits = 10n ** 12n;
      let harmonic = 0n;
      for (let rank = 1n; rank <= BigInt(2 * conclusions); rank++) harmonic += (digits + rank - 1n) / rank;
      const factor = { num: harmonic, den: digits };
      return { best: multiply(scale(each, 2), factor), lone: multiply(scale(each, 2 * conclusions), factor) };
    }
  }
}

/** The smallest integer n with 1/n <= value. */
function inverseCeiling({ num, den }: Fraction): number {
  return Number((den + num - 1n) / num);
}

function clustersFor(perUnit: Fraction): number {
  let clusters = 1;
  while (!atMost({ num: 1n, den: 2n ** BigInt(clusters) }, perUnit)) clusters += 1;
  return clusters;
}
