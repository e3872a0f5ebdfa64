// From what the parser raised to what the user reads: one diagnostic per line of the source, the first.
import type { IRecognitionException, IToken } from 'chevrotain';
import { describe } from '../../../grammar/messages.js';
import { isEnd, type Line, roles } from '../../../grammar/thin.js';
import type { Diagnostic } from '../base/diagnostic.js';
import { pointSpan, type Span } from '../base/span.js';
import { tokenSpan } from './cst-place.js';
import { chainedComparison, continuedLine, percentAfterValue, unexpected } from './messages.js';

/** What a line is read against: `damaged` holds the offsets where the lexer has already found something. */
type Reading = { readonly file: string; readonly damaged: readonly number[] };

/** The first error of each line, leaving out what follows from a fault already reported. */
export function explainErrors(
  errors: readonly IRecognitionException[],
  line: Line,
  { file, damaged }: Reading,
): readonly Diagnostic[] {
  const limit = Math.min(...line.faults.map(faultIndex(line)), line.tokens.length + 1);
  const found: Diagnostic[] = [];
  let lastIndex = -1;
  for (const error of errors) {
    const index = isEnd(error.token) ? line.tokens.length : line.tokens.indexOf(error.token);
    if (index < 0 || index >= limit || followsDamage(line.tokens, index, damaged)) continue;
    if (lastIndex >= 0 && !line.tokens.slice(lastIndex + 1, index).some((one) => roles.newLine(one)))
      continue;
    found.push(explain(error, index, line, file));
    lastIndex = index;
  }
  return found;
}

/** Whether the lexer has dropped something between here and the start of the line. */
function followsDamage(tokens: readonly IToken[], index: number, damaged: readonly number[]): boolean {
  const lineStart = tokens.slice(0, index).findLast(roles.newLine) ?? tokens[0];
  const last = tokens[index] ?? tokens.at(-1);
  const from = lineStart?.startOffset ?? 0;
  const end = tokens[index] === undefined ? Number.POSITIVE_INFINITY : (last?.startOffset ?? 0);
  return damaged.some((offset) => offset >= from && offset <= end);
}

/** Where the consequences of a bracket fault may begin. */
function faultIndex(line: Line): (fault: Line['faults'][number]) => number {
  return (fault) => {
    if (fault.kind === 'unopened')
      return line.tokens.findIndex((one) => one.startOffset > fault.closer.startOffset);
    return line.tokens.indexOf(fault.kind === 'unclosed' ? fault.opener : fault.token);
  };
}

function explain(error: IRecognitionException, index: number, line: Line, file: string): Diagnostic {
  const previous = line.tokens[index - 1];
  const token = line.tokens[index];
  const atLineEnd = token === undefined || roles.newLine(token);
  const span = atLineEnd ? endOf(previous, file) : tokenSpan(token, file);
  if (token !== undefined && previous !== undefined) {
    if (roles.newLine(previous) && roles.beginsNoLine(token)) return continuedLine(span, describe(token));
    const first = roles.comparison(token) ? earlierComparison(line.tokens, index) : undefined;
    if (first !== undefined) return chainedComparison(span, tokenSpan(first, file));
    if (roles.percent(token)) return percentAfterValue(span);
  }
  return unexpected(span, wording(error, index, line.tokens), advice(error, line.tokens, index));
}

function endOf(token: IToken | undefined, file: string): Span {
  return pointSpan(file, token === undefined ? 0 : token.startOffset + token.image.length);
}

/** A comparison in the same expression, to the left. */
function earlierComparison(tokens: readonly IToken[], index: number): IToken | undefined {
  let depth = 0;
  for (const token of tokens.slice(0, index).toReversed()) {
    if (roles.closer(token)) depth++;
    if (roles.opener(token)) depth--;
    if (depth < 0 || (depth === 0 && roles.separates(token))) return undefined;
    if (depth === 0 && roles.comparison(token)) return token;
  }
  return undefined;
}

/** The parser expects a new line wherever a declaration could end; before its `=` that is not what is missing. */
function wording(error: IRecognitionException, index: number, tokens: readonly IToken[]): string {
  if (error.name !== 'NotAllInputParsedException') return error.message;
  const head = !tokens.slice(0, index).some((one) => roles.define(one) || roles.brace(one));
  return head ? `expected \`=\`, found ${describe(tokens[index])}` : error.message;
}

function advice(error: IRecognitionException, tokens: readonly IToken[], index: number): string | undefined {
  const token = tokens[index];
  const previous = tokens[index - 1];
  if (token === undefined) return undefined;
  if (roles.brace(token))
    return 'braces hold the block of a declaration; lists and sets are written `[a, b]`';
  if (roles.define(token) && insideParens(tokens, index)) return 'arguments are written `name: value`';
  if (roles.reserved(token)) return `\`${token.image}\` is reserved and cannot be a name`;
  const head = !tokens.slice(0, index).some((one) => roles.define(one) || roles.brace(one));
  const word = /^[A-Za-z_]/.test(token.image);
  if (head && word && tokens[0]?.image === 'metric')
    return `a unit follows the word \`unit\`: \`unit ${token.image}\``;
  if (head && previous !== undefined && roles.headerWord(previous)) {
    return `\`${previous.image}\` cannot be the name of a declaration`;
  }
  if (!head && word && error.context.ruleStack.at(-1) === 'entry')
    return `a field has a colon: \`${token.image}: …\``;
  if (token.image === '.' && previous !== undefined) return 'a number has a digit before its point: `0.5`';
  return undefined;
}

function insideParens(tokens: readonly IToken[], index: number): boolean {
  let depth = 0;
  for (const token of tokens.slice(0, index)) {
    if (token.image === '(' || token.image === '[') depth++;
    if (token.image === ')' || token.image === ']') depth--;
  }
  return depth > 0;
}
