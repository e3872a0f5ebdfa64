// Selecting by axis names: one index, many, a slice, a shift, an index per row, and lifting examples to rows.
import { bug } from '../base/bug.js';
import type { GraphBuilder, ValueId } from './graph.js';
import {
  axisNamed,
  EXAMPLE,
  elementwise,
  hasAxis,
  logSoftmaxNamed,
  positionOf,
  transposeNamed,
  unary,
} from './named.js';
import type { Axis } from './tensor-type.js';

/** x at one index, known now, of an axis, which is dropped. Negative counts from the end. */
export function selectStatic(builder: GraphBuilder, x: ValueId, axis: string, index: number): ValueId {
  const at = builder.constant({ dtype: 'i64', axes: [] }, [index]);
  return builder.add({ name: 'Gather', attrs: { axis: positionOf(builder, x, axis) } }, x, at);
}

/**
 * x at an index that varies: `index` is int64 [example], [example, pos], … Axes that x and the index share are walked together
 * (each row its own index); the indexed axis is replaced by the axes that only the index has.
 * Result axes: `example` first if present, then x's order. One Gather or GatherND; never a one-hot product.
 */
export function selectByValue(builder: GraphBuilder, x: ValueId, axis: string, index: ValueId): ValueId {
  const position = positionOf(builder, x, axis);
  const own = builder.axesOf(x).map((a) => a.name);
  const indexed = builder.axesOf(index).map((a) => a.name);
  const shared = indexed.filter((n) => n !== axis && own.includes(n));
  const extra = indexed.filter((n) => !shared.includes(n));
  const natural = [...own.slice(0, position), ...extra, ...own.slice(position + 1)];
  const order = [...natural.filter((n) => n === EXAMPLE), ...natural.filter((n) => n !== EXAMPLE)];
  if (shared.length === 0) {
    const taken = builder.add({ name: 'Gather', attrs: { axis: position } }, x, index);
    return transposeNamed(builder, taken, order);
  }
  const rest = own.filter((n) => n !== axis && !shared.includes(n));
  const data = transposeNamed(builder, x, [...shared, axis, ...rest]);
  const laidOut = transposeNamed(builder, index, [...shared, ...extra]);
  const places = builder.add(
    { name: 'Unsqueeze', attrs: { at: [indexed.length], names: ['_unit'] } },
    laidOut,
  );
  const taken = builder.add({ name: 'GatherND', attrs: { batchDims: shared.length } }, data, places);
  return transposeNamed(builder, taken, order);
}

/** x at a list of indices, known now, of an axis, which keeps its name. */
export function gatherAxis(
  builder: GraphBuilder,
  x: ValueId,
  axis: string,
  indices: readonly number[],
): ValueId {
  const list = builder.constant({ dtype: 'i64', axes: [{ name: axis, size: indices.length }] }, indices);
  return builder.add({ name: 'Gather', attrs: { axis: positionOf(builder, x, axis) } }, x, list);
}

/** x[start:end:step] along an axis, with numpy's meaning of negative bounds; `end: null` is the end. */
export function sliceAxis(
  builder: GraphBuilder,
  x: ValueId,
  axis: string,
  bounds: { readonly start: number; readonly end: number | null; readonly step: number },
): ValueId {
  if (bounds.start === 0 && bounds.end === null && bounds.step === 1) return x;
  return builder.add({ name: 'Slice', attrs: { axis: positionOf(builder, x, axis), ...bounds } }, x);
}

/**
 * Examples to rows: Gather along axis 0 by `rows`, int64 [example] whose size is the row symbol (`row:k`).
 * A value without the axis `example` is the same for every row and is returned as it is.
 */
export function lift(builder: GraphBuilder, x: ValueId, rows: ValueId): ValueId {
  if (!hasAxis(builder, x, EXAMPLE)) return x;
  if (positionOf(builder, x, EXAMPLE) !== 0) return bug('the axis `example` is not axis 0');
  return builder.add({ name: 'Gather', attrs: { axis: 0 } }, x, rows);
}

/** True where the position along `axis` equals `index`: bool with the index's axes and `axis`, in `jointAxes` order. */
export function maskFromIndex(builder: GraphBuilder, axis: Axis, index: ValueId): ValueId {
  return elementwise(builder, 'Equal', builder.add({ name: 'Iota', attrs: { axis } }), index);
}

/**
 * x moved along an axis: at p the value of p + by (`by` -1: the previous position). `valid` is bool [axis], false where there
 * is no such position; the value there is one from the other end and must not be used.
 */
export function shiftAxis(
  builder: GraphBuilder,
  x: ValueId,
  axis: string,
  by: number,
): { readonly value: ValueId; readonly valid: ValueId } {
  const along = axisNamed(builder, x, axis);
  const places = builder.add({ name: 'Iota', attrs: { axis: along } });
  const moved = roll(builder, places, axis, by);
  const valid = builder.add(
    { name: by < 0 ? 'Less' : by > 0 ? 'Greater' : 'Equal', attrs: {} },
    moved,
    places,
  );
  return { value: roll(builder, x, axis, by), valid };
}

/** numpy.roll by -`by`. */
function roll(builder: GraphBuilder, x: ValueId, axis: string, by: number): ValueId {
  if (by === 0) return x;
  const { size } = axisNamed(builder, x, axis);
  const head = sliceAxis(builder, x, axis, { start: by, end: null, step: 1 });
  const tail = sliceAxis(builder, x, axis, { start: 0, end: by, step: 1 });
  const attrs = { axis: positionOf(builder, x, axis), name: axis, size };
  return builder.add({ name: 'Concat', attrs }, head, tail);
}

/** The logit (or log-probability) of each id: logits [example, pos, vocab] and ids [example, pos] give [example, pos]. */
export function gatherVocab(builder: GraphBuilder, logits: ValueId, ids: ValueId): ValueId {
  return selectByValue(builder, logits, 'vocab', ids);
}

/** Cross-entropy in nats of each position: logits [example, pos, vocab] and target ids [example, pos] give [example, pos]. */
export function crossEntropy(builder: GraphBuilder, logits: ValueId, targets: ValueId): ValueId {
  return unary(builder, 'Neg', gatherVocab(builder, logSoftmaxNamed(builder, logits, 'vocab'), targets));
}
