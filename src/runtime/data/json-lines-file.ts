// JSON Lines to typed columns: one object a line, the same fields in every line, one kind of value in every field.
import type { TableColumn } from '../../compiler/data/data-spec.js';
import { badTableLine, emptyData, failed, type Made, made, raggedRow, tableTooLarge } from './problem.js';
import { isTokenList, numbers } from './table-columns.js';
import { LONGEST_LINE, MOST_CELLS, MOST_COLUMNS, MOST_ROWS } from './table-limits.js';

type Value = string | number | boolean | null | readonly number[];

export function readJsonLines(path: string, text: string): Made<readonly TableColumn[]> {
  const bad = (line: number, why: string): Made<never> => failed([badTableLine(path, line, why)]);
  const columns = new Map<string, Value[]>();
  let rows = 0;
  let cells = 0;
  for (const { number, line } of linesOf(text)) {
    if (line === null) return bad(number, `it is longer than ${LONGEST_LINE} characters`);
    if (line.trim() === '') continue;
    const parsed = parseJson(line);
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
      return bad(number, 'it is not a JSON object');
    const fields = new Map<string, unknown>(Object.entries(parsed));
    if (rows === 0) for (const name of fields.keys()) columns.set(name, []);
    const odd = oddField(columns, fields);
    if (odd !== undefined) return failed([raggedRow(path, number, odd)]);
    for (const [name, value] of fields) {
      const kept = keptValue(value);
      if (kept === undefined) return bad(number, `\`${name}\` is ${whatItIs(value)}`);
      cells += Array.isArray(kept) ? 1 + kept.length : 1;
      columns.get(name)?.push(kept);
    }
    rows += 1;
    if (columns.size > MOST_COLUMNS) return failed([tableTooLarge(path, 'columns', MOST_COLUMNS)]);
    if (rows > MOST_ROWS) return failed([tableTooLarge(path, 'rows', MOST_ROWS)]);
    if (cells > MOST_CELLS) return failed([tableTooLarge(path, 'values', MOST_CELLS)]);
  }
  if (rows === 0) return failed([emptyData(path)]);
  const typed: TableColumn[] = [];
  for (const [name, values] of columns) {
    const column = typeJson(name, values);
    if (column === undefined) return bad(1, `the values of \`${name}\` are not of one kind`);
    typed.push(column);
  }
  return made(typed);
}

/** Lines by number; null for one that is too long. */
function* linesOf(text: string): Generator<{ readonly number: number; readonly line: string | null }> {
  let start = 0;
  for (let number = 1; start <= text.length; number++) {
    let end = start;
    while (end < text.length && text[end] !== '\n' && text[end] !== '\r') end++;
    yield { number, line: end - start > LONGEST_LINE ? null : text.slice(start, end) };
    start = text[end] === '\r' && text[end + 1] === '\n' ? end + 2 : end + 1;
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined; // reported by the caller with its line
    throw cause;
  }
}

function oddField(
  columns: ReadonlyMap<string, unknown>,
  fields: ReadonlyMap<string, unknown>,
): string | undefined {
  const lacks = [...columns.keys()].find((name) => !fields.has(name));
  if (lacks !== undefined) return `lacks the field \`${lacks}\`, the first row has it`;
  const more = [...fields.keys()].find((name) => !columns.has(name));
  return more === undefined ? undefined : `has the field \`${more}\`, the first row does not`;
}

function keptValue(value: unknown): Value | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) && !isRounded(value) ? value : undefined;
  return isTokenList(value) ? value : undefined;
}

/** A whole number that may have been another one before it was read; beyond 64 bits it is a measurement. */
function isRounded(value: number): boolean {
  return Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < 2 ** 64;
}

function whatItIs(value: unknown): string {
  if (typeof value === 'number') return 'too large to be an exact number: write it as a text';
  return Array.isArray(value) ? 'a list, but not of token ids' : 'an object';
}

function typeJson(name: string, values: readonly Value[]): TableColumn | undefined {
  if (values.every((value) => typeof value === 'string')) return { kind: 'texts', name, values };
  if (values.every((value) => value === null || typeof value === 'number')) return numbers(name, values);
  if (values.every((value) => value === null || typeof value === 'boolean'))
    return { kind: 'flags', name, values };
  if (values.every(isTokenList)) return { kind: 'tokens', name, values };
  return undefined;
}
