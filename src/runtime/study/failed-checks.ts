// What a failed check means for verdicts: the members of every claim that the model's numbers went into are invalid, in the
// run and whenever the verdicts are computed again.
import type { Claim } from '../stats/types.js';
import type { StudyFacts } from './facts.js';

/** The claim as it stands where a check of a model that it used has failed; else the claim itself. */
export function withFailedChecks(claim: Claim, { checks = [] }: StudyFacts): Claim {
  const failed = checks.find((one) => one.state === 'failed' && one.claims.includes(claim.id));
  if (failed === undefined) return claim;
  const state = { kind: 'invalid', reason: 'check-failed', detail: failed.name } as const;
  return { ...claim, members: claim.members.map(({ id }) => ({ id, state })) };
}
