// What can be known of a data set before any row of it exists. The runtime computes it; the checker reads it.
import type { Digest } from '../base/digest.js';

export type ColumnKind =
  | 'tokens'
  | 'position-token'
  | 'position-bool'
  | 'position-int'
  | 'token'
  | 'int'
  | 'bool'
  | 'float'
  | 'text';
export type ColumnFacts = {
  readonly name: string;
  readonly kind: ColumnKind;
  /** Some positions or rows have no value (`next_token` at the last position). */
  readonly partial: boolean;
};
export type SplitFacts = {
  readonly name: string;
  readonly rows: number;
  readonly clusters: number;
  readonly sealed: boolean;
};
export type DataFacts = {
  readonly digest: Digest;
  readonly columns: readonly ColumnFacts[];
  readonly roles: readonly string[];
  readonly splits: readonly SplitFacts[];
  /** Full paths, composed ones included: `abc`, `charlie`, `charlie.abc`. */
  readonly variants: readonly VariantFacts[];
  /** Number of tokens of a row, smallest and largest. */
  readonly length: { readonly low: number; readonly high: number };
  /** What the clusters are: `row`, `template`, `file`, or a column. */
  readonly clusterBy: string;
};
export type VariantFacts = {
  readonly path: string;
  /** Every row has as many tokens as the base row it is paired with. */
  readonly aligned: boolean;
  /** Number of tokens of a row, where the variant has a text of its own. */
  readonly length?: { readonly low: number; readonly high: number };
};
