// What a `data` declaration means, as plain data. The checker makes it; nothing here holds a row that was drawn.
import type { Digest } from '../base/digest.js';

export type DataSpec =
  | RepeatedTokensSpec
  | TemplateSpec
  | GridSpec
  | TableSpec
  | ByteFilesSpec
  | LiteralRowsSpec;

/** `share` is a fraction of 1; the shares of a split add up to 1. */
export type Share = { readonly name: string; readonly share: number };

/** `by` names the column whose values stay together: `template`, `file`, `folder`, or a column of a table. */
export type SplitSpec =
  | { readonly kind: 'shares'; readonly shares: readonly Share[] }
  | { readonly kind: 'random'; readonly seed: number; readonly shares: readonly Share[] }
  | { readonly kind: 'by'; readonly column: string; readonly shares: readonly Share[] };

/** Both ends belong to it. */
export type IntegerRange = { readonly low: number; readonly high: number };

/** A row is a uniform sequence of `period` tokens, twice. Rows are independent: each is its own cluster. */
export type RepeatedTokensSpec = {
  readonly kind: 'repeated_tokens';
  readonly vocab: number;
  readonly period: IntegerRange;
  readonly size: number;
  readonly split: SplitSpec;
};

export type HoleSource =
  | { readonly kind: 'column'; readonly values: readonly string[] }
  | { readonly kind: 'same'; readonly hole: string };

/** `distinct`: each name's value differs from every other hole of the row and of the rows it was made from. */
export type HoleSpec = {
  readonly names: readonly string[];
  readonly source: HoleSource;
  readonly distinct: boolean;
};

/** Text of exactly one token, with holes: `" {IO}"`. The column holds the token's id. */
export type TextColumnSpec = { readonly name: string; readonly pattern: string };

/** What changes against the row it is paired with. Own `templates`: line k belongs to template k of the base. */
export type VariantSpec = {
  readonly name: string;
  readonly templates?: readonly string[];
  readonly holes: readonly HoleSpec[];
  readonly columns: readonly TextColumnSpec[];
};

/** `generalisesTo: 'templates'`: the template is the cluster. `'fillers'`: all templates in every split, rows are clusters. */
export type TemplateSpec = {
  readonly kind: 'template';
  readonly templates: readonly string[];
  readonly holes: readonly HoleSpec[];
  readonly columns: readonly TextColumnSpec[];
  readonly variants: readonly VariantSpec[];
  readonly generalisesTo: 'templates' | 'fillers';
  readonly size: number;
  readonly split: SplitSpec;
};

export type GridVariable = { readonly name: string; readonly low: number; readonly high: number };
export type GridToken =
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'literal'; readonly token: number };

/** All cells of a grid, row-major (the last variable runs fastest). Cells are their own clusters. */
export type GridSpec = {
  readonly kind: 'grid';
  readonly variables: readonly GridVariable[];
  readonly tokens: readonly GridToken[];
  /** Computed columns: one whole number per cell, in the order of the cells. */
  readonly columns: readonly { readonly name: string; readonly values: readonly number[] }[];
  readonly split: SplitSpec;
};

/** `null` is a missing value. `tokens` columns hold token ids as they are. */
export type TableColumn =
  | {
      readonly kind: 'numbers';
      readonly name: string;
      readonly whole: boolean;
      readonly values: readonly (number | null)[];
    }
  | { readonly kind: 'flags'; readonly name: string; readonly values: readonly (boolean | null)[] }
  | { readonly kind: 'texts'; readonly name: string; readonly values: readonly string[] }
  | { readonly kind: 'tokens'; readonly name: string; readonly values: readonly (readonly number[])[] };

/** In the variant, `column` has the values of `from`. */
export type TableVariantSpec = {
  readonly name: string;
  readonly replaced: readonly { readonly column: string; readonly from: string }[];
};

export type TableSpec = {
  readonly kind: 'table';
  /** Of the bytes of the file: the rows' identity. */
  readonly source: Digest;
  readonly columns: readonly TableColumn[];
  readonly cluster: string;
  /** The column that becomes `tokens`: text to be tokenised, or token ids. */
  readonly text?: string;
  /** Text columns of exactly one token each (an answer). */
  readonly oneToken: readonly string[];
  readonly variants: readonly TableVariantSpec[];
  readonly split: SplitSpec;
};

export type FileEntry = { readonly path: string; readonly digest: Digest; readonly bytes: number };

/** Each file: white space stripped at both ends, its first `head` and last `tail` bytes, filled up with `pad`. */
export type ByteFilesSpec = {
  readonly kind: 'bytes';
  readonly files: readonly FileEntry[];
  readonly head: number;
  readonly tail: number;
  readonly pad: number;
  readonly label: 'folder' | 'none';
  readonly split: SplitSpec;
};

export type LiteralInput =
  | { readonly kind: 'tokens'; readonly tokens: readonly number[] }
  | { readonly kind: 'text'; readonly text: string };

export type LiteralRow = {
  readonly cluster: string;
  readonly input: LiteralInput;
  readonly values: Readonly<Record<string, number | string | boolean>>;
  readonly variants: Readonly<Record<string, LiteralInput>>;
};

/** Rows written out, for tests and for files that are begun. Every row has the same values and variants. */
export type LiteralRowsSpec = {
  readonly kind: 'rows';
  readonly rows: readonly LiteralRow[];
  /** Text values of exactly one token each. */
  readonly oneToken: readonly string[];
  readonly split: SplitSpec;
};
