// What can be known of a data set before any row of it exists. The runtime computes it; the checker reads it.

export type ColumnFacts = {
  readonly name: string;
  /** `tokens` and `position` columns have the axis `pos`; the others one value per row. */
  readonly kind: 'tokens' | 'position-token' | 'position-bool' | 'position-int' | 'token' | 'int' | 'bool' | 'float' | 'text';
};
export type SplitFacts = { readonly name: string; readonly rows: number; readonly clusters: number };
export type DataFacts = {
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
  /** True where every row has as many tokens as the row it is paired with, role by role. */
  readonly aligned: boolean;
};
