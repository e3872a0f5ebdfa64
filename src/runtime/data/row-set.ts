// Rows of one split, as columns. Rows stand in their canonical order, that of their item hashes.
import type { Digest } from '../../compiler/base/digest.js';

/** Values of row r are values[offsets[r] .. offsets[r + 1]]. */
export type Ragged = { readonly offsets: Int32Array; readonly values: Int32Array };

export type Column =
  | ({ readonly kind: 'tokens' } & Ragged)
  /** One value per position. `valid[i] = 0`: no value there (`next_token` at the last position). Absent: all valid. */
  | ({ readonly kind: 'positions'; readonly type: PositionType; readonly valid?: Uint8Array } & Ragged)
  | {
      readonly kind: 'scalars';
      readonly type: ScalarType;
      readonly values: Int32Array | Float64Array;
      readonly valid?: Uint8Array;
    }
  | { readonly kind: 'texts'; readonly values: readonly string[] };

export type PositionType = 'token' | 'int' | 'bool';
export type ScalarType = 'token' | 'int' | 'bool' | 'float';

/** The columns of the rows themselves, or of one variant of them. */
export type RowColumns = {
  /** Number of positions per row. */
  readonly lengths: Int32Array;
  readonly columns: ReadonlyMap<string, Column>;
  /** Position of a role's last token (its first occurrence in the text), -1 where the row has none. Holds `end`. */
  readonly roles: ReadonlyMap<string, Int32Array>;
  /** Position of the same occurrence's first token. */
  readonly roleStarts: ReadonlyMap<string, Int32Array>;
};

export type Clusters = {
  /** In the order in which they first appear among the rows. */
  readonly ids: readonly string[];
  /** Index into `ids`, per row. */
  readonly of: Int32Array;
};

export type RowSet = RowColumns & {
  readonly spec: Digest;
  readonly split: string;
  readonly rows: number;
  readonly clusters: Clusters;
  /** 64 hexadecimal digits per row, ascending. */
  readonly itemHashes: readonly string[];
  /** Keyed by path: `abc`, `charlie.abc`. Row r of a variant is paired with row r. */
  readonly variants: ReadonlyMap<string, RowColumns>;
};
