// Expressions: the sixteen levels of the concrete tree become one union. Levels that hold one operand vanish.
import type { IToken } from 'chevrotain';
import type * as cst from '../../../grammar/cst.gen.js';
import type { ChangeWord, Keyword, Quantifier } from '../../../grammar/words.js';
import type { Reporter } from '../base/reporter.js';
import { joinSpans, type Span } from '../base/span.js';
import type * as ast from './ast.js';
import { only, spanOf, tokenSpan, word } from './cst-place.js';
import { lowerNumber, lowerString } from './lower-literal.js';
import { writeWithoutSpace, wrongCount } from './messages.js';

/** `keyword` is that of the innermost declaration around the expression. */
export type ExpressionContext = {
  readonly file: string;
  readonly reporter: Reporter;
  readonly keyword: Keyword;
};

export function lowerExpression(node: cst.ExpressionCstNode, context: ExpressionContext): ast.Expr {
  const { quantified, given } = node.children;
  return quantified?.[0] !== undefined
    ? lowerQuantified(quantified[0], context)
    : lowerGiven(only(given), context);
}

function lowerQuantified(node: cst.QuantifiedCstNode, context: ExpressionContext): ast.Expr {
  const { children } = node;
  const quantifierToken = only(children.quantifier);
  const quantifier = quantifierToken.image as Quantifier; // the category holds nothing else
  const count = children.Num?.[0];
  if ((quantifier === 'at_least') !== (count !== undefined)) {
    context.reporter.report(wrongCount(tokenSpan(count ?? quantifierToken, context.file), quantifier));
  }
  return {
    kind: 'quantifier',
    quantifier,
    ...(count === undefined ? {} : { k: lowerNumber(count, undefined, context) }),
    binders: children.binder.map((one) => lowerBinder(one, context)),
    body: lowerExpression(only(children.expression), context),
    span: spanOf(node, context.file),
  };
}

export function lowerBinder(node: cst.BinderCstNode, context: ExpressionContext): ast.Binder {
  const name = only(node.children.name);
  const range = node.children.range?.[0];
  return {
    kind: 'binder',
    name: name.image,
    ...(range === undefined ? {} : { range: lowerExpression(range, context) }),
    span: spanOf(node, context.file),
    nameSpan: tokenSpan(name, context.file),
  };
}

function lowerGiven(node: cst.GivenCstNode, context: ExpressionContext): ast.Expr {
  const base = lowerWrite(only(node.children.write), context);
  const parts = node.children.substitution;
  if (parts === undefined) return base;
  const substitutions = parts.map((part) => ({
    path: lowerPath(only(part.children.path), context),
    value: lowerWrite(only(part.children.write), { ...context, keyword: 'intervention' }),
    span: spanOf(part, context.file),
  }));
  return { kind: 'given', base, substitutions, span: joinSpans(base.span, spanOf(node, context.file)) };
}

function lowerPath(node: cst.PathCstNode, context: ExpressionContext): ast.Expr {
  let path = lowerName(only(node.children.name), context);
  for (const { children } of node.children.pathStep ?? []) path = lowerStep(path, children, context);
  return path;
}

function lowerWrite(node: cst.WriteCstNode, context: ExpressionContext): ast.Expr {
  const target = lowerMasked(only(node.children.target), context);
  const value = node.children.value?.[0];
  if (value === undefined) return target;
  const written = lowerMasked(value, context);
  return { kind: 'write', target, value: written, span: joinSpans(target.span, written.span) };
}

function lowerMasked(node: cst.MaskedCstNode, context: ExpressionContext): ast.Expr {
  const [first, ...masks] = node.children.operand.map((one) => lowerDisjunction(one, context));
  return masks.reduce<ast.Expr>(
    (base, mask) => ({ kind: 'where', base, mask, span: joinSpans(base.span, mask.span) }),
    only(first === undefined ? undefined : [first]),
  );
}

function lowerDisjunction(node: cst.DisjunctionCstNode, context: ExpressionContext): ast.Expr {
  const operands = node.children.operand.map((one) => lowerConjunction(one, context));
  return foldLeft(operands, node.children.operator, context.file);
}

