// Files of one column: `lines("x.txt")` and `column("names.txt")`.
import Papa from 'papaparse';
import { decodeText } from './decode-text.js';
import { columnMissing, emptyData, failed, type Made, made, notOneColumn, raggedRow } from './problem.js';

/** The lines that are not blank, without white space at their ends. */
export function readLines(path: string, bytes: Uint8Array): Made<readonly string[]> {
  const decoded = decodeText(path, bytes);
  if ('problem' in decoded) return failed([decoded.problem]);
  const lines = decoded.text
    .split(/\r\n|\r|\n/)
    .map((line) => line.trimEnd())
    .filter((line) => line.trim() !== '');
  return lines.length === 0 ? failed([emptyData(path)]) : made(lines);
}

/**
 * The values of a file of one column. Its first line is a header when it names the file's stem or one of it
 * (`name` in names.txt). With `column`, a CSV file whose header has that name; else every line is one value.
 */
export function readColumn(path: string, bytes: Uint8Array, column?: string): Made<readonly string[]> {
  if (column !== undefined) return readNamed(path, bytes, column);
  const read = readLines(path, bytes);
  if (read.kind === 'failed') return read;
  const values: string[] = [];
  for (const [index, line] of read.value.entries()) {
    const value = line.trim();
    // A quoted field is CSV; a line without quotes is taken as it is, commas included, unless a header says CSV.
    if (!value.startsWith('"')) {
      values.push(value);
      continue;
    }
    const fields = Papa.parse<string[]>(value, { delimiter: ',' }).data[0] ?? [];
    if (fields.length !== 1) return failed([notOneColumn(path, index + 1, fields.length)]);
    values.push(fields[0] ?? '');
  }
  const hasHeader = stemNames(path).includes((values[0] ?? '').toLowerCase());
  const rows = hasHeader ? values.slice(1) : values;
  return rows.length === 0 ? failed([emptyData(path)]) : made(rows);
}

function readNamed(path: string, bytes: Uint8Array, column: string): Made<readonly string[]> {
  const decoded = decodeText(path, bytes);
  if ('problem' in decoded) return failed([decoded.problem]);
  const [header, ...rows] = Papa.parse<string[]>(decoded.text, {
    delimiter: ',',
    skipEmptyLines: 'greedy',
  }).data;
  if (header === undefined || rows.length === 0) return failed([emptyData(path)]);
  const names = header.map((name) => name.trim());
  const at = names.indexOf(column);
  if (at < 0) return failed([columnMissing(column, names)]);
  const bad = rows.findIndex((row) => row.length !== header.length);
  if (bad >= 0) {
    return failed([
      raggedRow(path, bad + 2, `has ${rows[bad]?.length ?? 0} fields, its header ${header.length}`),
    ]);
  }
  return made(rows.map((row) => (row[at] ?? '').trim()).filter((value) => value !== ''));
}

/** `names` and `name` for names.txt; `stories` and `story`; `boxes`, `boxe` and `box`. */
function stemNames(path: string): string[] {
  const file = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
  const stem = file.replace(/\.[^.]*$/, '').toLowerCase();
  const singular = [stem.replace(/s$/, ''), stem.replace(/es$/, ''), stem.replace(/ies$/, 'y')];
  return [...new Set([stem, ...singular])];
}
