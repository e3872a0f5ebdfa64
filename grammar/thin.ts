// Between lexer and parser: drops newlines that mean nothing, marks units, balances brackets, cuts the tokens into
// lines (the header and one per declaration). A broken declaration therefore never spoils the next one.
import type { IToken, TokenType } from 'chevrotain';
import { createTokenInstance, EOF, tokenMatcher } from './chevrotain.js';
import * as t from './tokens.js';
import { infixWords } from './words.js';

/** What is wrong with the brackets. The parser sees them balanced all the same. */
export type BracketFault =
  | { readonly kind: 'unclosed'; readonly opener: IToken; readonly found: IToken | undefined }
  | { readonly kind: 'unopened'; readonly closer: IToken }
  | { readonly kind: 'tooDeep'; readonly token: IToken };

/** The tokens of the header or of one declaration, without the newlines around it. */
export type Line = { readonly tokens: IToken[]; readonly faults: readonly BracketFault[] };

/** Nesting of brackets and quantifiers that no reader follows, and that stays far from the end of the stack. */
export const nestingLimit = 100;

type Open = { readonly token: IToken; readonly closer: TokenType; quantifiers: number };
const closerOf: ReadonlyMap<TokenType, TokenType> = new Map([
  [t.LeftParen, t.RightParen],
  [t.LeftBracket, t.RightBracket],
  [t.LeftBrace, t.RightBrace],
]);
const notUnits: ReadonlySet<string> = new Set(infixWords);

/** Stops at nesting beyond the limit; the last line then ends with the fault `tooDeep`. */
export function thin(tokens: readonly IToken[], text: string): readonly Line[] {
  const pass = new Thinning(text);
  for (const [index, token] of tokens.entries()) {
    if (!pass.take(token, tokens[index + 1])) break;
  }
  return pass.finish();
}

class Thinning {
  readonly #text: string;
  readonly #lines: Line[] = [];
  readonly #open: Open[] = [];
  #tokens: IToken[] = [];
  #faults: BracketFault[] = [];
  #newLine: IToken | undefined;
  #quantifiers = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** False when there is no point in going on. */
  take(token: IToken, next: IToken | undefined): boolean {
    if (token.tokenType === t.NewLine) {
      this.#newLine ??= token;
      return true;
    }
    if (this.#startsDeclaration(token, next)) {
      this.#closeAll(token);
      this.#endLine();
    } else if (this.#newLine !== undefined && this.#newLineCounts(token)) {
      if (this.#open.length === 0) this.#endLine();
      else this.#tokens.push(this.#newLine);
      this.#quantifiers = 0;
    }
    const unit = this.#isUnit(token);
    this.#newLine = undefined;
    if (tokenMatcher(token, t.Closer) && !this.#close(token)) return true;
    this.#countQuantifier(token);
    this.#tokens.push(unit ? retyped(token, t.UnitWord) : token);
    const closer = closerOf.get(token.tokenType);
    if (closer !== undefined) {
      this.#open.push({ token, closer, quantifiers: this.#quantifiers });
      this.#quantifiers = 0;
    }
    if (this.#depth() <= nestingLimit) return true;
    this.#faults.push({ kind: 'tooDeep', token });
    this.#open.length = 0;
    return false;
  }

  finish(): readonly Line[] {
    this.#closeAll(undefined);
    this.#endLine();
    return this.#lines;
  }

  #startsDeclaration(token: IToken, next: IToken | undefined): boolean {
    if (!tokenMatcher(token, t.TopKeyword) || next?.tokenType === t.Colon) return false;
    const before = this.#text[token.startOffset - 1];
    return (
      before === undefined ||
      before === '\n' ||
      before === '\r' ||
      token.startOffset === byteOrderMark(this.#text)
    );
  }

  #newLineCounts(token: IToken): boolean {
    const last = this.#tokens.at(-1);
    if (last === undefined || tokenMatcher(last, t.Continues)) return false;
    if (token.tokenType === t.LeftBrace || token.tokenType === t.RightBrace) return false;
    const open = this.#open.at(-1);
    return open === undefined || open.token.tokenType === t.LeftBrace;
  }

  #isUnit(token: IToken): boolean {
    return (
      this.#newLine === undefined &&
      this.#tokens.at(-1)?.tokenType === t.Num &&
      tokenMatcher(token, t.Word) &&
      !tokenMatcher(token, t.ChangeWord) &&
      !notUnits.has(token.image)
    );
  }

  /** A body that is itself quantified nests without a bracket. */
  #countQuantifier(token: IToken): void {
    if (!tokenMatcher(token, t.QuantifierWord)) return;
    const last = this.#tokens.at(-1)?.tokenType;
    this.#quantifiers = last === t.Colon || last === t.In ? this.#quantifiers + 1 : 0;
  }

