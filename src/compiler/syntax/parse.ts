// Text to syntax tree. Never throws on any text; a declaration with errors is reported and left out of the tree.
import type { ILexingError, IToken } from 'chevrotain';
import type { DeclarationCstNode, HeaderCstNode } from '../../../grammar/cst.gen.js';
import { describe } from '../../../grammar/messages.js';
import { parser } from '../../../grammar/parser.js';
import { byteOrderMark, type Line, nestingLimit, roles, thin } from '../../../grammar/thin.js';
import { lexer } from '../../../grammar/tokens.js';
import type { Diagnostic } from '../base/diagnostic.js';
import { Reporter } from '../base/reporter.js';
import type { Declaration, NumberExpr, ParsedFile } from './ast.js';
import { tokenSpan } from './cst-place.js';
import { type LowerContext, lowerDeclaration, lowerHeader } from './lower.js';
import * as messages from './messages.js';
import { explainErrors } from './syntax-error.js';
import { makeFileTrivia, TriviaReader } from './trivia.js';
import { entryExprs, findTooDeep } from './walk.js';

/** Characters of the longest file that is read. */
export const fileLimit = 1_000_000;
/** Levels of the deepest expression: chains such as `a + b + …` nest without brackets. */
export const depthLimit = 400;

export type ParseResult = { readonly file: ParsedFile; readonly diagnostics: readonly Diagnostic[] };

/** `damaged`: offsets at which the lexer dropped something. */
type ParseContext = LowerContext & { readonly damaged: readonly number[] };

/** Reads a whole file. `fileName` is what spans and messages call it. */
export function parseFile(text: string, fileName: string): ParseResult {
  const reporter = new Reporter();
  const unreadable = findUnreadable(text, fileName);
  if (unreadable !== undefined) {
    reporter.report(unreadable);
    return { file: emptyTree(text, fileName), diagnostics: reporter.diagnostics };
  }
  // A byte order mark is a space to the lexer, so that offsets stay those of the text.
  const mark = byteOrderMark(text);
  const lexed = lexer.tokenize(mark === 0 ? text : ` ${text.slice(1)}`);
  for (const one of firstOfEachLine(lexed.errors, text)) {
    const span = { file: fileName, start: one.offset, end: one.offset + one.length };
    const character = String.fromCodePoint(text.codePointAt(one.offset) ?? 0);
    reporter.report(messages.unexpectedCharacter(span, one.message, character));
  }
  for (const token of lexed.tokens.filter(roles.openString)) {
    reporter.report(messages.stringWithoutEnd(tokenSpan(token, fileName)));
  }
  const comments = (lexed.groups.comments ?? []).map((one) => ({
    text: one.image,
    start: one.startOffset,
    end: one.startOffset + one.image.length,
  }));
  const damaged = lexed.errors.map((one) => one.offset);
  const context = { file: fileName, reporter, damaged, trivia: new TriviaReader(text, comments) };
  const lines = thin(lexed.tokens, text);
  if (lines.length === 0 && !reporter.hasErrors) reporter.report(messages.emptyFile(fileName));
  const file = lowerLines(lines, text, context);
  return { file, diagnostics: reporter.diagnostics };
}

/** One unexpected character often comes in a pair, and the second says nothing new. */
function firstOfEachLine(errors: readonly ILexingError[], text: string): readonly ILexingError[] {
  return errors.filter((one, index) => {
    const before = errors[index - 1];
    return before === undefined || /[\r\n]/.test(text.slice(before.offset, one.offset));
  });
}

function findUnreadable(text: string, file: string): Diagnostic | undefined {
  const zero = text.slice(0, fileLimit).indexOf('\0');
  if (zero >= 0) return messages.notText({ file, start: zero, end: zero + 1 });
  return text.length > fileLimit ? messages.fileTooLarge(file, text.length, fileLimit) : undefined;
}

function emptyTree(text: string, file: string): ParsedFile {
  const span = { file, start: 0, end: text.length };
  return { kind: 'file', declarations: [], span, trivia: { before: [], close: [] }, text };
}