function lowerConjunction(node: cst.ConjunctionCstNode, context: ExpressionContext): ast.Expr {
  const operands = node.children.operand.map((one) => lowerNegation(one, context));
  return foldLeft(operands, node.children.operator, context.file);
}

function lowerNegation(node: cst.NegationCstNode, context: ExpressionContext): ast.Expr {
  const operand = lowerComparison(only(node.children.comparison), context);
  const not = node.children.Word_not?.[0];
  if (not === undefined) return operand;
  return { kind: 'not', operand, span: joinSpans(tokenSpan(not, context.file), operand.span) };
}

function lowerComparison(node: cst.ComparisonCstNode, context: ExpressionContext): ast.Expr {
  const operands = node.children.operand.map((one) => lowerWorld(one, context));
  const [left, right] = operands;
  const operator = node.children.operator?.[0];
  if (left !== undefined && right !== undefined && operator !== undefined) {
    reportUnspacedWrite(left, right, operator, context);
  }
  return foldLeft(operands, node.children.operator, context.file);
}

/** `z <-0` where a write is meant: in an intervention or replacement, and after `with`. */
function reportUnspacedWrite(
  left: ast.Expr,
  right: ast.Expr,
  operator: IToken,
  context: ExpressionContext,
): void {
  const place = tokenSpan(operator, context.file);
  if (operator.image !== '<' || place.end !== right.span.start || leftmost(right).kind !== 'unary') return;
  const changes = left.kind === 'world' && left.parts.at(-1)?.kind === 'with';
  if (context.keyword !== 'intervention' && !changes) return;
  context.reporter.report(writeWithoutSpace({ ...place, end: place.end + 1 }));
}

function leftmost(expr: ast.Expr): ast.Expr {
  let one = expr;
  while (one.kind === 'binary' || one.kind === 'world') one = one.kind === 'binary' ? one.left : one.base;
  return one;
}

function lowerWorld(node: cst.WorldCstNode, context: ExpressionContext): ast.Expr {
  const base = lowerRange(only(node.children.range), context);
  if (node.children.worldPart === undefined) return base;
  const parts = node.children.worldPart.map((part) => lowerWorldPart(part, context));
  return { kind: 'world', base, parts, span: joinSpans(base.span, parts.at(-1)?.span ?? base.span) };
}

function lowerWorldPart(node: cst.WorldPartCstNode, context: ExpressionContext): ast.WorldPart {
  const { change, value, write, rows } = node.children;
  const span = spanOf(node, context.file);
  if (rows?.[0] !== undefined) return { kind: 'on', rows: lowerPostfix(rows[0], context), span };
  return {
    kind: only(change).image as ChangeWord, // the category holds nothing else
    value: lowerPostfix(only(value), context),
    ...(write?.[0] === undefined ? {} : { write: lowerSum(write[0], context) }),
    span,
  };
}

function lowerRange(node: cst.RangeCstNode, context: ExpressionContext): ast.Expr {
  const from = lowerSum(only(node.children.from), context);
  const end = node.children.to?.[0];
  if (end === undefined) return from;
  const to = lowerSum(end, context);
  const inclusive = only(node.children.operator).image === '..=';
  return { kind: 'range', from, to, inclusive, span: joinSpans(from.span, to.span) };
}

function lowerSum(node: cst.SumCstNode, context: ExpressionContext): ast.Expr {
  const operands = node.children.operand.map((one) => lowerProduct(one, context));
  return foldLeft(operands, node.children.operator, context.file);
}

function lowerProduct(node: cst.ProductCstNode, context: ExpressionContext): ast.Expr {
  const operands = node.children.operand.map((one) => lowerUnary(one, context));
  return foldLeft(operands, node.children.operator, context.file);
}

function foldLeft(
  operands: readonly ast.Expr[],
  operators: readonly IToken[] | undefined,
  file: string,
): ast.Expr {
  let left = only(operands);
  for (const [index, token] of (operators ?? []).entries()) {
    const right = only(operands.slice(index + 1, index + 2));
    const operator = token.image as ast.BinaryOperator; // the grammar allows no other here
    const operatorSpan = tokenSpan(token, file);
    left = { kind: 'binary', operator, left, right, span: joinSpans(left.span, right.span), operatorSpan };
  }
  return left;
}

