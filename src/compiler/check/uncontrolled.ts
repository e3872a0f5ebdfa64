// A claim that an intervention has an effect needs something to compare the effect with. Where no control is declared and none
// is known to insert (a write without a name, an ablation of what is no circuit), the file must name one or waive it.
import type { ClaimSpec, ControlSpec } from './claim-spec.js';
import type { Session } from './context.js';
import { directionControl, isSuperiority } from './default-controls.js';
import * as rule from './evidence-messages.js';

/** Names of controls that can be waived though none is known to insert. */
export function uncontrolledNames(
  claims: readonly ClaimSpec[],
  controls: readonly ControlSpec[],
): readonly string[] {
  return claims.filter((one) => needsControl(one, controls)).map((one) => directionControl(one.name));
}

function needsControl(claim: ClaimSpec, controls: readonly ControlSpec[]): boolean {
  const intervenes = claim.evidence === 'intervened' || claim.evidence === 'edited';
  return intervenes && isSuperiority(claim) && !controls.some((one) => one.claim === claim.name);
}

export function checkControlled(
  claims: readonly ClaimSpec[],
  controls: readonly ControlSpec[],
  session: Session,
  asLock: boolean,
): void {
  for (const claim of claims) {
    const name = directionControl(claim.name);
    if (!needsControl(claim, controls)) continue;
    if (session.failed.has(claim.declaration)) continue; // what is wrong with its controls was said
    const diagnostic = rule.uncontrolled(claim.declaration.nameSpan, claim.name, name);
    session.reporter.report({ ...diagnostic, severity: asLock ? 'error' : 'warning' });
  }
}
