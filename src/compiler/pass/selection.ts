// A selection: which indices of which axes of a value are read. Selections keep the rank (one index leaves a unit axis), so that
// positions of axes stay the same while they are pushed towards the inputs.
import { bug } from '../base/bug.js';
import type { Graph, GraphBuilder, Node, ValueId } from '../ir/graph.js';
import { sliceSize } from '../ir/infer-layout.js';
import { numbersOf } from '../ir/tensor.js';
import type { Axis, Dim } from '../ir/tensor-type.js';

/** `list`: the same indices for all (int64 [] or [n]). `rows`: one index per row of axis 0 (int64 [rows, 1]). Indices are values of the original graph. */
export type Pick =
  | { readonly kind: 'list'; readonly index: ValueId; readonly size: Dim }
  | { readonly kind: 'rows'; readonly index: ValueId; readonly rows: Dim }
  | { readonly kind: 'slice'; readonly start: number; readonly end: number | null; readonly step: number };
export type Selection = ReadonlyMap<number, Pick>;
export const ALL: Selection = new Map();

/** What a node that only selects reads of its first input. */
export type Reading = { readonly axis: number; readonly pick: Pick; readonly dropped: boolean };

/** The reading of a Gather, GatherND or Slice node that picks along one axis other than axis 0; undefined for all others. */
export function readingOf(graph: Graph, { op, inputs }: Node): Reading | undefined {
  const [data, index] = inputs;
  const type = data === undefined ? undefined : graph.nodes[data]?.type;
  if (type === undefined) return undefined;
  if (op.name === 'Slice') {
    const { axis, start, end, step } = op.attrs;
    return axis === 0 ? undefined : { axis, pick: { kind: 'slice', start, end, step }, dropped: false };
  }
  const source = index === undefined ? undefined : graph.nodes[index];
  if (index === undefined || source === undefined) return undefined;
  if (op.name === 'Gather') {
    const { axis } = op.attrs;
    const rank = source.type.axes.length;
    if (axis === 0 || rank > 1) return undefined;
    const size = source.type.axes[0]?.size ?? 1;
    return { axis, pick: { kind: 'list', index, size }, dropped: rank === 0 };
  }
  if (op.name === 'GatherND' && op.attrs.batchDims === 1) {
    const [rows, column] = source.type.axes;
    if (rows === undefined || column?.size !== 1 || source.type.axes.length !== 2) return undefined;
    return { axis: 1, pick: { kind: 'rows', index, rows: rows.size }, dropped: true };
  }
  return undefined;
}

/** A pick of rows lifted by `rows` as a pick of the examples below: Gather(x, rows) read at Gather(i, rows) is Gather(x read at i, rows). */
export function unliftedPick(graph: Graph, pick: Pick, lift: Node): Pick | null {
  if (pick.kind !== 'rows') return pick;
  const index = graph.nodes[pick.index];
  if (index?.op.name !== 'Gather' || index.op.attrs.axis !== 0 || index.inputs[1] !== lift.inputs[1])
    return null;
  const [base] = index.inputs;
  const rows = base === undefined ? undefined : graph.nodes[base]?.type.axes[0]?.size;
  return base === undefined || rows === undefined ? null : { kind: 'rows', index: base, rows };
}

/** One text per selection: two readers with equal keys read the same. */
export function selectionKey(selection: Selection): string {
  const entries = [...selection].sort(([a], [b]) => a - b);
  return entries.map(([axis, pick]) => `${axis}:${pickKey(pick)}`).join(';');
}

function pickKey(pick: Pick): string {
  if (pick.kind === 'slice') return `slice ${pick.start} ${pick.end} ${pick.step}`;
  return `${pick.kind} ${pick.index}`;
}

/** The axes that are left: names stay, sizes shrink. */
export function pickedAxes(axes: readonly Axis[], selection: Selection): readonly Axis[] {
  return axes.map((axis, i) => {
    const pick = selection.get(i);
    return pick === undefined ? axis : { name: axis.name, size: pickedSize(axis.size, pick) };
  });
}

export function pickedSize(size: Dim, pick: Pick): Dim {
  if (pick.kind === 'slice') return sliceSize(size, { axis: 0, ...pick });
  return pick.kind === 'rows' ? 1 : pick.size;
}

/** Takes one pick of a built value. `rebuilt` gives the new id of an index. Rank stays. */
export function applyPick(
  builder: GraphBuilder,
  x: ValueId,
  at: number,
  pick: Pick,
  rebuilt: (index: ValueId) => ValueId,
): ValueId {
  if (pick.kind === 'slice') {
    const { start, end, step } = pick;
    return builder.add({ name: 'Slice', attrs: { axis: at, start, end, step } }, x);
  }
  const index = rebuilt(pick.index);
  const rank = builder.axesOf(x).length;
  const name = builder.axesOf(x)[at]?.name ?? bug(`no axis ${at}`);
  if (pick.kind === 'list')
    return builder.add({ name: 'Gather', attrs: { axis: at } }, x, asList(builder, index, name));
  if (builder.axesOf(x)[0]?.size === 1) {
    const lift = builder.nodeOf(index);
    const [examples, rows] = lift.inputs;
    const isLifted = lift.op.name === 'Gather' && lift.op.attrs.axis === 0;
    if (!isLifted || examples === undefined || rows === undefined || builder.axesOf(rows).length !== 1)
      return pickPerRow(builder, x, at, index);
    // Picked once per example, however many members read it.
    const picked = pickPerRow(builder, x, at, examples);
    return builder.add({ name: 'Gather', attrs: { axis: 0 } }, picked, rows);
  }
  const order = Array.from({ length: rank }, (_, i) => i).filter((i) => i !== 0 && i !== at);
  const data = at === 1 ? x : builder.add({ name: 'Transpose', attrs: { perm: [0, at, ...order] } }, x);
  const taken = builder.add({ name: 'GatherND', attrs: { batchDims: 1 } }, data, index);
  return builder.add({ name: 'Unsqueeze', attrs: { at: [at], names: [name] } }, taken);
}

/** What is the same for all rows, read by each at its own index: gathered along `at`, whose new axis then takes the place of axis 0. */
function pickPerRow(builder: GraphBuilder, x: ValueId, at: number, index: ValueId): ValueId {
  const axes = builder.axesOf(x);
  const flat = builder.add({ name: 'Squeeze', attrs: { axes: [1] } }, index);
  const taken = builder.add({ name: 'Gather', attrs: { axis: at } }, x, flat);
  const perm = axes.map((_, i) => (i === 0 ? at : i === at ? 0 : i));
  const swapped = builder.add({ name: 'Transpose', attrs: { perm } }, taken);
  const names = builder.axesOf(swapped).map((own, i) => (i === at ? (axes[at]?.name ?? own.name) : own.name));
  return builder.add({ name: 'Rename', attrs: { names } }, swapped);
}

/** An index as a list whose axis has the name of the axis it is to replace. */
function asList(builder: GraphBuilder, index: ValueId, name: string): ValueId {
  const { op, type } = builder.nodeOf(index);
  const [own] = type.axes;
  if (own?.name === name) return index;
  if (op.name === 'Constant') {
    const data = Array.from(numbersOf(op.attrs.data));
    return builder.constant({ dtype: type.dtype, axes: [{ name, size: data.length }] }, data);
  }
  if (own === undefined) return builder.add({ name: 'Unsqueeze', attrs: { at: [0], names: [name] } }, index);
  return builder.add({ name: 'Rename', attrs: { names: [name] } }, index);
}
