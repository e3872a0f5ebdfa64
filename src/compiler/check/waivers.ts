// `waive control { because: "…" }`: a control that is left out, with the reason that the report prints first.
import type { Declaration } from '../syntax/ast.js';
import { fieldOf } from './ablations.js';
import type { Session } from './context.js';
import * as say from './messages.js';

export function waiversOf(
  declarations: readonly Declaration[],
  session: Session,
): ReadonlyMap<string, string> {
  const waivers = new Map<string, string>();
  for (const one of declarations) {
    if (one.keyword !== 'waive' || one.name === undefined || session.failed.has(one)) continue;
    const because = fieldOf(one, 'because');
    if (because?.kind !== 'string' || because.value.trim() === '')
      session.reporter.report(say.waiverWithoutReason(one));
    else waivers.set(one.name, because.value);
  }
  return waivers;
}
