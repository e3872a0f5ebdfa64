// The field `power` of a claim, declared before the rows are opened: `80%` is the chance of the right verdict where there is
// nothing (no effect, or no difference), `chance(80%, at: 0.2 logit)` where the true mean is 0.2 logit; a text says why there
// is none. Which claims must say one is decided here too.
import type { Expr, NumberExpr } from '../syntax/ast.js';
import { isEquivalence } from './claim-form.js';
import type { ClaimSpec, PartSpec, PowerSpec, PredictionSpec } from './claim-spec.js';
import { refuse } from './context.js';
import * as say from './messages.js';
import { unitFits } from './units.js';

const forms = '`80%`, `chance(80%, at: 0.2 logit)`, or a text that says why there is none';

/** Refuses what is not one of the three forms, and a size in another unit than the claim's. */
export function powerSpec(expr: Expr | undefined, parts: readonly PartSpec[]): PowerSpec | null {
  if (expr === undefined) return null;
  if (expr.kind === 'hole') return refuse(say.undecidedHere(expr.span));
  if (expr.kind === 'string') return { kind: 'none', because: expr.value };
  if (expr.kind === 'number') return { kind: 'chance', target: shareOf(expr), at: null };
  if (expr.kind !== 'call' || expr.callee.kind !== 'name' || expr.callee.name !== 'chance')
    return refuse(say.expected(expr.span, forms));
  const target = expr.args.find((one) => one.kind === 'positional');
  const at = expr.args.find((one) => one.kind === 'named' && one.name === 'at');
  if (target?.kind !== 'positional' || at?.kind !== 'named' || expr.args.length !== 2)
    return refuse(say.missingArgument(expr.span, 'chance', forms));
  if (target.value.kind !== 'number') return refuse(say.expected(target.value.span, 'a share such as `80%`'));
  const { value } = at;
  const size = value.kind === 'unary' ? value.operand : value;
  if (size.kind !== 'number' || (value.kind === 'unary' && value.operator !== '-'))
    return refuse(say.expected(value.span, 'a number with the unit of the claim'));
  const [first] = parts;
  const unit = first?.unit ?? null;
  if (first === undefined || parts.length !== 1 || first.kind === 'share' || first.folded)
    return refuse(
      say.expected(
        value.span,
        'a claim of one mean (of several parts, the power is that of `80%`: nothing differs)',
      ),
    );
  if (!unitFits(unit, size.unit ?? null))
    return refuse(say.unitClash(size.span, unit ?? '', size.unit ?? ''));
  return {
    kind: 'chance',
    target: shareOf(target.value),
    at: value.kind === 'unary' ? -size.value : size.value,
  };
}

function shareOf(expr: NumberExpr): number {
  if (expr.unit !== undefined || !(expr.value > 0 && expr.value < 1))
    return refuse(say.expected(expr.span, 'a share between 0 and 1, such as `80%`'));
  return expr.value;
}

/** Claims of "nothing is there", by their form or by their prediction, that do not say how surely it would be shown. */
export function claimsWithoutPower(
  claims: readonly ClaimSpec[],
  predictions: readonly PredictionSpec[],
): readonly PowerlessClaim[] {
  return claims.flatMap((claim): readonly PowerlessClaim[] => {
    if (claim.power !== null) return [];
    if (isEquivalence(claim)) return [{ claim, why: 'equivalence' }];
    const refuted = predictions.some((one) => one.claim === claim.name && one.verdict === 'refuted');
    return refuted ? [{ claim, why: 'predicted-refuted' }] : [];
  });
}

type PowerlessClaim = { readonly claim: ClaimSpec; readonly why: 'equivalence' | 'predicted-refuted' };

/** The field as it is printed in lock and report. */
export function powerText(power: PowerSpec, unit: string | null): string {
  if (power.kind === 'none') return `none: ${power.because}`;
  const share = `${Number((power.target * 100).toPrecision(6))}%`;
  if (power.at === null) return `${share} where there is nothing`;
  return `${share} at ${power.at}${unit === null ? '' : ` ${unit}`}`;
}
