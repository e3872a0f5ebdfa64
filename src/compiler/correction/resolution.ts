// Can a claim reject at all? The smallest p that its design can attain in its family, what it would need, and at which level
// one column of it is tested: known before anything runs. Necessary, not enough: eight members over six clusters have power
// .23 at 1.5 standard deviations. The corrections themselves are applied to the smallest p of every claim, so that what is
// promised here is what decides later (test/stats/resolution.test.ts holds the two against each other).
import { bug } from '../base/bug.js';
import { canEnumerate } from './enumeration.js';
import {
  atMost,
  capped,
  decimalFraction,
  type Fraction,
  larger,
  multiply,
  one,
  type PValue,
  scale,
  toNumber,
  toPValue,
} from './fraction.js';
import { hochberg } from './hochberg.js';
import { type CorrectionName, type Procedure, procedures } from './procedures.js';

/** `some` and `at-least` count over the members that could hold; the others are tested as they are. */
export type DesignQuantifier =
  | { readonly kind: 'plain' }
  | { readonly kind: 'at-least'; readonly k: number; readonly of: number };

export type ClaimDesign = {
  readonly id: string;
  /** Claims whose lists have equal names share their clusters and flips. */
  readonly list: string;
  readonly clusters: number;
  /** What the correction counts: members of an `each` claim, 1 otherwise; what is structurally zero costs nothing. */
  readonly conclusions: number;
  readonly quantifier: DesignQuantifier;
  /** 2 where either of two columns shows it, as for abs(mean(x)) > d; else 1. */
  readonly alternatives: number;
  /** Enters a family of another kind as one joint max-T of weight m/k. */
  readonly block: boolean;
};

export type FamilyDesign = {
  readonly correction: CorrectionName;
  /** Exact decimal text. */
  readonly rate: string;
  readonly flips: number;
  readonly claims: readonly ClaimDesign[];
};

export type ClaimResolution = {
  /** Smallest adjusted p if every conclusion of the family is as clear as it can be. */
  readonly smallest: PValue;
  /** The same if only one conclusion of this claim is, and everything else shows nothing. */
  readonly alone: PValue;
  readonly canReject: boolean;
  readonly canRejectAlone: boolean;
  /** The smallest numbers with which it could, everything else as it is. */
  readonly clustersNeeded: number;
  readonly flipsNeeded: number;
};

export function resolutionOf(family: FamilyDesign, id: string): ClaimResolution {
  const rate = decimalFraction(family.rate);
  const smallest = attainable(family, id, (claim, directions) => floorOf(family, claim, directions));
  const alone = attainable(family, id, (claim, directions) => floorOf(family, claim, directions), 'alone');
  const { list } = designOf(family, id);
  const scaled = (finest: bigint, where: (claim: ClaimDesign) => boolean): bigint => {
    const p = attainable(family, id, (claim, directions) =>
      where(claim) ? { num: BigInt(directions), den: finest } : floorOf(family, claim, directions),
    );
    // The smallest number of patterns n with factor / n <= rate, where p = factor / finest.
    const top = p.num * finest * rate.den;
    const bottom = p.den * rate.num;
    return (top + bottom - 1n) / bottom;
  };
  const patterns = scaled(2n ** 200n, (claim) => claim.list === list);
  let clustersNeeded = 1;
  while (2n ** BigInt(clustersNeeded) < patterns) clustersNeeded++;
  // A random flip and its opposite are seldom both drawn: here one of the flips is enough in both directions.
  const draws = attainable(family, id, (claim) =>
    canEnumerate(claim.clusters) && claim.list !== list
      ? floorOf(family, claim, 1)
      : { num: 1n, den: 10n ** 30n },
  );
  const flips = draws.num * 10n ** 30n * rate.den;
  const perFlip = draws.den * rate.num;
  return {
    smallest: toPValue(smallest),
    alone: toPValue(alone),
    canReject: atMost(smallest, rate),
    canRejectAlone: atMost(alone, rate),
    clustersNeeded,
    flipsNeeded: Number((flips + perFlip - 1n) / perFlip) - 1,
  };
}

/**
 * The level at which one column of a claim is tested, for power. For max-T it is rate / columns, with which power is a little
 * understated; for the false discovery rates that of a lone finding.
 */
export function columnLevel(family: FamilyDesign, id: string): number {
  const claim = designOf(family, id);
  const rate = Number(family.rate);
  const total = conclusionsOf(family);
  const procedure = procedures[family.correction];
  if (procedure.kind === 'joint' && total > 1) return rate / (2 * total);
  if (claim.block) return rate / (2 * total);
  const { quantifier } = claim;
  const own =
    claim.alternatives * (quantifier.kind === 'plain' || quantifier.k === quantifier.of ? 1 : quantifier.of);
  if (procedure.kind === 'joint') return rate / own;
  const finest: Fraction = { num: 1n, den: 10n ** 30n };
  const factor = toNumber(multiply(correctedAlone(family, procedure, finest), { num: finest.den, den: 1n }));
  return rate / (own * factor);
}

