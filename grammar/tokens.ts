// Every token in match order, and the one lexer. Words are tokens of their own, joined into categories, so that a
// keyword is a keyword only where the grammar asks for one.
import type { Lexer, TokenType } from 'chevrotain';
import { createToken, Lexer as LexerClass } from './chevrotain.js';
import { lexerMessages } from './lexer-messages.js';
import {
  changeWords,
  type headerWords,
  type infixWords,
  type Keyword,
  nestedKeywords,
  quantifiers,
  topKeywords,
} from './words.js';

const category = (name: string, label: string): TokenType =>
  createToken({ name, label, pattern: LexerClass.NA });

/** Any word that can be a name: all but `and`, `or`, `not`. */
export const Word = category('Word', 'a name');
/** A word that can name a declaration: not `unit`, not `from`. */
export const HeadName = category('HeadName', 'a name');
/** A word that can name an index: not an infix word. */
export const BinderName = category('BinderName', 'a name');
/** A word that can begin a view in a report: not a keyword. */
export const ViewName = category('ViewName', 'a view');
export const DeclarationKeyword = category('DeclarationKeyword', 'a declaration');
export const TopKeyword = category('TopKeyword', 'a declaration');
export const QuantifierWord = category('QuantifierWord', 'a quantifier');
export const ChangeWord = category('ChangeWord', '`with`');
export const CompareOperator = category('CompareOperator', 'a comparison');
export const SumOperator = category('SumOperator', '`+`');
export const ProductOperator = category('ProductOperator', '`*`');
export const RangeOperator = category('RangeOperator', '`..`');
export const Separator = category('Separator', 'a new line');
/** After one of these a line goes on: newlines behind it are dropped. */
export const Continues = category('Continues', 'an operator');
export const Opener = category('Opener', 'an opening bracket');
export const Closer = category('Closer', 'a closing bracket');

const word = (text: string, categories: TokenType[]): TokenType =>
  createToken({
    name: `Word_${text}`,
    pattern: new RegExp(`${text}\\b`),
    label: `\`${text}\``,
    categories: [Word, ...categories],
  });
const reserved = (text: string): TokenType =>
  createToken({
    name: `Word_${text}`,
    pattern: new RegExp(`${text}\\b`),
    label: `\`${text}\``,
    categories: [Continues],
  });
const symbol = (name: string, text: string, categories: TokenType[]): TokenType =>
  createToken({ name, pattern: text, label: `\`${text}\``, categories });

export const And = reserved('and');
export const Or = reserved('or');
export const Not = reserved('not');
export const As = word('as', [HeadName, ViewName]);
export const Given = word('given', [HeadName, ViewName]);
export const In = word('in', [HeadName, ViewName]);
export const Of = word('of', [HeadName, ViewName]);
export const On = word('on', [HeadName, ViewName]);
export const Where = word('where', [HeadName, ViewName]);
export const Unit = word('unit', [BinderName, ViewName]);
export const From = word('from', [BinderName, ViewName]);
export const Eis = word('eis', [HeadName, BinderName, ViewName]);
const named: Record<(typeof infixWords)[number] | (typeof headerWords)[number], TokenType> = {
  as: As,
  from: From,
  given: Given,
  in: In,
  of: Of,
  on: On,
  unit: Unit,
  where: Where,
};
const changes = changeWords.map((text) => word(text, [HeadName, ViewName, ChangeWord]));
const quantifierTokens = quantifiers.map((text) =>
  word(text, [HeadName, BinderName, ViewName, QuantifierWord]),
);
const keyword = (text: Keyword, categories: TokenType[]): TokenType =>
  word(text, [HeadName, BinderName, DeclarationKeyword, ...categories]);
const keywordTokens = [
  ...topKeywords.map((text) => keyword(text, [TopKeyword])),
  ...nestedKeywords.map((text) => keyword(text, [])),
];

export const Identifier = createToken({
  name: 'Identifier',
  pattern: /[A-Za-z_][A-Za-z0-9_]*/,
  label: 'a name',
  categories: [Word, HeadName, BinderName, ViewName],
});
/** A word right after a number on its line. Made by `thin`, never by the lexer. */
export const UnitWord = createToken({ name: 'UnitWord', pattern: LexerClass.NA, label: 'a unit' });

