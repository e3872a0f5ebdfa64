// Random syntax trees that the grammar can express, for laws about printing and parsing.
import fc from 'fast-check';
import {
  changeWords,
  headerWords,
  infixWords,
  nestedKeywords,
  quantifiers,
  topKeywords,
} from '../../../grammar/words.js';
import type * as ast from '../../../src/compiler/syntax/ast.js';
import { numberValue } from '../../../src/compiler/syntax/lower-literal.js';

const span = { file: 'made.eis', start: 0, end: 0 };
const trivia = { before: [], close: [] };
const plainNames = ['a', 'b_2', 'movers', 'm', 'resid_pre', '_x', 'e3', 'eis', 'nat'];
const everyWord = [
  ...plainNames,
  ...topKeywords,
  ...nestedKeywords,
  ...quantifiers,
  ...headerWords,
  ...infixWords,
  ...changeWords,
];
const without = (removed: readonly string[]) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...plainNames) },
    { weight: 1, arbitrary: fc.constantFrom(...everyWord.filter((one) => !removed.includes(one))) },
  );
const anyWord = without([]);
const headName = without(headerWords);
const binderName = without([...infixWords, ...changeWords]);
const unitName = binderName;
const viewName = without([...topKeywords, ...nestedKeywords]);
const word: fc.Arbitrary<ast.Word> = anyWord.map((name) => ({ name, span }));

const digits = fc.constantFrom('0', '3', '9_999', '0.05', '1e-3', '12.5E+2', '007');
const number: fc.Arbitrary<ast.NumberExpr> = fc
  .tuple(digits, fc.boolean(), fc.option(unitName))
  .map(([text, percent, unit]) => ({
    kind: 'number',
    value: numberValue(text, percent),
    text,
    ...(percent || unit === null ? {} : { unit }),
    percent,
    span,
  }));
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom('"\\', '{IO}\n\t', '\u0007\u202e\r', '// x'),
);
const string: fc.Arbitrary<ast.StringExpr> = text.map((value) => ({ kind: 'string', value, span }));

type Trees = { expr: ast.Expr; arg: ast.Arg; binder: ast.Binder; path: ast.Expr; part: ast.WorldPart };
const operators: readonly ast.BinaryOperator[] = [
  '+',
  '-',
  '*',
  '/',
  '==',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  'and',
  'or',
];

