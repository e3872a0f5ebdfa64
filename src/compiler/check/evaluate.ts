// The evaluator: one case per form of expression. A file is checked by evaluating all it declares, symbolically.
import type { CompareOperator, Expr } from '../syntax/ast.js';
import { evaluateCall } from './calls.js';
import { type Ctx, refuse, toTensor } from './context.js';
import { evaluateIndex } from './indexing.js';
import { knownNames } from './known-names.js';
import { evaluateName } from './lookup.js';
import { evaluateMemberAccess } from './members.js';
import * as say from './messages.js';
import {
  axesOf,
  binary,
  compare,
  fromNumber,
  hasAxis,
  logic,
  renameAxis,
  strongest,
  unary,
  unionLabels,
} from './tensors.js';
import { negateUnit, unitRules } from './units.js';
import type { Scope, TensorValue, Value } from './value.js';
import { evaluateAt, evaluateWorld } from './worlds.js';

/** Definitions of definitions: each doubles the work, or adds to the stack. Real programs stay far below both. */
const mostSteps = 100_000;
/** In frames of expressions; the stack holds a few thousand of its own. */
const deepest = 900;

export function evaluate(expr: Expr, scope: Scope, ctx: Ctx): Value {
  const { effort, active } = ctx.session;
  if (++effort.steps > mostSteps || effort.depth > deepest) {
    for (const one of active) ctx.session.failed.add(one); // each of them takes too much: it is said once
    return refuse(say.tooMuch(expr.span, active.at(-1)));
  }
  effort.depth++;
  const value = evaluateForm(expr, scope, ctx);
  effort.depth--; // a refusal ends the declaration, and the count with it
  return value;
}

function evaluateForm(expr: Expr, scope: Scope, ctx: Ctx): Value {
  switch (expr.kind) {
    case 'number':
      return { kind: 'number', value: expr.value, unit: expr.unit ?? null };
    case 'string':
      return { kind: 'text', text: expr.value };
    case 'hole':
      return { kind: 'undecided' };
    case 'name':
      return evaluateName(expr.name, expr.span, scope, ctx);
    case 'list':
      return {
        kind: 'list',
        items: expr.items.map((item) => evaluate(item, scope, ctx)),
        spans: expr.items.map((item) => item.span),
      };
    case 'call':
      return evaluateCall(expr, scope, ctx);
    case 'index':
      return evaluateIndex(expr, scope, ctx);
    case 'member':
      return evaluateMemberAccess(expr, scope, ctx);
    case 'unary': {
      const operand = evaluate(expr.operand, scope, ctx);
      if (operand.kind === 'number') return { ...operand, value: -operand.value };
      const x = toTensor(operand, expr.operand.span, scope, ctx);
      return unary('Neg', x, negateUnit(x.unit));
    }
    case 'binary':
      return evaluateBinary(expr, scope, ctx);
    case 'not':
      return unary('Not', condition(evaluate(expr.operand, scope, ctx), expr.operand, scope, ctx), null);
    case 'range': {
      const from = wholeNumber(evaluate(expr.from, scope, ctx), expr.from, scope);
      const to = wholeNumber(evaluate(expr.to, scope, ctx), expr.to, scope);
      const end = expr.inclusive ? to : to - 1;
      if (end - from >= mostValues) return refuse(say.rangeTooLong(expr.span, mostValues));
      const values = Array.from({ length: Math.max(0, end - from + 1) }, (_, i) => from + i);
      return { kind: 'range', domain: { kind: 'integers' }, values };
    }
    case 'at':
      return evaluateAt(expr, scope, ctx);
    case 'as':
      return evaluateAs(
        toTensor(evaluate(expr.base, scope, ctx), expr.base.span, scope, ctx),
        expr.axis.name,
        expr,
      );
    case 'where': {
      const base = evaluate(expr.base, scope, ctx);
      if (base.kind === 'range') return refuse(say.filterOutsideBinder(expr.span));
      const x = toTensor(base, expr.base.span, scope, ctx);
      const mask = toTensor(evaluate(expr.mask, scope, ctx), expr.mask.span, scope, ctx);
      if (mask.dtype !== 'bool') return refuse(say.maskNotBoolean(expr.mask.span));
      const valid = x.valid === null ? mask.id : logic(expr.span, 'And', mask, { ...mask, id: x.valid }).id;
      return {
        ...x,
        valid,
        label: unionLabels(x.label, mask.label),
        evidence: strongest(x.evidence, mask.evidence),
      };
    }
    case 'write':
      return {
        kind: 'writes',
        writes: [
          {
            target: { expr: expr.target, scope },
            value: { expr: expr.value, scope },
            span: expr.span,
            owner: '',
          },
        ],
      };
    case 'given':
      return refuse(say.givenOutsideClaim(expr.span));
    case 'quantifier':
      return refuse(say.quantifierOutsideClaim(expr.span));
    case 'world':
      return evaluateWorld(expr, scope, ctx);
  }
}

