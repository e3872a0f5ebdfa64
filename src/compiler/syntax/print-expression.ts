// Expressions as layouts. Parentheses are put where the grammar needs them and nowhere else.
import type { Arg, BinaryExpr, BinaryOperator, Binder, Expr, NumberExpr, WorldPart } from './ast.js';
import { bracketed, group, indent, type Layout, line } from './layout.js';

/** The levels of the grammar, loosest first. An operand printed at a level needs parentheses when its own is lower. */
const level = {
  expression: 0,
  given: 1,
  write: 2,
  where: 3,
  or: 4,
  and: 5,
  not: 6,
  comparison: 7,
  world: 8,
  range: 9,
  sum: 10,
  product: 11,
  unary: 12,
  placed: 13,
  postfix: 14,
} as const;

const levelOfOperator = {
  '+': level.sum,
  '-': level.sum,
  '*': level.product,
  '/': level.product,
  '==': level.comparison,
  '!=': level.comparison,
  '<': level.comparison,
  '<=': level.comparison,
  '>': level.comparison,
  '>=': level.comparison,
  and: level.and,
  or: level.or,
} as const satisfies Record<BinaryOperator, number>;

const levelOfKind = {
  quantifier: level.expression,
  given: level.given,
  write: level.write,
  where: level.where,
  not: level.not,
  world: level.world,
  range: level.range,
  unary: level.unary,
  at: level.placed,
  as: level.placed,
  call: level.postfix,
  index: level.postfix,
  member: level.postfix,
  number: level.postfix,
  string: level.postfix,
  hole: level.postfix,
  name: level.postfix,
  list: level.postfix,
} as const satisfies Record<Exclude<Expr['kind'], 'binary'>, number>;

/** Any expression, where any may stand. */
export function layExpression(expr: Expr): Layout {
  return lay(expr, level.expression);
}

function lay(expr: Expr, least: number): Layout {
  const own = expr.kind === 'binary' ? levelOfOperator[expr.operator] : levelOfKind[expr.kind];
  return own < least ? bracketed('(', [layBare(expr)], ')') : layBare(expr);
}

function layBare(expr: Expr): Layout {
  switch (expr.kind) {
    case 'number':
      return numberText(expr);
    case 'string':
      return quote(expr.value);
    case 'hole':
      return '?';
    case 'name':
      return expr.name;
    case 'list':
      return bracketed('[', expr.items.map(layExpression), ']');
    case 'call':
      return [lay(expr.callee, level.postfix), bracketed('(', expr.args.map(layArg), ')')];
    case 'index':
      return [lay(expr.base, level.postfix), bracketed('[', expr.args.map(layArg), ']')];
    case 'member':
      return [lay(expr.base, level.postfix), `.${expr.name}`];
    case 'unary':
      return ['-', lay(expr.operand, level.unary)];
    case 'binary':
      return layChain(expr);
    case 'not':
      return ['not ', lay(expr.operand, level.comparison)];
    case 'range':
      return [lay(expr.from, level.sum), expr.inclusive ? '..=' : '..', lay(expr.to, level.sum)];
    case 'at':
      return [lay(expr.base, level.placed), ' @ ', lay(expr.world, level.postfix)];
    case 'as':
      return [lay(expr.base, level.placed), ` as ${expr.axis.name}`];
    case 'where':
      return [lay(expr.base, level.where), ' where ', lay(expr.mask, level.or)];
    case 'write':
      // A target that ends in `with x` would take the `<-` for its own: everything looser than a range is wrapped.
      return [lay(expr.target, level.range), ' <- ', lay(expr.value, level.where)];
    case 'given':
      return [
        lay(expr.base, level.write),
        ...expr.substitutions.map(
          (one): Layout => [' given ', lay(one.path, level.postfix), ' = ', lay(one.value, level.write)],
        ),
      ];
    case 'quantifier': {
      const count = expr.k === undefined ? '' : `${numberText(expr.k)} of `;
      return [`${expr.quantifier} ${count}`, layBinders(expr.binders), ': ', layExpression(expr.body)];
    }
    case 'world':
      return [lay(expr.base, level.range), ...expr.parts.map(layPart)];
  }
}

/** Operators of one level in a row break together: `a + b - c`. */
function layChain(expr: BinaryExpr): Layout {
  const own = levelOfOperator[expr.operator];
  const tail: Layout[] = [];
  let left: Expr = expr;
  while (left.kind === 'binary' && levelOfOperator[left.operator] === own) {
    tail.unshift(` ${left.operator}`, line, layOperand(left.right, own + 1));
    left = left.left;
    if (own === level.comparison) break;
  }
  return group([layOperand(left, own + 1), indent(tail)]);
}

/** `(x as key) == y`: the parentheses are for the reader. */
function layOperand(expr: Expr, least: number): Layout {
  return lay(expr, expr.kind === 'as' ? level.postfix : least);
}

function layPart(part: WorldPart): Layout {
  if (part.kind === 'on') return [' on ', lay(part.rows, level.postfix)];
  const write: Layout = part.write === undefined ? '' : [' <- ', lay(part.write, level.sum)];
  return [` ${part.kind} `, lay(part.value, level.postfix), write];
}

function layArg(arg: Arg): Layout {
  switch (arg.kind) {
    case 'positional':
      return layExpression(arg.value);
    case 'named':
      return [`${arg.name}: `, layExpression(arg.value)];
    case 'binder':
      return [`${arg.name} in `, lay(arg.range, level.given)];
  }
}

/** `l in m.layers`. */
export function layBinder(binder: Binder): Layout {
  return binder.range === undefined ? binder.name : [`${binder.name} in `, lay(binder.range, level.given)];
}

function layBinders(binders: readonly Binder[]): Layout {
  return binders.flatMap((one, index): Layout[] => [index === 0 ? '' : ', ', layBinder(one)]);
}

function numberText(number: NumberExpr): string {
  const unit = number.unit === undefined ? '' : ` ${number.unit}`;
  return `${number.text}${number.percent ? '%' : unit}`;
}

/** A string literal; characters that a reader could not see are written as escapes. */
export function quote(text: string): string {
  const body = text.replace(/["\\]|[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    if (character === '"' || character === '\\') return `\\${character}`;
    if (character === '\n') return '\\n';
    if (character === '\t') return '\\t';
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
  return `"${body}"`;
}
