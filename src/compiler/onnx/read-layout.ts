// Reading of operators that move elements: slices, splits, gathers, transposes.

import { addDims, sameDim, subtractDims } from '../ir/dim.js';
import type { ValueId } from '../ir/graph.js';
import type { Dim } from '../ir/tensor-type.js';
import { scalarContent } from './content.js';
import type { NodeReader, NodeRule } from './node-reader.js';
import { readOpaque } from './read-opaque.js';

/** Ends at or beyond this mean "to the end": exporters write INT32_MAX, INT64_MAX, 10^9 and their negatives. */
const FAR = 2 ** 29;

export const layoutRules: Readonly<Record<string, NodeRule>> = {
  Transpose: (node) => {
    const rank = node.type(0).axes.length;
    const perm = node.hasAttribute('perm')
      ? node.ints('perm')
      : Array.from({ length: rank }, (_, i) => rank - 1 - i);
    return node.add({ name: 'Transpose', attrs: { perm } }, node.input(0));
  },
  Squeeze: (node) => {
    const { axes } = node.type(0);
    const given = node.listed('axes', 1)?.map((a) => node.axis(a, axes.length));
    const units = axes.flatMap((a, i) => (a.size === 1 ? [i] : []));
    const positions = sorted(given ?? units);
    return node.add({ name: 'Squeeze', attrs: { axes: positions } }, node.input(0));
  },
  Unsqueeze: (node) => {
    const given = node.listed('axes', 1) ?? node.fail('malformed', 'names no axes');
    const rank = node.type(0).axes.length + given.length;
    const at = sorted(given.map((a) => node.axis(a, rank)));
    return node.add({ name: 'Unsqueeze', attrs: { at, names: at.map((i) => `_${i}`) } }, node.input(0));
  },
  Concat: (node) => {
    const values = node.inputs();
    const [first] = values;
    if (first === undefined) return node.fail('malformed', 'has no input');
    const { axes } = node.typeOf(first);
    const axis = node.axis(node.int('axis', 0), axes.length);
    const sizes = values.map((v) => node.typeOf(v).axes[axis]?.size ?? 0);
    const size = sizes.reduce(addDims);
    const name = axes[axis]?.name ?? '_0';
    return node.add(
      { name: 'Concat', attrs: { axis, name: name === 'example' ? '_0' : name, size } },
      ...values,
    );
  },
  Slice: (node) => slice(node),
  Split: (node) => split(node),
  Gather: (node) => {
    const axis = node.axis(node.int('axis', 0), node.type(0).axes.length);
    return node.add({ name: 'Gather', attrs: { axis } }, node.input(0), node.input(1));
  },
  GatherElements: (node) => {
    const axis = node.axis(node.int('axis', 0), node.type(0).axes.length);
    return node.add({ name: 'GatherElements', attrs: { axis } }, node.input(0), node.input(1));
  },
  GatherND: (node) =>
    node.add(
      { name: 'GatherND', attrs: { batchDims: node.int('batch_dims', 0) } },
      node.input(0),
      node.input(1),
    ),
  Pad: (node) => {
    const rank = node.type(0).axes.length;
    const given = node.listed('pads', 1) ?? node.fail('malformed', 'names no pads');
    const places = node.has(3)
      ? node.numbers(3).map((a) => node.axis(a, rank))
      : Array.from({ length: rank }, (_, i) => i);
    const pads = new Array<number>(2 * rank).fill(0);
    for (const [i, place] of places.entries()) {
      pads[place] = given[i] ?? 0;
      pads[place + rank] = given[i + places.length] ?? 0;
    }
    const value = node.has(2) ? (node.numbers(2)[0] ?? 0) : node.float('value', 0);
    const padded = node.add({ name: 'Pad', attrs: { pads, value } }, node.input(0));
    const mode = node.string('mode', 'constant');
    // The other modes have the same result type, which is all an opaque node needs.
    return mode === 'constant' ? padded : readOpaque(node, [node.typeOf(padded)]);
  },
  Trilu: (node) => {
    const value = node.input(0);
    const { axes, dtype } = node.typeOf(value);
    const [row, column] = axes.slice(-2);
    if (row === undefined || column === undefined) return node.fail('shape', 'needs two axes');
    const shift = node.has(1) ? (node.numbers(1)[0] ?? 0) : 0;
    const rows = node.add({ name: 'Iota', attrs: { axis: { name: '_0', size: row.size } } });
    const upright = node.add({ name: 'Unsqueeze', attrs: { at: [1], names: ['_1'] } }, rows);
    const columns = node.add({ name: 'Iota', attrs: { axis: { name: '_1', size: column.size } } });
    const start = node.add({ name: 'Add', attrs: {} }, upright, node.constant('i64', shift));
    const name = node.int('upper', 1) === 1 ? 'GreaterOrEqual' : 'LessOrEqual';
    const kept = node.add({ name, attrs: {} }, columns, start);
    return node.add({ name: 'Where', attrs: {} }, kept, value, node.constant(dtype, 0));
  },
};

