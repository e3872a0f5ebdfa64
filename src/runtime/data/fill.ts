// What the makers of rows are given: everything that can influence a row, and nothing else.

import type { Place } from './layout.js';
import type { Column, RowColumns } from './row-set.js';
import type { RowTokenizer } from './row-tokenizer.js';

export type Fill = {
  /** The root from which these rows are drawn. */
  readonly root: string;
  readonly split: string;
  /** In canonical order. */
  readonly places: readonly Place[];
  readonly tokenizer: RowTokenizer | undefined;
  readonly readBytes: (path: string) => Uint8Array | undefined;
  /** Variant paths to make: `abc`, `charlie.abc`. */
  readonly variants: readonly string[];
};

export type FilledRows = { readonly base: RowColumns; readonly variants: ReadonlyMap<string, RowColumns> };

/** A column as the checker sees it, before rows exist. `partial`: some values may be missing. */
export type ColumnFact = {
  readonly name: string;
  readonly kind: Column['kind'];
  readonly type: 'token' | 'int' | 'bool' | 'float' | 'text' | 'byte';
  readonly axes: readonly string[];
  readonly partial: boolean;
};

export type LengthFact = {
  readonly low: number;
  readonly high: number;
};

export type VariantFact = {
  readonly path: string;
  /** It takes the text of its base, so that roles and words stand where they stood. */
  readonly sameText: boolean;
  /** Each row certainly has as many positions as the row of the base. */
  readonly keepsLengths: boolean;
  /** The other variants with which it certainly agrees in lengths, row by row. */
  readonly sameLengths: readonly string[];
  readonly lengths: LengthFact;
  readonly roles: readonly string[];
};

export type MeasuredVariant = Omit<VariantFact, 'keepsLengths' | 'sameLengths' | 'lengths'> & {
  /** Per template, or per row: whatever the variants have in common. */
  readonly lengths: readonly LengthFact[];
};

/** Compares lengths, one by one, with the base and with each other. They certainly agree where nothing varies. */
export function compareLengths(
  base: readonly LengthFact[],
  variants: readonly MeasuredVariant[],
): VariantFact[] {
  const agree = (one: readonly LengthFact[], other: readonly LengthFact[]): boolean =>
    one.every(
      ({ low, high }, index) => low === high && low === other[index]?.low && high === other[index]?.high,
    );
  return variants.map(({ path, sameText, roles, lengths }) => ({
    path,
    sameText,
    roles,
    lengths: spanLengths(lengths),
    keepsLengths: agree(lengths, base),
    sameLengths: variants
      .filter((other) => other.path !== path && agree(lengths, other.lengths))
      .map((other) => other.path),
  }));
}

/** From the shortest to the longest. */
export function spanLengths(lengths: readonly LengthFact[]): LengthFact {
  let { low, high } = lengths[0] ?? { low: 0, high: 0 };
  for (const one of lengths) {
    low = Math.min(low, one.low);
    high = Math.max(high, one.high);
  }
  return { low, high };
}

/** What one kind of data tells about its content before rows exist. */
export type ContentFacts = {
  readonly columns: readonly ColumnFact[];
  /** Roles that every row of the base has, `end` included. */
  readonly roles: readonly string[];
  readonly variants: readonly VariantFact[];
  readonly lengths: LengthFact;
};

export const TOKENS_FACT: ColumnFact = {
  name: 'tokens',
  kind: 'tokens',
  type: 'token',
  axes: ['example', 'pos'],
  partial: false,
};
export const NEXT_TOKEN_FACT: ColumnFact = {
  name: 'next_token',
  kind: 'positions',
  type: 'token',
  axes: ['example', 'pos'],
  partial: true,
};

export function scalarFact(
  name: string,
  type: 'token' | 'int' | 'bool' | 'float',
  partial = false,
): ColumnFact {
  return { name, kind: 'scalars', type, axes: ['example'], partial };
}

export function textFact(name: string): ColumnFact {
  return { name, kind: 'texts', type: 'text', axes: ['example'], partial: false };
}
