// What a correction counts, from checked claims: the design whose resolution and power are known before anything runs.
import type { ClaimDesign, FamilyDesign } from '../correction/resolution.js';
import type { ClaimSpec, FamilySpec, PartSpec } from './claim-spec.js';

export function familyDesign(family: FamilySpec, claims: readonly ClaimSpec[]): FamilyDesign {
  return {
    correction: family.method,
    rate: family.rate,
    flips: family.flips,
    claims: family.claims.flatMap((name) => {
      const claim = claims.find((one) => one.name === name);
      return claim === undefined ? [] : [claimDesign(claim)];
    }),
  };
}

function claimDesign(claim: ClaimSpec): ClaimDesign {
  const { quantity } = claim;
  const counted = countedMembers(claim);
  return {
    id: claim.name,
    list: `${claim.data.declared}.${claim.split}`,
    clusters: clustersOf(claim),
    conclusions: quantity === 'each' ? counted : quantifiedCounts(claim, counted) ? 1 : 0,
    quantifier:
      quantity === 'some' || quantity === 'at-least'
        ? { kind: 'at-least', k: quantity === 'some' ? 1 : claim.k, of: counted }
        : { kind: 'plain' },
    alternatives: claim.parts.some((part) => part.kind === 'abs-mean' && part.direction === 'above') ? 2 : 1,
    block: false,
  };
}

/** Clusters of the split that the claim names. */
export function clustersOf(claim: ClaimSpec): number {
  return claim.data.facts.splits.find((one) => one.name === claim.split)?.clusters ?? 0;
}

/** A claim that too few members could fulfil is refuted by its structure and costs nothing. */
function quantifiedCounts(claim: ClaimSpec, counted: number): boolean {
  const needed =
    claim.quantity === 'some' ? 1 : claim.quantity === 'at-least' ? claim.k : claim.family.members.length;
  return counted >= needed;
}

/** Members that are not zero by structure; those that a zero would fulfil stay in the count, as invalid. */
function countedMembers(claim: ClaimSpec): number {
  return claim.classes.reduce((sum, { parts, members }) => {
    const structural = parts.every((part) => part.structural);
    return sum + (structural && !claim.parts.every(zeroSatisfies) ? 0 : members.length);
  }, 0);
}

function zeroSatisfies({ kind, direction, margin }: PartSpec): boolean {
  return direction === 'below' ? margin > 0 : kind === 'mean' && margin < 0;
}
