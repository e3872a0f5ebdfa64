// What a row is called in reports: its text, its file, or its tokens. The reader of the label escapes it.
import { columnsOf } from './columns-of.js';
import type { RowSet } from './row-set.js';

const MOST_TOKENS = 24;

export function rowLabel(rowSet: RowSet, row: number, path = ''): string {
  const { columns } = columnsOf(rowSet, path);
  for (const name of ['text', 'file']) {
    const column = columns.get(name);
    if (column?.kind === 'texts') return column.values[row] ?? '';
  }
  const tokens = columns.get('tokens');
  if (tokens?.kind !== 'tokens') return rowSet.clusters.ids[rowSet.clusters.of[row] ?? 0] ?? '';
  const own = tokens.values.subarray(tokens.offsets[row], tokens.offsets[row + 1]);
  return own.subarray(0, MOST_TOKENS).join(' ') + (own.length > MOST_TOKENS ? ' …' : '');
}