/** Longer ranges are refused before they fill the memory. */
const mostValues = 2_000_000;

const comparisons = {
  '==': { op: 'Equal', negate: false },
  '!=': { op: 'Equal', negate: true },
  '<': { op: 'Less', negate: false },
  '<=': { op: 'Greater', negate: true },
  '>': { op: 'Greater', negate: false },
  '>=': { op: 'Less', negate: true },
} as const satisfies Record<CompareOperator, { op: 'Equal' | 'Less' | 'Greater'; negate: boolean }>;

function evaluateBinary(expr: Extract<Expr, { kind: 'binary' }>, scope: Scope, ctx: Ctx): Value {
  const left = evaluate(expr.left, scope, ctx);
  const right = evaluate(expr.right, scope, ctx);
  const { operator } = expr;
  if (left.kind === 'error' || right.kind === 'error') return { kind: 'error' };
  switch (operator) {
    case '+':
    case '-':
    case '*':
    case '/': {
      const rule = unitRules(operator, expr.operatorSpan);
      if (left.kind === 'number' && right.kind === 'number') {
        return {
          kind: 'number',
          value: arithmetic(operator, left.value, right.value),
          unit: rule.unit(left.unit, right.unit),
        };
      }
      return binary(
        expr.span,
        rule,
        toTensor(left, expr.left.span, scope, ctx),
        toTensor(right, expr.right.span, scope, ctx),
      );
    }
    case '==':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=': {
      const { op, negate } = comparisons[operator];
      const a = comparable(left, right, expr.left, scope, ctx);
      const b = comparable(right, left, expr.right, scope, ctx);
      return compare(expr.span, op, a, b, negate);
    }
    case 'and':
    case 'or':
      return logic(
        expr.span,
        operator === 'and' ? 'And' : 'Or',
        condition(left, expr.left, scope, ctx),
        condition(right, expr.right, scope, ctx),
      );
  }
}

function condition(value: Value, expr: Expr, scope: Scope, ctx: Ctx): TensorValue {
  const x = toTensor(value, expr.span, scope, ctx);
  return x.dtype === 'bool' ? x : refuse(say.maskNotBoolean(expr.span));
}

/** A number beside whole numbers is read as one, so that `tokens == 3` compares integers. */
function comparable(side: Value, other: Value, expr: Expr, scope: Scope, ctx: Ctx): TensorValue {
  if (side.kind !== 'number') return toTensor(side, expr.span, scope, ctx);
  const mate = other.kind === 'number' ? null : toTensor(other, expr.span, scope, ctx);
  return fromNumber(ctx, side, mate?.dtype === 'i64' && Number.isInteger(side.value) ? 'i64' : 'f32');
}

function arithmetic(operator: '+' | '-' | '*' | '/', a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
  }
}

const positionAxes = ['pos', 'query', 'key'];

/** `x as key` renames the one axis that fits: among positions, the position axis; else the only one that is not the example. */
function evaluateAs(x: TensorValue, to: string, expr: Extract<Expr, { kind: 'as' }>): Value {
  if (hasAxis(x, to)) return x;
  const names = axesOf(x).map((axis) => axis.name);
  const fits = positionAxes.includes(to)
    ? names.filter((name) => positionAxes.includes(name))
    : names.filter((name) => name !== 'example' && !positionAxes.includes(name));
  const [only] = fits;
  if (fits.length !== 1 || only === undefined) return refuse(say.noAxisFits(expr.span, to, names));
  return renameAxis(x, only, to);
}

/** A whole number known before anything runs. */
export function wholeNumber(value: Value, expr: Expr, scope: Scope): number {
  if (value.kind === 'number' && Number.isInteger(value.value)) return value.value;
  // A binder that a later one depends on.
  if (value.kind === 'index' && value.at.kind === 'fixed' && typeof value.at.value === 'number')
    return value.at.value;
  if (value.kind === 'word') return refuse(say.unknownName(value.span, value.word, knownNames(scope)));
  return refuse(say.expected(expr.span, 'a whole number'));
}
