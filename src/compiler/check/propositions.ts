// The body of a claim: a conjunction of statistics against margins. Functions of the library that stand for claims are
// opened here; nothing of them is known by name.
import type { CallExpr, CompareOperator, Expr, NumberExpr } from '../syntax/ast.js';
import { bindParameters } from './args.js';
import type { PartSpec } from './claim-spec.js';
import { type Ctx, evaluate, refuse } from './context.js';
import { describe } from './describe.js';
import { numberText } from './edits.js';
import * as rule from './evidence-messages.js';
import * as say from './messages.js';
import { unitFits } from './units.js';
import type { Scope, Thunk } from './value.js';

/** A conjunct before its numbers exist: the expressions to evaluate per example. */
export type PartDraft = {
  readonly part: PartSpec;
  readonly x: Thunk;
  readonly reference: Thunk | null;
  readonly margin: rule.Margin;
  /** The margin is written as a share: `50%`. */
  readonly percent: boolean;
};

export function partsOf(expr: Expr, scope: Scope, ctx: Ctx): readonly PartDraft[] {
  if (expr.kind === 'binary' && expr.operator === 'and') {
    return [...partsOf(expr.left, scope, ctx), ...partsOf(expr.right, scope, ctx)];
  }
  if (expr.kind === 'binary' && isComparison(expr.operator)) return [comparison(expr, scope, ctx)];
  if (expr.kind === 'call' && expr.callee.kind === 'name') {
    const callee = evaluate(expr.callee, scope, ctx);
    if (callee.kind === 'function') {
      const body = callee.declaration.value;
      if (body === undefined) return refuse(say.missingValue(callee.declaration));
      return partsOf(body, bindParameters(callee, expr.args, expr.span, scope), ctx).map((one) => ({
        ...one,
        part: { ...one.part, span: expr.span },
      }));
    }
  }
  if (expr.kind === 'name') {
    const local = scope.locals.get(expr.name);
    if (local?.kind === 'thunk') return partsOf(local.thunk.expr, local.thunk.scope, ctx);
  }
  if (expr.kind === 'binary' && expr.operator === 'or') return refuse(rule.orInClaim(expr.operatorSpan));
  return refuse(rule.notAProposition(expr.span));
}

function isComparison(operator: string): operator is CompareOperator {
  return ['==', '!=', '<', '<=', '>', '>='].includes(operator);
}

function comparison(expr: Extract<Expr, { kind: 'binary' }>, scope: Scope, ctx: Ctx): PartDraft {
  const { operator } = expr;
  if (operator === '==' || operator === '!=') return refuse(rule.equalityInClaim(expr.operatorSpan));
  const above = operator === '>' || operator === '>=';
  const stat = statOf(expr.left, scope, ctx);
  const right = evaluate(expr.right, scope, ctx);
  if (right.kind === 'undecided') return refuse(say.undecidedHere(expr.right.span));
  if (right.kind !== 'number') return refuse(rule.marginNotNumber(expr.right.span, describe(right)));
  const marginText = writtenNumber(expr.right, right.value);
  if (right.value < 0 && stat.kind !== 'mean') {
    return refuse(
      rule.negativeMargin(
        expr.right.span,
        numberText(-right.value, marginText.replace(/^-/, ''), right.unit),
      ),
    );
  }
  if (stat.kind === 'mean-abs' && above) return refuse(rule.foldedSuperiority(expr.span, expr.left));
  const here = expr.right.kind === 'number' || expr.right.kind === 'unary';
  const margin: rule.Margin = { span: here ? expr.right.span : null, text: marginText, value: right.value };
  const part: PartSpec = {
    name: nameOfPart(stat.kind, above, marginText, right.unit),
    kind: stat.kind === 'mean-abs' ? 'mean' : stat.kind,
    direction: above ? 'above' : 'below',
    margin: right.value,
    marginText,
    unit: right.unit,
    folded: stat.kind === 'mean-abs',
    span: expr.span,
  };
  return { part, x: stat.x, reference: stat.reference, margin, percent: isPercent(expr.right, scope) };
}