export const Num = createToken({
  name: 'Num',
  pattern: /\d+(?:_\d+)*(?:\.\d+(?:_\d+)*)?(?:[eE][+-]?\d+)?/,
  label: 'a number',
});
export const Str = createToken({
  name: 'Str',
  pattern: /"(?:[^"\\\r\n]|\\[^\r\n])*"/,
  label: 'a string',
});
/** Counts as a string for the parser, so that it is reported once. */
export const OpenString = createToken({
  name: 'OpenString',
  pattern: /"(?:[^"\\\r\n]|\\[^\r\n])*\\?/,
  label: 'a string',
  categories: [Str],
});

/** Only where no word or symbol follows at once: `z <- 0` writes, `z <-0` compares with `-0`. */
export const Write = createToken({
  name: 'Write',
  pattern: /<-(?!\S)/,
  label: '`<-`',
  categories: [Continues],
});
export const RangeInclusive = symbol('RangeInclusive', '..=', [Continues, RangeOperator]);
export const RangeExclusive = symbol('RangeExclusive', '..', [Continues, RangeOperator]);
export const Equal = symbol('Equal', '==', [Continues, CompareOperator]);
export const NotEqual = symbol('NotEqual', '!=', [Continues, CompareOperator]);
export const LessEqual = symbol('LessEqual', '<=', [Continues, CompareOperator]);
export const GreaterEqual = symbol('GreaterEqual', '>=', [Continues, CompareOperator]);
export const Less = symbol('Less', '<', [Continues, CompareOperator]);
export const Greater = symbol('Greater', '>', [Continues, CompareOperator]);
export const Define = symbol('Define', '=', [Continues]);
export const Plus = symbol('Plus', '+', [Continues, SumOperator]);
export const Minus = symbol('Minus', '-', [Continues, SumOperator]);
export const Times = symbol('Times', '*', [Continues, ProductOperator]);
export const Divide = symbol('Divide', '/', [Continues, ProductOperator]);
export const At = symbol('At', '@', [Continues]);
export const Percent = symbol('Percent', '%', []);
export const Question = symbol('Question', '?', []);
export const Dot = symbol('Dot', '.', []);
export const Colon = symbol('Colon', ':', [Continues]);
export const Comma = symbol('Comma', ',', [Continues, Separator]);
export const LeftParen = symbol('LeftParen', '(', [Opener]);
export const RightParen = symbol('RightParen', ')', [Closer]);
export const LeftBracket = symbol('LeftBracket', '[', [Opener]);
export const RightBracket = symbol('RightBracket', ']', [Closer]);
export const LeftBrace = symbol('LeftBrace', '{', [Opener, Continues]);
export const RightBrace = symbol('RightBrace', '}', [Closer]);

export const NewLine = createToken({
  name: 'NewLine',
  pattern: /\r\n|\n|\r/,
  label: 'a new line',
  categories: [Separator],
  line_breaks: true,
});
export const Space = createToken({ name: 'Space', pattern: /[ \t]+/, group: LexerClass.SKIPPED });
/** Kept beside the tokens, for the formatter. */
export const Comment = createToken({ name: 'Comment', pattern: /\/\/[^\r\n]*/, group: 'comments' });

const categories = [
  Word,
  HeadName,
  BinderName,
  ViewName,
  DeclarationKeyword,
  TopKeyword,
  QuantifierWord,
  ChangeWord,
  CompareOperator,
  SumOperator,
  ProductOperator,
  RangeOperator,
  Separator,
  Continues,
  Opener,
  Closer,
];
const symbols = [
  Write,
  RangeInclusive,
  RangeExclusive,
  Equal,
  NotEqual,
  LessEqual,
  GreaterEqual,
  Less,
  Greater,
  Define,
  Plus,
  Minus,
  Times,
  Divide,
  At,
  Percent,
  Question,
  Dot,
  Colon,
  Comma,
  LeftParen,
  RightParen,
  LeftBracket,
  RightBracket,
  LeftBrace,
  RightBrace,
];
const words = [And, Or, Not, Eis, ...Object.values(named), ...changes, ...quantifierTokens, ...keywordTokens];

/** Order matters: the lexer tries these top to bottom. */
export const tokens: TokenType[] = [
  Space,
  NewLine,
  Comment,
  Str,
  OpenString,
  Num,
  ...words,
  Identifier,
  ...symbols,
  UnitWord,
  ...categories,
];
export const lexer = makeLexer({ skipValidations: true });

/** The lexer; throws on a token that has no pattern, hides another or cannot be optimised, unless that is skipped. */
export function makeLexer(options: { readonly skipValidations: boolean }): Lexer {
  return new LexerClass(tokens, {
    ...options,
    ensureOptimizations: true,
    positionTracking: 'full',
    errorMessageProvider: lexerMessages,
  });
}
