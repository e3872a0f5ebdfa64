// `predict claim = refuted`: sealed by the lock, scored by the run.
import { suggest } from '../base/suggest.js';
import type { Declaration } from '../syntax/ast.js';
import type { ClaimSpec, PredictionSpec } from './claim-spec.js';
import type { Session } from './context.js';
import * as rule from './evidence-messages.js';
import * as say from './messages.js';

export const predictable = ['supported', 'refuted', 'inconclusive'] as const;

export function predictionsOf(
  declarations: readonly Declaration[],
  claims: readonly ClaimSpec[],
  session: Session,
): readonly PredictionSpec[] {
  const names = claims.map((one) => one.name);
  return declarations.flatMap((one): readonly PredictionSpec[] => {
    if (one.keyword !== 'predict' || one.name === undefined || session.failed.has(one)) return [];
    if (!declarations.some((other) => other.keyword === 'claim' && other.name === one.name)) {
      session.reporter.report(rule.unknownClaim(one.nameSpan, one.name, suggest(one.name, names)));
      return [];
    }
    const verdict =
      one.value?.kind === 'name'
        ? predictable.find((word) => word === (one.value?.kind === 'name' ? one.value.name : ''))
        : undefined;
    if (verdict === undefined) {
      session.reporter.report(
        say.unknownWord(
          one.value?.span ?? one.span,
          one.value?.kind === 'name' ? one.value.name : '',
          predictable,
        ),
      );
      return [];
    }
    return [{ claim: one.name, verdict, span: one.span }];
  });
}
