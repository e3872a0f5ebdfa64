// Files of rows to typed columns. Nothing is guessed silently: a row of another width, two columns of one name, a value
// of another kind than the rest of its column is an error with its line.
import type { TableColumn } from '../../compiler/data/data-spec.js';
import { readParquet } from './parquet/parquet-file.js';
import type { Made } from './problem.js';
import { readTextTable, type TableFormat } from './text-table.js';

export function readTable(
  path: string,
  format: TableFormat,
  bytes: Uint8Array,
): Made<readonly TableColumn[]> {
  return format === 'parquet' ? readParquet(path, bytes) : readTextTable(path, format, bytes);
}
