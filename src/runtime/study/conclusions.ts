// What a run concluded, as events: each conclusion with its estimate and interval, each control, each prediction.
import type { CheckedFile } from '../../compiler/check/experiment.js';
import type { EventInterval, RunMode } from '../event.js';
import { modeWords } from '../run-words.js';
import type { Decision } from '../stats/types.js';
import { verdictText } from '../stats/wording.js';
import type { OutcomeTable } from '../store/outcome-table.js';
import { verdictOfClaim } from './claim-verdict.js';
import { controlWording } from './control-wording.js';
import type { ControlResult, StudyDecision } from './decide.js';
import type { ClaimDescription } from './describe-study.js';
import { estimateOf } from './estimate.js';
import type { ClaimFacts, StudyFacts } from './facts.js';
import type { EventFact } from './journal.js';

export type Concluded = {
  readonly checked: Pick<CheckedFile, 'predictions'>;
  readonly facts: StudyFacts;
  readonly tables: readonly OutcomeTable[];
  readonly decision: StudyDecision;
  readonly descriptions: readonly ClaimDescription[];
  readonly mode: RunMode;
};

export function conclusions(concluded: Concluded): readonly EventFact[] {
  const { checked, facts, decision } = concluded;
  const events: EventFact[] = [];
  for (const family of decision.families) {
    for (const one of family.claims) {
      const claim = facts.claims.find((other) => other.id === one.id);
      if (claim === undefined) continue;
      if (one.decision !== null) events.push(claimEvent(claim, null, one.decision, concluded));
      for (const member of one.members)
        if (member.decision !== null) events.push(claimEvent(claim, member.id, member.decision, concluded));
    }
  }
  for (const control of decision.controls) {
    const { name, claim, state } = control;
    const because = facts.controls.find((one) => one.name === name && one.claim === claim)?.waived ?? null;
    events.push({ kind: 'control', name, claim, state, text: because ?? comparedText(control) });
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

/** A claim about many members as one has no number of its own: those of its members are in the report. */
function claimEvent(
  claim: ClaimFacts,
  member: string | null,
  decided: Decision,
  { tables, descriptions, mode }: Concluded,
): EventFact {
  const [only, ...others] =
    member === null ? claim.members : claim.members.filter((one) => one.id === member);
  const part = others.length > 0 ? undefined : only?.parts[0];
  const isMeasured = part !== undefined && part.kind !== 'share';
  return {
    kind: 'claim',
    name: claim.id,
    member: member === null ? null : `[${member}]`,
    stamp: modeWords[mode].title,
    verdict: decided.verdict,
    reason: reasonOf(verdictText(decided.verdict, decided.reason)),
    estimate: isMeasured ? estimateOf(tables, claim.table, part.x) : null,
    unit: part?.unit ?? null,
    interval: isMeasured ? intervalOf(claim.id, only?.id ?? '', descriptions) : null,
    adjusted: decided.verdict === 'refuted' ? decided.adjusted.refute : decided.adjusted.support,
  };
}

/** Of the first part, as the report shows it; null where there are too few clusters for one. */
function intervalOf(
  claim: string,
  member: string,
  descriptions: readonly ClaimDescription[],
): EventInterval | null {
  const members = descriptions.find((one) => one.id === claim)?.members ?? [];
  const interval = members.find((one) => one.id === member)?.parts[0]?.interval;
  if (interval === undefined || interval.kind === 'none') return null;
  const { low, high, level } = interval;
  return Number.isFinite(low) && Number.isFinite(high) ? { low, high, level } : null;
}

function comparedText({ replicates, observed, largest, rank }: ControlResult): string {
  if (replicates === null) return 'each member against the control on the same rows';
  const number = (value: number | null): string =>
    value === null ? '' : String(Number(value.toPrecision(3)));
  return `${number(observed)} against at most ${number(largest)} in ${replicates} replicates${controlWording(rank, replicates)}`;
}

/** The words in parentheses after the verdict. */
function reasonOf(text: string): string {
  return /\((.*)\)$/.exec(text)?.[1] ?? '';
}