const trees = fc.letrec<Trees>((tie) => {
  const expr = tie('expr');
  const args = fc.array(tie('arg'), { maxLength: 3 });
  const someArgs = fc.array(tie('arg'), { minLength: 1, maxLength: 3 });
  const name: fc.Arbitrary<ast.Expr> = anyWord.map((one) => ({ kind: 'name', name: one, span }));
  const member = (base: fc.Arbitrary<ast.Expr>): fc.Arbitrary<ast.Expr> =>
    fc
      .tuple(base, anyWord)
      .map(([of, one]) => ({ kind: 'member', base: of, name: one, span, nameSpan: span }));
  const index = (base: fc.Arbitrary<ast.Expr>): fc.Arbitrary<ast.Expr> =>
    fc.tuple(base, someArgs).map(([of, list]) => ({ kind: 'index', base: of, args: list, span }));
  const quantifier: fc.Arbitrary<ast.Expr> = fc
    .tuple(
      fc.constantFrom(...quantifiers),
      digits,
      fc.array(tie('binder'), { minLength: 1, maxLength: 2 }),
      expr,
    )
    .map(([one, count, binders, body]) => ({
      kind: 'quantifier',
      quantifier: one,
      ...(one === 'at_least'
        ? {
            k: {
              kind: 'number' as const,
              value: numberValue(count, false),
              text: count,
              percent: false,
              span,
            },
          }
        : {}),
      binders,
      body,
      span,
    }));
  return {
    expr: fc.oneof(
      { maxDepth: 5, depthSize: 'small' },
      name,
      number,
      string,
      fc.constant<ast.Expr>({ kind: 'hole', span }),
      fc.array(expr, { maxLength: 3 }).map((items): ast.Expr => ({ kind: 'list', items, span })),
      fc.tuple(expr, args).map(([callee, list]): ast.Expr => ({ kind: 'call', callee, args: list, span })),
      index(expr),
      member(expr),
      expr.map((operand): ast.Expr => ({ kind: 'unary', operator: '-', operand, span })),
      fc.tuple(fc.constantFrom(...operators), expr, expr).map(
        ([operator, left, right]): ast.Expr => ({
          kind: 'binary',
          operator,
          left,
          right,
          span,
          operatorSpan: span,
        }),
      ),
      expr.map((operand): ast.Expr => ({ kind: 'not', operand, span })),
      fc
        .tuple(expr, expr, fc.boolean())
        .map(([from, to, inclusive]): ast.Expr => ({ kind: 'range', from, to, inclusive, span })),
      fc.tuple(expr, expr).map(([base, world]): ast.Expr => ({ kind: 'at', base, world, span })),
      fc.tuple(expr, word).map(([base, axis]): ast.Expr => ({ kind: 'as', base, axis, span })),
      fc.tuple(expr, expr).map(([base, mask]): ast.Expr => ({ kind: 'where', base, mask, span })),
      fc.tuple(expr, expr).map(([target, value]): ast.Expr => ({ kind: 'write', target, value, span })),
      fc
        .tuple(
          expr,
          fc.array(fc.record({ path: tie('path'), value: expr, span: fc.constant(span) }), {
            minLength: 1,
            maxLength: 2,
          }),
        )
        .map(([base, substitutions]): ast.Expr => ({ kind: 'given', base, substitutions, span })),
      quantifier,
      fc
        .tuple(expr, fc.array(tie('part'), { minLength: 1, maxLength: 3 }))
        .map(([base, parts]): ast.Expr => ({ kind: 'world', base, parts, span })),
    ),
    path: fc.oneof({ maxDepth: 2, depthSize: 'small' }, name, member(tie('path')), index(tie('path'))),
    binder: fc.tuple(binderName, fc.option(expr)).map(([one, range]) => ({
      kind: 'binder',
      name: one,
      ...(range === null ? {} : { range }),
      span,
      nameSpan: span,
    })),
    arg: fc.oneof(
      expr.map((value): ast.Arg => ({ kind: 'positional', value, span })),
      fc
        .tuple(anyWord, expr)
        .map(([one, value]): ast.Arg => ({ kind: 'named', name: one, value, span, nameSpan: span })),
      fc
        .tuple(binderName, expr)
        .map(([one, range]): ast.Arg => ({ kind: 'binder', name: one, range, span, nameSpan: span })),
    ),
    part: fc.oneof(
      expr.map((rows): ast.WorldPart => ({ kind: 'on', rows, span })),
      fc.tuple(fc.constantFrom(...changeWords), expr, fc.option(expr)).map(
        ([kind, value, write]): ast.WorldPart => ({
          kind,
          value,
          ...(write === null ? {} : { write }),
          span,
        }),
      ),
    ),
  };
});

export const anyExpr = trees.expr;

function entries(depth: number): fc.Arbitrary<readonly ast.Entry[]> {
  const field = fc
    .tuple(anyWord, trees.expr)
    .map(([name, value]): ast.Entry => ({ kind: 'field', name, value, span, nameSpan: span, trivia }));
  const view = fc.tuple(viewName, fc.array(trees.arg, { maxLength: 2 })).map(
    ([name, args]): ast.Entry => ({
      kind: 'view',
      call: { kind: 'call', callee: { kind: 'name', name, span }, args, span },
      span,
      trivia,
    }),
  );
  const nested = depth > 0 ? [declaration(depth - 1, [...nestedKeywords, ...topKeywords])] : [];
  return fc.array(fc.oneof(field, view, ...nested), { maxLength: 4 });
}

function declaration(
  depth: number,
  keywords: readonly ast.Declaration['keyword'][],
): fc.Arbitrary<ast.Declaration> {
  return fc
    .record({
      keyword: fc.constantFrom(...keywords),
      head: fc.oneof(
        headName.map((name) => ({ name })),
        string.map((title) => ({ title })),
        fc.constant({}),
      ),
      list: fc.oneof(
        fc.array(trees.binder, { maxLength: 3 }).map((binders) => ({ binders })),
        fc.array(word, { maxLength: 3 }).map((params) => ({ binders: [], params })),
      ),
      unit: fc.option(word),
      from: fc.option(string),
      value: fc.option(trees.expr),
      block: fc.option(entries(depth)),
    })
    .map(({ keyword, head, list, unit, from, value, block }) => ({
      kind: 'declaration' as const,
      keyword,
      ...head,
      ...list,
      ...(unit === null ? {} : { unit }),
      ...(from === null ? {} : { from }),
      ...(value === null ? {} : { value }),
      ...(block === null ? {} : { block }),
      span,
      nameSpan: span,
      keywordSpan: span,
      trivia,
    }));
}

/** Declarations with any parts, which need not make sense together. At least one, since a file declares something. */
export const anyFile: fc.Arbitrary<ast.File> = fc
  .array(declaration(1, topKeywords), { minLength: 1, maxLength: 3 })
  .map((declarations) => ({
    kind: 'file',
    declarations,
    span,
    trivia: { before: [], close: [] },
  }));
