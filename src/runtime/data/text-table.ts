// Tables that are text to typed columns. What takes a library of its own, parquet, is in table-file.ts, so that a check that
// reads none does not load it.
import type { TableColumn } from '../../compiler/data/data-spec.js';
import { decodeText } from './decode-text.js';
import { readDelimited } from './delimited-file.js';
import { readJsonLines } from './json-lines-file.js';
import { failed, type Made } from './problem.js';

export type TextTableFormat = 'csv' | 'tsv' | 'jsonl';
export type TableFormat = TextTableFormat | 'parquet';

export const TABLE_FORMATS: readonly TableFormat[] = ['csv', 'tsv', 'jsonl', 'parquet'];

export function readTextTable(
  path: string,
  format: TextTableFormat,
  bytes: Uint8Array,
): Made<readonly TableColumn[]> {
  const decoded = decodeText(path, bytes);
  if ('problem' in decoded) return failed([decoded.problem]);
  switch (format) {
    case 'csv':
      return readDelimited(path, decoded.text, ',');
    case 'tsv':
      return readDelimited(path, decoded.text, '\t');
    case 'jsonl':
      return readJsonLines(path, decoded.text);
  }
}
