// Small builders of columns.
import type { Column, Ragged, RowColumns, ScalarType } from './row-set.js';

/** The columns every row of tokens has: `tokens` and `next_token` (no value at the last position), and the role `end`. */
export function tokenColumns(tokens: Ragged): {
  columns: Map<string, Column>;
  lengths: Int32Array;
  end: Int32Array;
} {
  const { offsets, values } = tokens;
  const rows = offsets.length - 1;
  const lengths = new Int32Array(rows);
  const end = new Int32Array(rows);
  const next = new Int32Array(values.length);
  next.set(values.subarray(1));
  const valid = new Uint8Array(values.length).fill(1);
  for (let row = 0; row < rows; row++) {
    const stop = offsets[row + 1] ?? 0;
    lengths[row] = stop - (offsets[row] ?? 0);
    end[row] = (lengths[row] ?? 0) - 1;
    if ((lengths[row] ?? 0) === 0) continue;
    next[stop - 1] = 0;
    valid[stop - 1] = 0;
  }
  const columns = new Map<string, Column>([
    ['tokens', { kind: 'tokens', offsets, values }],
    ['next_token', { kind: 'positions', type: 'token', offsets, values: next, valid }],
  ]);
  return { columns, lengths, end };
}

/** Rows of different lengths, end to end. */
export function ragged(rows: readonly ArrayLike<number>[]): Ragged {
  const offsets = new Int32Array(rows.length + 1);
  for (const [index, row] of rows.entries()) offsets[index + 1] = (offsets[index] ?? 0) + row.length;
  const values = new Int32Array(offsets[rows.length] ?? 0);
  for (const [index, row] of rows.entries()) values.set(row, offsets[index] ?? 0);
  return { offsets, values };
}

/** Whole or real numbers, one a row; `null` becomes an invalid value. */
export function scalarColumn(type: ScalarType, values: readonly (number | null)[]): Column {
  const plain = values.map((value) => value ?? 0);
  const data = type === 'float' ? Float64Array.from(plain) : Int32Array.from(plain);
  if (!values.includes(null)) return { kind: 'scalars', type, values: data };
  return {
    kind: 'scalars',
    type,
    values: data,
    valid: Uint8Array.from(values, (value) => (value === null ? 0 : 1)),
  };
}

/** Token rows whose only role is `end`. */
export function plainTokenRows(tokens: Ragged, more: ReadonlyMap<string, Column>): RowColumns {
  const { columns, lengths, end } = tokenColumns(tokens);
  for (const [name, column] of more) columns.set(name, column);
  const roles = new Map([['end', end]]);
  return { lengths, columns, roles, roleStarts: roles };
}
