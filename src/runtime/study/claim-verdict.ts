// The verdict of a claim as one word: what a prediction is compared with.
import type { ClaimDecision, Verdict } from '../stats/types.js';

/** A claim of one conclusion is predicted as a whole; an `each` claim has a verdict if every member has the same. */
export function verdictOfClaim(decided: ClaimDecision): Verdict | 'mixed' {
  if (decided.decision !== null) return decided.decision.verdict;
  const verdicts = new Set(
    decided.members.flatMap((one) => (one.decision === null ? [] : [one.decision.verdict])),
  );
  const [only] = verdicts;
  return verdicts.size === 1 && only !== undefined ? only : 'mixed';
}
