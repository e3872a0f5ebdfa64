// Estimates and intervals of every member of every claim, for events and report alike: both show the same numbers.
import { bug } from '../../compiler/base/bug.js';
import { describeClaims, type MemberDescription } from '../stats/describe.js';
import type { Claim } from '../stats/types.js';
import type { StudyDecision } from './decide.js';
import type { StudyFacts } from './facts.js';

export type ClaimDescription = { readonly id: string; readonly members: readonly MemberDescription[] };

export function describeStudy(
  facts: StudyFacts,
  { claims }: Pick<StudyDecision, 'claims'>,
): readonly ClaimDescription[] {
  return describeAll(claims, facts, 'describe');
}

/** `path` names the resamples: what is described under one path shares them. */
export function describeAll(
  claims: readonly Claim[],
  { root, families }: StudyFacts,
  path: string,
): readonly ClaimDescription[] {
  return describeClaims(claims, {
    level: 0.95,
    rateOf: (claim) =>
      Number((families.find((one) => one.claims.includes(claim)) ?? bug(`no family counts ${claim}`)).rate),
    resamples: 9_999,
    root,
    path,
  });
}
