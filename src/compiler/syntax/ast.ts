// The syntax tree: plain readonly data, discriminated by `kind`, a span on every node.
// Parentheses are not nodes; a node's span includes the parentheses written around it.
import type { ChangeWord, Keyword, Quantifier } from '../../../grammar/words.js';
import type { Span } from '../base/span.js';

/** A whole file. `version` is the number after `eis`, or undefined when the header is absent. */
export type File = {
  readonly kind: 'file';
  readonly version?: NumberExpr;
  readonly declarations: readonly Declaration[];
  readonly span: Span;
  readonly trivia: FileTrivia;
};

/** The result of the parsing stage: the tree and the text it was read from. */
export type ParsedFile = File & { readonly text: string };

/**
 * `keyword name[binders] unit u from "path" = value { block }`. Which parts a keyword takes is not decided here.
 * `import [a, b] from "x"` and `hole [A, B] = …` have binders and no name.
 */
export type Declaration = {
  readonly kind: 'declaration';
  readonly keyword: Keyword;
  readonly name?: string;
  /** The text of `study "…"`. */
  readonly title?: StringExpr;
  readonly binders: readonly Binder[];
  /** The names of `fn f(a, b)`; undefined when there are no parentheses. */
  readonly params?: readonly Word[];
  readonly unit?: Word;
  readonly from?: StringExpr;
  readonly value?: Expr;
  readonly block?: readonly Entry[];
  readonly span: Span;
  /** Of the name; of the title or of the keyword where there is no name. */
  readonly nameSpan: Span;
  readonly keywordSpan: Span;
  readonly trivia: Trivia;
};

export type Entry = FieldEntry | Declaration | CallEntry;
export type FieldEntry = {
  readonly kind: 'field';
  readonly name: string;
  readonly value: Expr;
  readonly span: Span;
  readonly nameSpan: Span;
  readonly trivia: Trivia;
};
/** A view inside `report { … }`. */
export type CallEntry = {
  readonly kind: 'view';
  readonly call: Expr;
  readonly span: Span;
  readonly trivia: Trivia;
};

/** `l`, or `l in m.layers`. */
export type Binder = {
  readonly kind: 'binder';
  readonly name: string;
  readonly range?: Expr;
  readonly span: Span;
  readonly nameSpan: Span;
};
export type Word = { readonly name: string; readonly span: Span };

export type Expr =
  | NumberExpr
  | StringExpr
  | HoleExpr
  | NameExpr
  | ListExpr
  | CallExpr
  | IndexExpr
  | MemberExpr
  | UnaryExpr
  | BinaryExpr
  | NotExpr
  | RangeExpr
  | AtExpr
  | AsExpr
  | WhereExpr
  | WriteExpr
  | GivenExpr
  | QuantifierExpr
  | WorldExpr;

