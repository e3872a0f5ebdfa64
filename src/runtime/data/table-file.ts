// CSV, TSV and JSON Lines files to typed columns. Nothing is guessed silently: a row of another width, two columns of
// one name, a value of another kind than the rest of its column is an error with its line.
import Papa from 'papaparse';
import type { TableColumn } from '../../compiler/data/data-spec.js';
import { decodeText } from './decode-text.js';
import { badTableLine, columnRepeated, emptyData, failed, type Made, made, raggedRow } from './problem.js';

export type TableFormat = 'csv' | 'tsv' | 'jsonl';

export function readTable(
  path: string,
  format: TableFormat,
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

function readDelimited(path: string, text: string, delimiter: string): Made<readonly TableColumn[]> {
  const parsed = Papa.parse<string[]>(text, { delimiter, skipEmptyLines: 'greedy' });
  const fault = parsed.errors[0];
  if (fault !== undefined) return failed([badTableLine(path, (fault.row ?? 0) + 1, fault.message)]);
  const [header, ...rows] = parsed.data;
  if (header === undefined || rows.length === 0) return failed([emptyData(path)]);
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

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const MISSING = /^(?:|na|nan|null)$/i;

/** A column is what all its values are: numbers, true/false, or else text. Missing values count for none. */
function typeColumn(name: string, cells: readonly string[]): TableColumn {
  const values = cells.map((cell) => cell.trim());
  const present = values.filter((value) => !MISSING.test(value));
  if (present.length > 0 && present.every((value) => NUMBER.test(value))) {
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

function numbers(name: string, values: readonly (number | null)[]): TableColumn {
  const whole = values.every(
    (value) => value === null || (Number.isInteger(value) && Math.abs(value) < 2 ** 31),
  );
  return { kind: 'numbers', name, whole, values };
}

function readJsonLines(path: string, text: string): Made<readonly TableColumn[]> {
  const rows: { readonly line: number; readonly fields: ReadonlyMap<string, unknown> }[] = [];
  for (const [index, line] of text.split(/\r\n|\r|\n/).entries()) {
    if (line.trim() === '') continue;
    const value = parseJson(line);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return failed([badTableLine(path, index + 1, 'it is not a JSON object')]);
    }
    rows.push({ line: index + 1, fields: new Map(Object.entries(value)) });
  }
  const [first] = rows;
  if (first === undefined) return failed([emptyData(path)]);
  const names = [...first.fields.keys()];
  for (const { line, fields } of rows) {
    const odd =
      names.find((name) => !fields.has(name)) ?? [...fields.keys()].find((name) => !first.fields.has(name));
    if (odd !== undefined) {
      return failed([
        raggedRow(
          path,
          line,
          `${fields.has(odd) ? 'has' : 'lacks'} the field \`${odd}\`, the first row ${fields.has(odd) ? 'does not' : 'has it'}`,
        ),
      ]);
    }
  }
  const columns: TableColumn[] = [];
  for (const name of names) {
    const column = typeJson(
      name,
      rows.map((row) => row.fields.get(name)),
    );
    if (column === undefined)
      return failed([badTableLine(path, 1, `the values of \`${name}\` are not of one kind`)]);
    columns.push(column);
  }
  return made(columns);
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined; // reported by the caller with its line
    throw cause;
  }
}

function typeJson(name: string, values: readonly unknown[]): TableColumn | undefined {
  if (values.every((value) => typeof value === 'string')) return { kind: 'texts', name, values };
  if (values.every((value) => value === null || typeof value === 'number')) return numbers(name, values);
  if (values.every((value) => value === null || typeof value === 'boolean'))
    return { kind: 'flags', name, values };
  if (values.every(isTokenList)) return { kind: 'tokens', name, values };
  return undefined;
}

function isTokenList(value: unknown): value is readonly number[] {
  return (
    Array.isArray(value) && value.every((token) => Number.isInteger(token) && token >= 0 && token < 2 ** 31)
  );
}