/** Replicates that a control needs for its rank to reach the rate: 1 / (N + 1) <= rate. */
export function replicatesNeeded(rate: string): number {
  const { num, den } = decimalFraction(rate);
  return Number((den + num - 1n) / num) - 1;
}

/** Conclusions that the correction counts. */
export function conclusionsOf(family: FamilyDesign): number {
  return family.claims.reduce((sum, claim) => sum + claim.conclusions, 0);
}

type Floor = (claim: ClaimDesign, directions: 1 | 2) => Fraction;

/**
 * Smallest p of one column. Only the pattern that was seen reaches its statistic; where both directions are in one maximum its
 * opposite does too, and full enumeration holds both. Among random flips the opposite is as rare as any other pattern.
 */
function floorOf(family: FamilyDesign, claim: ClaimDesign, directions: 1 | 2): Fraction {
  const patterns: Fraction = { num: BigInt(directions), den: 2n ** BigInt(claim.clusters) };
  const severalLists = new Set(jointClaims(family, claim).map(({ list }) => list)).size > 1;
  const enumerated = canEnumerate(claim.clusters) && !severalLists;
  return enumerated ? patterns : larger(patterns, { num: 1n, den: BigInt(family.flips) + 1n });
}

/** The claims whose columns are in one max-T with those of this one: flips of several lists are drawn at random. */
function jointClaims(family: FamilyDesign, claim: ClaimDesign): readonly ClaimDesign[] {
  const together = procedures[family.correction].kind === 'joint' && conclusionsOf(family) !== 1;
  return together ? family.claims.filter(({ conclusions }) => conclusions > 0) : [claim];
}

function attainable(
  family: FamilyDesign,
  id: string,
  floor: Floor,
  others: 'as-clear' | 'alone' = 'as-clear',
): Fraction {
  const claim = designOf(family, id);
  const procedure = procedures[family.correction];
  const total = conclusionsOf(family);
  if (claim.conclusions === 0) return one;
  if (procedure.kind === 'joint') return capped(total === 1 ? rawFloor(claim, floor) : floor(claim, 2));
  if (claim.block) return capped(scale(floor(claim, 2), total, claim.conclusions));
  if (others === 'alone') return correctedAlone(family, procedure, rawFloor(claim, floor));
  const rest = family.claims.filter(({ block, conclusions }) => !block && conclusions > 0);
  const floors: Fraction[] = [];
  let own = 0;
  for (const one of rest) {
    if (one === claim) own = floors.length;
    const p = capped(rawFloor(one, floor));
    for (let i = 0; i < one.conclusions; i++) floors.push(p);
  }
  return corrected(floors, procedure, total)[own] ?? bug('a conclusion without its p');
}

function correctedAlone(
  family: FamilyDesign,
  procedure: Extract<Procedure, { kind: 'vector' }>,
  p: Fraction,
): Fraction {
  const total = conclusionsOf(family);
  const inBlocks = family.claims.reduce((sum, { block, conclusions }) => sum + (block ? conclusions : 0), 0);
  const floors = [capped(p), ...Array.from({ length: total - inBlocks - 1 }, () => one)];
  return corrected(floors, procedure, total)[0] ?? bug('a conclusion without its p');
}

/** As in runtime/stats/correct-units.ts: false discovery rates count the refutations, which show nothing here, too. */
function corrected(
  floors: readonly Fraction[],
  procedure: Extract<Procedure, { kind: 'vector' }>,
  total: number,
): readonly Fraction[] {
  if (procedure.controls === 'fdr') return procedure.adjust([...floors, ...floors.map(() => one)]);
  // Hommel takes the square of the number of conclusions; Hochberg's p is never smaller, and equal for equal floors.
  const adjust =
    procedure === procedures.hommel && floors.length > quadraticUpTo ? hochberg : procedure.adjust;
  return adjust(floors).map((p) => (floors.length === total ? p : capped(scale(p, total, floors.length))));
}

const quadraticUpTo = 300;

/** Of a conclusion before the correction: each direction at its own level. */
function rawFloor(claim: ClaimDesign, floor: Floor): Fraction {
  const { quantifier, alternatives } = claim;
  if (quantifier.kind === 'plain' || quantifier.k === quantifier.of)
    return scale(floor(claim, 1), alternatives);
  // `some`: max-T over the members' supporting columns, of which `abs` has one in each direction.
  if (quantifier.k === 1) return floor(claim, alternatives === 1 ? 1 : 2);
  // The partial conjunction is a running maximum that begins with m times the smallest p.
  return scale(floor(claim, 1), alternatives * quantifier.of);
}

function designOf(family: FamilyDesign, id: string): ClaimDesign {
  return family.claims.find((claim) => claim.id === id) ?? bug(`the family has no claim ${id}`);
}