/** `value` is the number meant: 0.4 for `40%`. `text` is the decimal as written, without `%` and unit: `40`, `9_999`. */
export type NumberExpr = {
  readonly kind: 'number';
  readonly value: number;
  readonly text: string;
  readonly unit?: string;
  readonly percent: boolean;
  readonly span: Span;
};
/** `value` has its escapes resolved. */
export type StringExpr = { readonly kind: 'string'; readonly value: string; readonly span: Span };
/** `?`: not decided yet; legal in a draft. */
export type HoleExpr = { readonly kind: 'hole'; readonly span: Span };
export type NameExpr = { readonly kind: 'name'; readonly name: string; readonly span: Span };
export type ListExpr = { readonly kind: 'list'; readonly items: readonly Expr[]; readonly span: Span };
export type CallExpr = {
  readonly kind: 'call';
  readonly callee: Expr;
  readonly args: readonly Arg[];
  readonly span: Span;
};
export type IndexExpr = {
  readonly kind: 'index';
  readonly base: Expr;
  readonly args: readonly Arg[];
  readonly span: Span;
};
export type MemberExpr = {
  readonly kind: 'member';
  readonly base: Expr;
  readonly name: string;
  readonly span: Span;
  readonly nameSpan: Span;
};
export type UnaryExpr = {
  readonly kind: 'unary';
  readonly operator: '-';
  readonly operand: Expr;
  readonly span: Span;
};
export type ArithmeticOperator = '+' | '-' | '*' | '/';
export type CompareOperator = '==' | '!=' | '<' | '<=' | '>' | '>=';
export type LogicOperator = 'and' | 'or';
export type BinaryOperator = ArithmeticOperator | CompareOperator | LogicOperator;
export type BinaryExpr = {
  readonly kind: 'binary';
  readonly operator: BinaryOperator;
  readonly left: Expr;
  readonly right: Expr;
  readonly span: Span;
  readonly operatorSpan: Span;
};
export type NotExpr = { readonly kind: 'not'; readonly operand: Expr; readonly span: Span };
/** `from..to`, or `from..=to` when inclusive. */
export type RangeExpr = {
  readonly kind: 'range';
  readonly from: Expr;
  readonly to: Expr;
  readonly inclusive: boolean;
  readonly span: Span;
};
/** `base @ world` */
export type AtExpr = { readonly kind: 'at'; readonly base: Expr; readonly world: Expr; readonly span: Span };
/** `base as axis` */
export type AsExpr = { readonly kind: 'as'; readonly base: Expr; readonly axis: Word; readonly span: Span };
/** `base where mask` */
export type WhereExpr = {
  readonly kind: 'where';
  readonly base: Expr;
  readonly mask: Expr;
  readonly span: Span;
};
/** `target <- value` */
export type WriteExpr = {
  readonly kind: 'write';
  readonly target: Expr;
  readonly value: Expr;
  readonly span: Span;
};
/** `base given path = value given path = value` */
export type GivenExpr = {
  readonly kind: 'given';
  readonly base: Expr;
  readonly substitutions: readonly Substitution[];
  readonly span: Span;
};
/** `path` consists of names, members and indices only; its indices are binders of `value` where they are new names. */
export type Substitution = { readonly path: Expr; readonly value: Expr; readonly span: Span };
/** `k` is present for `at_least k of` and for nothing else. */
export type QuantifierExpr = {
  readonly kind: 'quantifier';
  readonly quantifier: Quantifier;
  readonly k?: NumberExpr;
  readonly binders: readonly Binder[];
  readonly body: Expr;
  readonly span: Span;
};
/** `base with a without b only c on rows`, in the order written; at least one part. */
export type WorldExpr = {
  readonly kind: 'world';
  readonly base: Expr;
  readonly parts: readonly WorldPart[];
  readonly span: Span;
};
export type WorldPart = ChangePart | RowsPart;
/** `with value`, or `with value <- write`. */
export type ChangePart = {
  readonly kind: ChangeWord;
  readonly value: Expr;
  readonly write?: Expr;
  readonly span: Span;
};
export type RowsPart = { readonly kind: 'on'; readonly rows: Expr; readonly span: Span };

export type Arg = PositionalArg | NamedArg | BinderArg;
export type PositionalArg = { readonly kind: 'positional'; readonly value: Expr; readonly span: Span };
export type NamedArg = {
  readonly kind: 'named';
  readonly name: string;
  readonly value: Expr;
  readonly span: Span;
  readonly nameSpan: Span;
};
/** `c in 0..512` among the arguments of a call or index. */
export type BinderArg = {
  readonly kind: 'binder';
  readonly name: string;
  readonly range: Expr;
  readonly span: Span;
  readonly nameSpan: Span;
};

/**
 * Comments (with their slashes) and blank lines around an entry, for the formatter only. In `before`, an empty text
 * is one blank line. `open` follows the `{` of a block; `close` stands before its `}`.
 */
export type Trivia = {
  readonly before: readonly string[];
  readonly open?: string;
  readonly close: readonly string[];
  readonly after?: string;
};
/** `header` follows `eis 1`; `before` precedes it; `close` ends the file. */
export type FileTrivia = {
  readonly before: readonly string[];
  readonly header?: string;
  readonly close: readonly string[];
};
