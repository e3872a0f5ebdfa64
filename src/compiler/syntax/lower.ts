// From the concrete tree to the syntax tree, for lines that parsed without an error (so that nothing is missing).
import type * as cst from '../../../grammar/cst.gen.js';
import type { Keyword } from '../../../grammar/words.js';
import type { Reporter } from '../base/reporter.js';
import type * as ast from './ast.js';
import { only, spanOf, tokenSpan, word, words } from './cst-place.js';
import { type ExpressionContext, lowerBinder, lowerExpression, lowerSuffix } from './lower-expression.js';
import { lowerNumber, lowerString } from './lower-literal.js';
import { makeTrivia, type TriviaReader } from './trivia.js';

export type LowerContext = {
  readonly file: string;
  readonly reporter: Reporter;
  readonly trivia: TriviaReader;
};

/** The header's number, and the comment behind it. */
export function lowerHeader(node: cst.HeaderCstNode, context: LowerContext): ast.NumberExpr {
  return lowerNumber(only(node.children.Num), undefined, context);
}

export function lowerDeclaration(node: cst.DeclarationCstNode, context: LowerContext): ast.Declaration {
  const { children } = node;
  const keywordToken = only(children.keyword);
  const keyword = keywordToken.image as Keyword; // the category holds nothing else
  const span = spanOf(node, context.file);
  const before = context.trivia.before(span.start);
  const name = children.name?.[0];
  const title = children.title?.[0];
  const inner: ExpressionContext = { ...context, keyword };
  const parameters = children.parameters?.[0];
  const unit = children.unit?.[0];
  const from = children.from?.[0];
  const value = children.expression?.[0];
  const blockNode = children.block?.[0];
  const head = {
    kind: 'declaration' as const,
    keyword,
    ...(name === undefined ? {} : { name: name.image }),
    ...(title === undefined ? {} : { title: lowerString(title, context) }),
    binders: (children.binders?.[0]?.children.binder ?? []).map((one) => lowerBinder(one, inner)),
    ...(parameters === undefined ? {} : { params: words(parameters.children.name ?? [], context.file) }),
    ...(unit === undefined ? {} : { unit: word(unit, context.file) }),
    ...(from === undefined ? {} : { from: lowerString(from, context) }),
    ...(value === undefined ? {} : { value: lowerExpression(value, inner) }),
    span,
    nameSpan: tokenSpan(name ?? title ?? keywordToken, context.file),
    keywordSpan: tokenSpan(keywordToken, context.file),
  };
  if (blockNode === undefined) {
    before.push(...context.trivia.inside(span.end));
    return { ...head, trivia: makeTrivia(before, context.trivia.after(span.end)) };
  }
  const brace = tokenSpan(only(blockNode.children.LeftBrace), context.file);
  before.push(...context.trivia.inside(brace.start));
  const open = context.trivia.open(brace.end);
  const block = (blockNode.children.entry ?? []).map((one) => lowerEntry(one, inner, context));
  const close = context.trivia.close(span.end - 1);
  const trivia = { ...makeTrivia(before, context.trivia.after(span.end)), close };
  return { ...head, block, trivia: open === undefined ? trivia : { ...trivia, open } };
}

function lowerEntry(node: cst.EntryCstNode, inner: ExpressionContext, context: LowerContext): ast.Entry {
  const { field, declaration, view } = node.children;
  if (declaration?.[0] !== undefined) return lowerDeclaration(declaration[0], context);
  const span = spanOf(node, context.file);
  const before = context.trivia.before(span.start);
  const entry = field?.[0] !== undefined ? lowerField(field[0], inner) : lowerView(only(view), inner);
  before.push(...context.trivia.inside(span.end));
  return { ...entry, span, trivia: makeTrivia(before, context.trivia.after(span.end)) };
}

function lowerField(node: cst.FieldCstNode, context: ExpressionContext) {
  const name = only(node.children.name);
  const value = lowerExpression(only(node.children.expression), context);
  return { kind: 'field' as const, name: name.image, nameSpan: tokenSpan(name, context.file), value };
}

function lowerView(node: cst.ViewCstNode, context: ExpressionContext) {
  const name = only(node.children.name);
  let call: ast.Expr = { kind: 'name', name: name.image, span: tokenSpan(name, context.file) };
  for (const suffix of node.children.suffix) call = lowerSuffix(call, suffix, context);
  return { kind: 'view' as const, call };
}
