// What the makers of rows are given: everything that can influence a row, and nothing else.

import type { ColumnFacts, ColumnKind, DataFacts, VariantFacts } from '../../compiler/data/data-facts.js';
import type { Place } from './layout.js';
import type { RowColumns } from './row-set.js';
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

export type LengthFact = DataFacts['length'];

/** A variant as the checker sees it, with what else is known of it. */
export type VariantFact = VariantFacts & {
  /** It takes the text of its base, so that roles and words stand where they stood. */
  readonly sameText: boolean;
  /** The other variants with which it certainly agrees in lengths, row by row. */
  readonly alignedWith: readonly string[];
  readonly length: LengthFact;
  /** Roles that every row of the variant has. */
  readonly roles: readonly string[];
};

export type MeasuredVariant = Pick<VariantFact, 'path' | 'sameText' | 'roles'> & {
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
    length: spanLengths(lengths),
    aligned: agree(lengths, base),
    alignedWith: variants
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

/** What one kind of data tells about its content before rows exist. Roles: those that every row of the base has. */
export type ContentFacts = Pick<DataFacts, 'columns' | 'roles' | 'length'> & {
  readonly variants: readonly VariantFact[];
};

/** A column of which every value exists. */
export function fullColumn(name: string, kind: ColumnKind): ColumnFacts {
  return { name, kind, partial: false };
}

/** The columns that every row of tokens has. */
export const TOKEN_FACTS: readonly ColumnFacts[] = [
  fullColumn('tokens', 'tokens'),
  { name: 'next_token', kind: 'position-token', partial: true },
];