function lowerLines(lines: readonly Line[], text: string, context: ParseContext): ParsedFile {
  const { trivia } = context;
  const [first] = lines;
  const header =
    first?.tokens[0] !== undefined && roles.eis(first.tokens[0]) && isHeader(first) ? first : undefined;
  const headerStart = header?.tokens[0]?.startOffset;
  const before = headerStart === undefined ? [] : trivia.before(headerStart);
  const version = header === undefined ? undefined : parseHeader(header, context);
  const headerComment = version === undefined ? undefined : trivia.after(version.span.end);
  const declarations: Declaration[] = [];
  let skipping = false;
  for (const line of header === undefined ? lines : lines.slice(1)) {
    reportFaults(line, context);
    const problem = findBadStart(line, context.file);
    if (problem !== undefined) {
      // A chain of lines that begin with operators has one cause.
      if (!(skipping && problem.code === 'EIS1012')) context.reporter.report(problem);
      skipping = true;
      continue;
    }
    skipping = false;
    const declaration = parseDeclaration(line, context);
    if (declaration !== undefined) declarations.push(declaration);
  }
  const span = { file: context.file, start: 0, end: text.length };
  const close = trivia.close(text.length);
  return {
    kind: 'file',
    ...(version === undefined ? {} : { version }),
    declarations,
    span,
    trivia: makeFileTrivia(before, headerComment, close),
    text,
  };
}

/** `eis` with anything but a keyword-like `:` behind it is meant as a header. */
function isHeader(line: Line): boolean {
  return line.tokens[1] === undefined || !roles.colon(line.tokens[1]);
}

function parseHeader(line: Line, context: ParseContext): NumberExpr | undefined {
  reportFaults(line, context);
  parser.input = line.tokens;
  const tree = parser.header() as HeaderCstNode; // the rule's own node type
  for (const one of explainErrors(parser.errors, line, context)) context.reporter.report(one);
  if (parser.errors.length > 0) return undefined;
  const version = lowerHeader(tree, context);
  if (version.value !== 1) context.reporter.report(messages.unsupportedVersion(version.span, version.text));
  return version;
}

function reportFaults(line: Line, context: LowerContext): void {
  const span = (token: IToken) => tokenSpan(token, context.file);
  for (const fault of line.faults) {
    switch (fault.kind) {
      case 'unclosed': {
        const found = fault.found === undefined ? undefined : span(fault.found);
        context.reporter.report(messages.unclosedBracket(span(fault.opener), fault.opener.image, found));
        break;
      }
      case 'unopened':
        context.reporter.report(messages.unopenedBracket(span(fault.closer), fault.closer.image));
        break;
      case 'tooDeep':
        context.reporter.report(messages.nestedTooDeeply(span(fault.token), nestingLimit));
        break;
    }
  }
}

/** What is wrong with a line that no declaration can begin with. */
function findBadStart(line: Line, file: string): Diagnostic | undefined {
  const [token, next] = line.tokens;
  if (token === undefined) return undefined;
  const span = tokenSpan(token, file);
  if (next !== undefined && roles.word(token) && roles.colon(next)) {
    return messages.fieldOutsideBlock(span, token.image);
  }
  if (roles.keyword(token)) return undefined;
  return roles.beginsNoLine(token)
    ? messages.continuedLine(span, describe(token))
    : messages.notADeclaration(span, describe(token));
}

function parseDeclaration(line: Line, context: ParseContext): Declaration | undefined {
  if (line.tokens.length === 0 || line.faults.some((one) => one.kind === 'tooDeep')) return undefined;
  parser.input = line.tokens;
  const tree = parser.declaration() as DeclarationCstNode; // the rule's own node type
  for (const one of explainErrors(parser.errors, line, context)) context.reporter.report(one);
  if (parser.errors.length > 0 || line.faults.length > 0) return undefined;
  const declaration = lowerDeclaration(tree, context);
  const deep = findTooDeep(entryExprs(declaration), depthLimit);
  if (deep === undefined) return declaration;
  context.reporter.report(messages.nestedTooDeeply(deep.span, depthLimit));
  return undefined;
}
