// CSV and TSV files to typed columns. A column is what all its values are: numbers, true/false, or else text.
import Papa from 'papaparse';
import type { TableColumn } from '../../compiler/data/data-spec.js';
import {
  badTableLine,
  columnRepeated,
  emptyData,
  failed,
  type Made,
  made,
  raggedRow,
  tableTooLarge,
} from './problem.js';
import { numbers } from './table-columns.js';
import { MOST_CELLS, MOST_COLUMNS, MOST_ROWS } from './table-limits.js';

export function readDelimited(
  path: string,
  text: string,
  delimiter: ',' | '\t',
): Made<readonly TableColumn[]> {
  if (separators(text, delimiter) > MOST_CELLS) return failed([tableTooLarge(path, 'values', MOST_CELLS)]);
  const parsed = Papa.parse<string[]>(text, { delimiter, skipEmptyLines: 'greedy' });
  const fault = parsed.errors[0];
  if (fault !== undefined) return failed([badTableLine(path, (fault.row ?? 0) + 1, fault.message)]);
  const [header, ...rows] = parsed.data;
  if (header === undefined || rows.length === 0) return failed([emptyData(path)]);
  if (header.length > MOST_COLUMNS) return failed([tableTooLarge(path, 'columns', MOST_COLUMNS)]);
  if (rows.length > MOST_ROWS) return failed([tableTooLarge(path, 'rows', MOST_ROWS)]);
  const names = header.map((name) => name.trim());
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) return failed([columnRepeated(repeated)]);
  if (names.includes('')) return failed([badTableLine(path, 1, 'its header has a column without a name')]);
  for (const [index, row] of rows.entries()) {
    if (row.length === names.length) continue;
    return failed([raggedRow(path, index + 2, `has ${row.length} fields, its header ${names.length}`)]);
  }
  return made(
    names.map((name, at) =>
      typeColumn(
        name,
        rows.map((row) => row[at] ?? ''),
      ),
    ),
  );
}

/** At least as many as the fields, counted before any field takes memory. */
function separators(text: string, delimiter: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === delimiter || character === '\n' || character === '\r') count++;
  }
  return count;
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const MISSING = /^(?:|na|nan|null)$/i;

function typeColumn(name: string, cells: readonly string[]): TableColumn {
  const values = cells.map((cell) => cell.trim());
  const present = values.filter((value) => !MISSING.test(value));
  if (present.length > 0 && present.every(isNumber)) {
    return numbers(
      name,
      values.map((value) => (MISSING.test(value) ? null : Number(value))),
    );
  }
  if (present.length > 0 && present.every((value) => /^(?:true|false)$/i.test(value))) {
    return {
      kind: 'flags',
      name,
      values: values.map((value) => (MISSING.test(value) ? null : /^true$/i.test(value))),
    };
  }
  return { kind: 'texts', name, values: cells };
}

/** Long whole numbers are names (of tweets, of rows): as numbers, two of them would become one. */
function isNumber(value: string): boolean {
  if (!NUMBER.test(value)) return false;
  const number = Number(value);
  return Number.isFinite(number) && (Number.isSafeInteger(number) || !/^[+-]?\d+$/.test(value));
}