function isPercent(expr: Expr, scope: Scope): boolean {
  if (expr.kind === 'number') return expr.percent;
  if (expr.kind === 'unary') return isPercent(expr.operand, scope);
  const local = expr.kind === 'name' ? scope.locals.get(expr.name) : undefined;
  return local?.kind === 'thunk' && isPercent(local.thunk.expr, local.thunk.scope);
}

function writtenNumber(expr: Expr, value: number): string {
  if (expr.kind === 'number' && !expr.percent) return (expr as NumberExpr).text.replaceAll('_', '');
  return String(Number(value.toPrecision(12)));
}

function nameOfPart(kind: Stat['kind'], above: boolean, margin: string, unit: string | null): string {
  const what = { mean: 'mean', 'abs-mean': '|mean|', 'mean-abs': 'mean |x|', share: 'share' }[kind];
  return `${what} ${above ? '>' : '<'} ${margin}${unit === null ? '' : ` ${unit}`}`;
}

type Stat = {
  readonly kind: 'mean' | 'abs-mean' | 'mean-abs' | 'share';
  readonly x: Thunk;
  readonly reference: Thunk | null;
};

function statOf(expr: Expr, scope: Scope, ctx: Ctx): Stat {
  if (expr.kind === 'name') {
    const local = scope.locals.get(expr.name);
    if (local?.kind === 'thunk') return statOf(local.thunk.expr, local.thunk.scope, ctx);
  }
  const name = calledName(expr);
  if (expr.kind === 'call' && name === 'mean') {
    const inner = only(expr);
    if (calledName(inner) === 'abs' && inner.kind === 'call') {
      return { kind: 'mean-abs', x: { expr: inner, scope }, reference: null };
    }
    return { kind: 'mean', x: { expr: inner, scope }, reference: null };
  }
  if (expr.kind === 'call' && name === 'abs') {
    const inner = only(expr);
    if (inner.kind === 'call' && calledName(inner) === 'mean') {
      return { kind: 'abs-mean', x: { expr: only(inner), scope }, reference: null };
    }
  }
  if (expr.kind === 'call' && name === 'share') {
    const of = expr.args.find((arg) => arg.kind === 'named' && arg.name === 'of');
    const x = expr.args.find((arg) => arg.kind === 'positional');
    if (of?.kind !== 'named' || x?.kind !== 'positional' || expr.args.length !== 2) {
      return refuse(say.missingArgument(expr.span, 'share', '`share(x, of: y)`'));
    }
    return { kind: 'share', x: { expr: x.value, scope }, reference: { expr: of.value, scope } };
  }
  if (expr.kind === 'call' && (name === 'agreement' || name === 'correlation')) {
    return refuse(say.notExecutableYet(expr.span, `claims about \`${name}\``));
  }
  return refuse(rule.notAStatistic(expr.span));
}

function calledName(expr: Expr): string | null {
  return expr.kind === 'call' && expr.callee.kind === 'name' ? expr.callee.name : null;
}

function only(call: CallExpr): Expr {
  const [first] = call.args;
  if (call.args.length !== 1 || first?.kind !== 'positional')
    return refuse(rule.meanInClaimTakesOne(call.span));
  return first.value;
}

/** The margin must be of the metric's unit, and larger than nothing unless a reason is given. */
export function checkMargin(
  { part, margin, x, percent }: PartDraft,
  unit: string | null,
  nil: boolean,
): void {
  const { span } = part;
  if (part.kind === 'share') {
    if (part.unit !== null) refuse(say.unitClash(span, '%', part.unit));
    return;
  }
  // A share is a number of points or a probability; of nothing else.
  const isShare = percent && (unit === null || unit === 'point' || unit === 'probability');
  if (percent && !isShare && part.margin !== 0) refuse(rule.marginUnit(span, x.expr.span, unit, '%', margin));
  if (part.unit === null && unit !== null && part.margin !== 0 && !isShare)
    refuse(rule.marginWithoutUnit(span, unit, margin));
  if (!unitFits(unit, part.unit)) refuse(rule.marginUnit(span, x.expr.span, unit, part.unit ?? '', margin));
  if (part.margin === 0 && !nil) refuse(rule.marginMissing(span, unit, margin));
}
