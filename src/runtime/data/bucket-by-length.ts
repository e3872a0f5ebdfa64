// Rows of equal lengths together, so that nothing is padded and a batch is one rectangle.
import { bug } from '../../compiler/base/bug.js';
import type { RowColumns, RowSet } from './row-set.js';

export type Bucket = {
  /** Row indices, ascending: the canonical order. */
  readonly rows: Int32Array;
  /** Number of positions, by variant path; the rows themselves under "". */
  readonly lengths: ReadonlyMap<string, number>;
};

/** The columns of the rows themselves (path "") or of a variant that was made. */
export function columnsOf(rowSet: RowSet, path: string): RowColumns {
  if (path === '') return rowSet;
  return rowSet.variants.get(path) ?? bug(`variant \`${path}\` was not made`);
}

/** Buckets by ascending lengths. Every row is in exactly one. `paths` names the variants that are used. */
export function bucketByLength(rowSet: RowSet, paths: readonly string[]): readonly Bucket[] {
  const used = ['', ...paths.filter((path) => path !== '')];
  const lengths = used.map((path) => columnsOf(rowSet, path).lengths);
  const buckets = new Map<string, { readonly key: readonly number[]; readonly rows: number[] }>();
  for (let row = 0; row < rowSet.rows; row++) {
    const key = lengths.map((column) => column[row] ?? 0);
    const name = key.join(',');
    const bucket = buckets.get(name) ?? { key, rows: [] };
    buckets.set(name, bucket);
    bucket.rows.push(row);
  }
  return [...buckets.values()]
    .sort((a, b) => compare(a.key, b.key))
    .map(({ key, rows }) => ({
      rows: Int32Array.from(rows),
      lengths: new Map(used.map((path, index) => [path, key[index] ?? 0])),
    }));
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [index, length] of a.entries()) {
    const difference = length - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
