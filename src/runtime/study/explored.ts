// Cluster values of claims from the result folder beside a pipeline: what the last run saw. They plan the next one; no verdict
// depends on them. A result that is damaged, or is about claims of another form, says nothing.
import type { ClaimSpec } from '../../compiler/check/claim-spec.js';
import type { Host } from '../host.js';
import type { Part } from '../stats/types.js';
import { checkResult } from '../store/read-result.js';
import { readResult } from '../store/result.js';
import type { ClaimFacts, StudyFacts } from './facts.js';
import { OutcomeBook, statisticalPart } from './outcome-book.js';

export type Explored = {
  /** Per member its parts; null where the last run did not measure this claim. */
  readonly membersOf: (claim: ClaimSpec) => readonly (readonly Part[])[] | null;
};

export function exploredOf(host: Host, pipeline: string): Explored {
  const files = readResult(host, pipeline);
  const read = files === undefined ? null : checkResult(files);
  if (read?.kind !== 'ok') return { membersOf: () => null };
  const { basis } = read.report as { readonly basis?: StudyFacts }; // what the run wrote; a damaged one fails the digests
  const book = new OutcomeBook(new Map(read.outcomes.map((one) => [one.name, one] as const)));
  return {
    membersOf: (claim) => {
      const facts = basis?.claims.find((one) => one.id === claim.name);
      if (facts === undefined || !hasFormOf(facts, claim)) return null;
      return facts.members
        .filter((one) => !one.structural)
        .map((one) => one.parts.map((part) => statisticalPart(part, facts.table, book)));
    },
  };
}

function hasFormOf({ members }: ClaimFacts, claim: ClaimSpec): boolean {
  return (
    members.length === claim.family.members.length &&
    members.every(({ parts }) =>
      claim.parts.every((one, i) => parts[i]?.kind === one.kind && parts[i]?.margin === one.margin),
    )
  );
}
