// Columns and roles of the rows of a call, as tensors.
import { bug } from '../../compiler/base/bug.js';
import type { InputSpec } from '../../compiler/check/stage.js';
import { type HostData, type HostTensor, hostTensor } from '../backend/host-tensor.js';
import type { Column } from '../data/row-set.js';
import type { FeedPlace } from './feed.js';
import { besideOf } from './stage-rows.js';

/** `NAME#valid` is where the column NAME has a value. */
const VALID = '#valid';

/** Numbers of a column, or where it is valid (`null`: everywhere), with the range of each row. */
type Source = {
  readonly numbers: ArrayLike<number> | null;
  readonly rangeOf: (row: number) => readonly [from: number, to: number];
};

export function columnFeed(spec: Extract<InputSpec, { kind: 'column' }>, place: FeedPlace): HostTensor {
  const { columns, rowOf } = besideOf(place.world, spec.rows);
  const isValidity = spec.column.endsWith(VALID);
  const name = isValidity ? spec.column.slice(0, -VALID.length) : spec.column;
  const column = columns.columns.get(name) ?? bug(`no column ${name}`);
  const { numbers, rangeOf } = isValidity ? validityOf(column) : valuesOf(column, name);
  const tensor = hostTensor(place.input.type.dtype, place.dims);
  const width = place.dims.slice(1).reduce((product, size) => product * size, 1);
  for (const [example, row] of place.call.rows.entries()) {
    const [from, to] = rangeOf(rowOf(row));
    if (to - from !== width)
      bug(`row ${row} of ${spec.column} has ${to - from} values where ${width} are fed`);
    copyNumbers(numbers, from, tensor.data, example * width, width);
  }
  return tensor;
}

function valuesOf(column: Column, name: string): Source {
  switch (column.kind) {
    case 'tokens':
    case 'positions':
      return { numbers: column.values, rangeOf: (row) => raggedRange(column.offsets, row) };
    case 'scalars':
      return { numbers: column.values, rangeOf: (row) => [row, row + 1] };
    case 'texts':
      return bug(`the column ${name} holds texts`);
  }
}

function validityOf(column: Column): Source {
  switch (column.kind) {
    case 'tokens':
      return { numbers: null, rangeOf: (row) => raggedRange(column.offsets, row) };
    case 'positions':
      return { numbers: column.valid ?? null, rangeOf: (row) => raggedRange(column.offsets, row) };
    case 'scalars':
      return { numbers: column.valid ?? null, rangeOf: (row) => [row, row + 1] };
    case 'texts':
      return bug('texts have no validity');
  }
}

function raggedRange(offsets: Int32Array, row: number): readonly [number, number] {
  return [offsets[row] ?? bug(`no row ${row}`), offsets[row + 1] ?? bug(`no row ${row}`)];
}

function copyNumbers(
  from: ArrayLike<number> | null,
  start: number,
  to: HostData,
  at: number,
  count: number,
): void {
  for (let i = 0; i < count; i++) {
    const value = from === null ? 1 : (from[start + i] ?? 0);
    if (to instanceof BigInt64Array) to[at + i] = BigInt(value);
    else to[at + i] = value;
  }
}

export function roleFeed(spec: Extract<InputSpec, { kind: 'role' }>, place: FeedPlace): HostTensor {
  const { columns, rowOf } = besideOf(place.world, spec.rows);
  const positions = columns.roles.get(spec.role) ?? bug(`no role ${spec.role}`);
  const tensor = hostTensor(place.input.type.dtype, place.dims);
  for (const [example, row] of place.call.rows.entries()) {
    copyNumbers(positions, rowOf(row), tensor.data, example, 1);
  }
  return tensor;
}
