// A row set holds its rows and variants of them: the columns of either, by path.
import { bug } from '../../compiler/base/bug.js';
import type { RowColumns, RowSet } from './row-set.js';

/** The columns of the rows themselves (path "") or of a variant that was made. */
export function columnsOf(rowSet: RowSet, path: string): RowColumns {
  if (path === '') return rowSet;
  return rowSet.variants.get(path) ?? bug(`variant \`${path}\` was not made`);
}
