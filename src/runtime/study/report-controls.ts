// Controls of a report: what each compared, how it came out, and how many replicates it had and needed.
import { bug } from '../../compiler/base/bug.js';
import type { ClaimSpec, ControlSpec } from '../../compiler/check/claim-spec.js';
import { replicatesNeeded } from '../../compiler/correction/resolution.js';
import { measuredText } from '../quantity-text.js';
import type { ReportControl } from '../report/report-data.js';
import { controlWording } from './control-wording.js';
import type { ControlResult } from './decide.js';
import { familyOf, finite } from './report-claims.js';
import type { StudyRun } from './run-study.js';

export function reportControl(control: ControlSpec, run: StudyRun): ReportControl {
  const result: ControlResult =
    run.decision.controls.find((one) => one.name === control.name && one.claim === control.claim) ??
    bug(`no result of ${control.name}`);
  const claim =
    run.checked.claims.find((one) => one.name === control.claim) ?? bug(`no claim ${control.claim}`);
  const rank = result.rank !== null && result.rank.kind !== 'not-informative' ? result.rank : null;
  return {
    name: control.name,
    claim: control.claim,
    kind: control.what.kind,
    inserted: control.inserted,
    state: result.state,
    text: controlText(control, result, claim),
    waived: control.waived,
    replicates: result.replicates,
    replicatesNeeded:
      control.what.kind === 'paired' ? null : replicatesNeeded(familyOf(run, claim.name).rate),
    observed: finite(result.observed ?? undefined),
    largest: finite(result.largest ?? undefined),
    unit: claim.parts[0]?.unit ?? null,
    p: rank === null ? null : { kind: 'count', ...rank.p },
  };
}

function controlText(control: ControlSpec, result: ControlResult, claim: ClaimSpec): string {
  if (control.waived !== null) return '';
  const unit = claim.parts[0]?.unit ?? null;
  const number = (value: number | null): string => (value === null ? 'none' : measuredText(value, unit));
  switch (control.what.kind) {
    case 'paired':
      return 'each member is compared with the control on the same rows';
    case 'reinitialised':
      return `largest of ${result.replicates ?? 0} models with new weights: ${number(result.largest)}; here: ${number(result.observed)}${controlWording(result.rank, result.replicates)}`;
    case 'circuits':
      return `best of ${result.replicates ?? 0} other circuits of equal size${control.what.exhaustive ? ' (all there are)' : ''}: ${number(result.largest)}; here: ${number(result.observed)}${controlWording(result.rank, result.replicates)}`;
  }
}
