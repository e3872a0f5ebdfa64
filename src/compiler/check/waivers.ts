// `waive control { because: "…" }`: a control that is left out, with the reason that the report prints first.
import type { Declaration } from '../syntax/ast.js';
import type { Session } from './context.js';
import * as rule from './evidence-messages.js';
import { fieldOf } from './fields.js';

export function waiversOf(
  declarations: readonly Declaration[],
  session: Session,
): ReadonlyMap<string, string> {
  const waivers = new Map<string, string>();
  for (const one of declarations) {
    if (one.keyword !== 'waive' || one.name === undefined || session.failed.has(one)) continue;
    const because = fieldOf(one, 'because');
    if (because?.kind !== 'string' || because.value.trim() === '')
      session.reporter.report(rule.waiverWithoutReason(one));
    else waivers.set(one.name, because.value);
  }
  return waivers;
}