  #depth(): number {
    return this.#open.reduce((sum, one) => sum + 1 + one.quantifiers, this.#quantifiers);
  }

  /** True when the closer belongs in the output. Openers inside that were never closed are closed first. */
  #close(token: IToken): boolean {
    const index = this.#open.findLastIndex((one) => one.closer === token.tokenType);
    if (index < 0) {
      this.#faults.push({ kind: 'unopened', closer: token });
      return false;
    }
    this.#closeDownTo(index + 1, token);
    this.#quantifiers = this.#open.pop()?.quantifiers ?? 0;
    return true;
  }

  #closeAll(found: IToken | undefined): void {
    this.#closeDownTo(0, found);
  }

  /** One fault for the outermost: the ones inside are most likely unclosed for the same reason. */
  #closeDownTo(depth: number, found: IToken | undefined): void {
    const outermost = this.#open[depth];
    if (outermost === undefined) return;
    this.#faults.push({ kind: 'unclosed', opener: outermost.token, found });
    for (const one of this.#open.splice(depth).reverse()) this.#tokens.push(virtual(one.closer));
    this.#quantifiers = outermost.quantifiers;
  }

  #endLine(): void {
    if (this.#tokens.length > 0 || this.#faults.length > 0) {
      this.#lines.push({ tokens: this.#tokens, faults: this.#faults });
    }
    this.#tokens = [];
    this.#faults = [];
    this.#newLine = undefined;
    this.#quantifiers = 0;
  }
}

/** How many characters a byte order mark takes at the start of a text: 1 or 0. */
export function byteOrderMark(text: string): number {
  return text.startsWith('\uFEFF') ? 1 : 0;
}

function virtual(tokenType: TokenType): IToken {
  const NONE = Number.NaN;
  return createTokenInstance(tokenType, '', NONE, NONE, NONE, NONE, NONE, NONE);
}

function retyped(token: IToken, tokenType: TokenType): IToken {
  return { ...token, tokenType, tokenTypeIdx: tokenType.tokenTypeIdx ?? 0 };
}

/** Whether this is the parser's end of input. */
export function isEnd(token: IToken): boolean {
  return token.tokenType === EOF;
}

const is = (type: TokenType) => (token: IToken) => tokenMatcher(token, type);
const isInfix = (token: IToken) => infixTokens.has(token.tokenType);
const infixTokens: ReadonlySet<TokenType> = new Set([t.Given, t.On, t.Where, t.As, t.Of, t.In]);

/** What a token is, for messages: the only way the compiler asks. */
export const roles = {
  newLine: is(t.NewLine),
  opener: is(t.Opener),
  closer: is(t.Closer),
  brace: is(t.LeftBrace),
  define: is(t.Define),
  colon: is(t.Colon),
  percent: is(t.Percent),
  comparison: is(t.CompareOperator),
  keyword: is(t.DeclarationKeyword),
  headerWord: (token: IToken) => token.tokenType === t.Unit || token.tokenType === t.From,
  eis: is(t.Eis),
  number: is(t.Num),
  word: is(t.Word),
  openString: is(t.OpenString),
  reserved: (token: IToken) => [t.And, t.Or, t.Not].includes(token.tokenType),
  /** Ends the search for the other half of a comparison. */
  separates: (token: IToken) =>
    [t.Comma, t.Colon, t.Define, t.NewLine, t.And, t.Or, t.Not, t.Write].includes(token.tokenType),
  /** Continues an expression, so that no line begins with it. */
  beginsNoLine: (token: IToken) =>
    isInfix(token) ||
    tokenMatcher(token, t.ChangeWord) ||
    tokenMatcher(token, t.Continues) ||
    token.tokenType === t.Dot,
} as const;
