// How many positions each row of a stage has, by the symbol that its graph uses for them. The rows themselves, their variants
// and their donors may differ in length; rows that agree in all of them can run together.
import { bug } from '../base/bug.js';
import type { PositionsSpec, RowsKey, StageInput } from '../check/stage.js';

/**
 * `lengths`: by symbol (`pos`, `pos:charlie`, …), one number per row. `firstDirty`: the first position of a row that a member may
 * change; absent, it may be any.
 */
export type RowLengths = {
  readonly rows: number;
  readonly lengths: ReadonlyMap<string, Int32Array>;
  readonly firstDirty?: (spec: PositionsSpec, row: number, member: number) => number;
};

/** Rows of equal lengths. `sizes` has every symbol of the lengths. */
export type LengthBucket = { readonly rows: Int32Array; readonly sizes: ReadonlyMap<string, number> };

/** Where the length behind each symbol of positions can be read off. */
export function lengthSources(inputs: readonly StageInput[]): ReadonlyMap<string, RowsKey> {
  const sources = new Map<string, RowsKey>();
  for (const { type, spec } of inputs) {
    if (spec.kind !== 'column') continue;
    const [, positions] = type.axes;
    if (typeof positions?.size === 'string' && !sources.has(positions.size))
      sources.set(positions.size, spec.rows);
  }
  return sources;
}

/** By ascending lengths, rows ascending within. Only the symbols that are asked for tell rows apart. */
export function bucketsOf(lengths: RowLengths, symbols: readonly string[]): readonly LengthBucket[] {
  const columns = symbols.map(
    (symbol) => lengths.lengths.get(symbol) ?? bug(`no lengths for the symbol ${symbol}`),
  );
  const buckets = new Map<string, { readonly key: readonly number[]; readonly rows: number[] }>();
  for (let row = 0; row < lengths.rows; row++) {
    const key = columns.map((column) => column[row] ?? 0);
    const text = key.join();
    const bucket = buckets.get(text) ?? { key, rows: [] };
    buckets.set(text, bucket);
    bucket.rows.push(row);
  }
  const ordered = [...buckets.values()].toSorted((a, b) => compare(a.key, b.key));
  return ordered.map(({ key, rows }) => ({
    rows: Int32Array.from(rows),
    sizes: new Map(symbols.map((symbol, i) => [symbol, key[i] ?? 0])),
  }));
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [i, left] of a.entries()) {
    const difference = left - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