function sorted(positions: readonly number[]): readonly number[] {
  return [...new Set(positions)].sort((a, b) => a - b);
}

function slice(node: NodeReader): ValueId {
  let value = node.input(0);
  const isOld = node.hasAttribute('starts');
  const starts: readonly Dim[] = isOld ? node.ints('starts') : node.items(1);
  const ends: readonly Dim[] = isOld ? node.ints('ends') : node.items(2);
  const rank = node.typeOf(value).axes.length;
  const axes = node.listed('axes', 3) ?? starts.map((_, i) => i);
  const steps = node.has(4) ? node.numbers(4) : starts.map(() => 1);
  for (const [i, start] of starts.entries()) {
    const axis = node.axis(axes[i] ?? 0, rank);
    const size = node.typeOf(value).axes[axis]?.size ?? 0;
    value = sliceOne(node, value, { axis, size, start, end: ends[i] ?? size, step: steps[i] ?? 1 });
  }
  return value;
}

type SliceOne = {
  readonly axis: number;
  readonly size: Dim;
  readonly start: Dim;
  readonly end: Dim;
  readonly step: number;
};

function sliceOne(node: NodeReader, value: ValueId, { axis, size, start, end, step }: SliceOne): ValueId {
  if (step === 0) return node.fail('malformed', 'has step 0');
  const isToEnd =
    step > 0
      ? sameDim(end, size) || (typeof end === 'number' && end >= FAR)
      : typeof end === 'number' && end <= -FAR;
  const last = isToEnd ? null : end;
  if (typeof start === 'number' && (last === null || typeof last === 'number')) {
    const from = Math.abs(start) >= FAR ? (start > 0 ? clampStart(size, step) : 0) : start;
    if (from === 0 && last === null && step === 1) return value;
    return node.add({ name: 'Slice', attrs: { axis, start: from, end: last, step } }, value);
  }
  if (step !== 1) return node.fail('operator', 'has symbolic bounds and a step');
  // A bound that is another axis' size: the places are counted at run time.
  const stop = last ?? size;
  const length = subtractDims(stop, start);
  const places = node.add({ name: 'Iota', attrs: { axis: { name: `_${axis}`, size: length } } });
  const from = node.importer.materialize(scalarContent('i64', start), node.where);
  const indices = start === 0 ? places : node.add({ name: 'Add', attrs: {} }, places, from);
  return node.add({ name: 'Gather', attrs: { axis } }, value, indices);
}

// A start beyond the end: everything of a backward slice, nothing of a forward one.
function clampStart(size: Dim, step: number): number {
  if (step < 0) return -1;
  return typeof size === 'number' ? size : 0;
}

function split(node: NodeReader): readonly ValueId[] {
  const value = node.input(0);
  const { axes } = node.typeOf(value);
  const axis = node.axis(node.int('axis', 0), axes.length);
  const size = axes[axis]?.size ?? 0;
  const count = node.wire.outputs.length;
  const parts = node.listed('split', 1) ?? equalParts(node, size, count);
  let start = 0;
  return parts.map((length) => {
    const part = node.add({ name: 'Slice', attrs: { axis, start, end: start + length, step: 1 } }, value);
    start += length;
    return part;
  });
}

function equalParts(node: NodeReader, size: Dim, count: number): readonly number[] {
  if (typeof size !== 'number' || count === 0)
    return node.fail('operator', `splits an axis of size ${size} into equal parts`);
  const length = Math.ceil(size / count);
  return Array.from({ length: count }, (_, i) => Math.max(0, Math.min(length, size - i * length)));
}