function lowerUnary(node: cst.UnaryCstNode, context: ExpressionContext): ast.Expr {
  let operand = lowerPlaced(only(node.children.placed), context);
  for (const minus of (node.children.Minus ?? []).toReversed()) {
    const span = joinSpans(tokenSpan(minus, context.file), operand.span);
    operand = { kind: 'unary', operator: '-', operand, span };
  }
  return operand;
}

function lowerPlaced(node: cst.PlacedCstNode, context: ExpressionContext): ast.Expr {
  let base = lowerPostfix(only(node.children.postfix), context);
  for (const { children } of node.children.placement ?? []) {
    if (children.world?.[0] !== undefined) {
      const world = lowerPostfix(children.world[0], context);
      base = { kind: 'at', base, world, span: joinSpans(base.span, world.span) };
    } else {
      const axis = word(only(children.axis), context.file);
      base = { kind: 'as', base, axis, span: joinSpans(base.span, axis.span) };
    }
  }
  return base;
}

function lowerPostfix(node: cst.PostfixCstNode, context: ExpressionContext): ast.Expr {
  let base = lowerPrimary(only(node.children.primary), context);
  for (const suffix of node.children.suffix ?? []) base = lowerSuffix(base, suffix, context);
  return base;
}

/** One `.name`, `(…)` or `[…]` behind a value. */
export function lowerSuffix(base: ast.Expr, node: cst.SuffixCstNode, context: ExpressionContext): ast.Expr {
  const call = node.children.call?.[0];
  if (call === undefined) return lowerStep(base, node.children, context);
  const args = lowerArgs(call.children.args?.[0], context);
  return { kind: 'call', callee: base, args, span: joinSpans(base.span, spanOf(call, context.file)) };
}

function lowerStep(base: ast.Expr, step: cst.PathStepCstChildren, context: ExpressionContext): ast.Expr {
  const member = step.member?.[0];
  if (member === undefined) {
    const index = only(step.index);
    const args = lowerArgs(only(index.children.args), context);
    return { kind: 'index', base, args, span: joinSpans(base.span, spanOf(index, context.file)) };
  }
  const name = only(member.children.name);
  const nameSpan = tokenSpan(name, context.file);
  return { kind: 'member', base, name: name.image, span: joinSpans(base.span, nameSpan), nameSpan };
}

function lowerArgs(node: cst.ArgsCstNode | undefined, context: ExpressionContext): readonly ast.Arg[] {
  return (node?.children.arg ?? []).map((one) => lowerArg(one, context));
}

function lowerArg(node: cst.ArgCstNode, context: ExpressionContext): ast.Arg {
  const { name, value, binder, range, positional } = node.children;
  const span = spanOf(node, context.file);
  if (positional?.[0] !== undefined) {
    return { kind: 'positional', value: lowerExpression(positional[0], context), span };
  }
  if (name?.[0] !== undefined) {
    const nameSpan = tokenSpan(name[0], context.file);
    return {
      kind: 'named',
      name: name[0].image,
      value: lowerExpression(only(value), context),
      span,
      nameSpan,
    };
  }
  const bound = only(binder);
  return {
    kind: 'binder',
    name: bound.image,
    range: lowerExpression(only(range), context),
    span,
    nameSpan: tokenSpan(bound, context.file),
  };
}

function lowerPrimary(node: cst.PrimaryCstNode, context: ExpressionContext): ast.Expr {
  const { number, Str, Word, Question, expression, list } = node.children;
  const span: Span = spanOf(node, context.file);
  if (Word?.[0] !== undefined) return lowerName(Word[0], context);
  if (number?.[0] !== undefined) {
    const { Num, Percent, UnitWord } = number[0].children;
    return lowerNumber(only(Num), Percent?.[0] ?? UnitWord?.[0], context);
  }
  if (Str?.[0] !== undefined) return lowerString(Str[0], context);
  if (Question !== undefined) return { kind: 'hole', span };
  if (expression?.[0] !== undefined) return { ...lowerExpression(expression[0], context), span };
  const items = (only(list).children.expression ?? []).map((one) => lowerExpression(one, context));
  return { kind: 'list', items, span };
}

function lowerName(token: IToken, context: ExpressionContext): ast.Expr {
  return { kind: 'name', name: token.image, span: tokenSpan(token, context.file) };
}
