// What a run concluded, as events: each conclusion with its estimate, each control, each prediction.
import type { CheckedFile } from '../../compiler/check/experiment.js';
import type { RunEvent } from '../event.js';
import type { Decision } from '../stats/types.js';
import { verdictText } from '../stats/wording.js';
import type { OutcomeTable } from '../store/outcome-table.js';
import { verdictOfClaim } from './claim-verdict.js';
import { controlWording } from './control-wording.js';
import type { StudyDecision } from './decide.js';
import { estimateOf } from './estimate.js';
import type { ClaimFacts, StudyFacts } from './facts.js';

type Event = RunEvent extends infer E ? (E extends RunEvent ? Omit<E, 'at'> : never) : never;

export function conclusions(
  checked: CheckedFile,
  facts: StudyFacts,
  tables: readonly OutcomeTable[],
  decision: StudyDecision,
): readonly Event[] {
  const events: Event[] = [];
  const claimEvent = (claim: ClaimFacts, member: string | null, decided: Decision): Event => {
    const own = claim.members.find((one) => member === null || one.id === member);
    const part = own?.parts[0];
    const share = part?.kind === 'share';
    return {
      kind: 'claim',
      name: claim.id,
      member: member === null ? null : `[${member}]`,
      verdict: decided.verdict,
      reason: reasonOf(verdictText(decided.verdict, decided.reason)),
      estimate: part === undefined || share ? null : estimateOf(tables, claim.table, part.x),
      unit: part?.unit ?? null,
      interval: null,
      adjusted: decided.verdict === 'refuted' ? decided.adjusted.refute : decided.adjusted.support,
    };
  };
  for (const family of decision.families) {
    for (const one of family.claims) {
      const claim = facts.claims.find((other) => other.id === one.id);
      if (claim === undefined) continue;
      if (one.decision !== null) events.push(claimEvent(claim, null, one.decision));
      for (const member of one.members)
        if (member.decision !== null) events.push(claimEvent(claim, member.id, member.decision));
    }
  }
  for (const control of decision.controls) {
    const number = (value: number | null): string =>
      value === null ? '' : String(Number(value.toPrecision(3)));
    const text =
      control.replicates === null
        ? 'each member against the control on the same rows'
        : `${number(control.observed)} against at most ${number(control.largest)} in ${control.replicates} replicates${controlWording(control.rank, control.replicates)}`;
    events.push({ kind: 'control', name: control.name, claim: control.claim, state: control.state, text });
  }
  for (const prediction of checked.predictions) {
    const decided = decision.families.flatMap((one) => one.claims).find((one) => one.id === prediction.claim);
    const got = decided === undefined ? 'mixed' : verdictOfClaim(decided);
    events.push({
      kind: 'prediction',
      claim: prediction.claim,
      predicted: prediction.verdict,
      got,
      hit: got === prediction.verdict,
    });
  }
  return events;
}

/** The words in parentheses after the verdict. */
function reasonOf(text: string): string {
  return /\((.*)\)$/.exec(text)?.[1] ?? '';
}
