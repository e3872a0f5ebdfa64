// Building by axis *names* over positional operators: alignment, elementwise operators, reductions, renaming. Every function takes
// a builder and returns a value; nothing is added when nothing has to change.
import { bug } from '../base/bug.js';
import { sameDim } from './dim.js';
import type { GraphBuilder, ValueId } from './graph.js';
import { axisText } from './infer-rule.js';
import type { Op, OpAttrs, OpOf } from './op.js';
import type { NamesOf } from './op-kind.js';
import type { Axis, DType, TensorType } from './tensor-type.js';
import { typeText } from './tensor-type.js';

/** The axis along which examples (or rows of a family) are stacked: always axis 0 where a value has it. */
export const EXAMPLE = 'example';

/** Two operands share an axis name (`name`) but not its size. The checker turns it into a diagnostic. */
export class AxisClash extends Error {
  readonly left: Axis;
  readonly right: Axis;
  override readonly name: string;
  constructor(left: Axis, right: Axis) {
    super(`the axes ${axisText(left)} and ${axisText(right)} have one name and two sizes`);
    this.left = left;
    this.right = right;
    this.name = left.name;
  }
}

/** A value lacks an axis that an operation names. The checker turns it into a diagnostic. */
export class AxisMissing extends Error {
  readonly axis: string;
  readonly type: TensorType;
  constructor(axis: string, type: TensorType) {
    super(`${typeText(type)} has no axis \`${axis}\``);
    this.axis = axis;
    this.type = type;
  }
}

export type BinaryName = NamesOf<'binary' | 'compare' | 'logic'>;
type Reduction = Exclude<NamesOf<'reduce'>, 'ArgMax' | 'ArgMin'>;
export type UnaryName = {
  [N in NamesOf<'unary'>]: OpAttrs[N] extends Record<never, never> ? N : never;
}[NamesOf<'unary'>];

export function hasAxis(builder: GraphBuilder, x: ValueId, name: string): boolean {
  return builder.axesOf(x).some((a) => a.name === name);
}

/** The position of a named axis. Throws AxisMissing; two axes of one name are a bug. */
export function positionOf(builder: GraphBuilder, x: ValueId, name: string): number {
  const axes = builder.axesOf(x);
  const position = axes.findIndex((a) => a.name === name);
  if (position < 0) throw new AxisMissing(name, builder.typeOf(x));
  if (axes.findLastIndex((a) => a.name === name) !== position)
    return bug(`two axes of ${typeText(builder.typeOf(x))} are named ${name}`);
  return position;
}

export function axisNamed(builder: GraphBuilder, x: ValueId, name: string): Axis {
  return builder.axesOf(x)[positionOf(builder, x, name)] ?? bug(`no axis ${name}`);
}

/** x with its axes in the order of `names`, which must be exactly its axes. */
export function transposeNamed(builder: GraphBuilder, x: ValueId, names: readonly string[]): ValueId {
  const perm = names.map((n) => positionOf(builder, x, n));
  if (perm.length !== builder.axesOf(x).length)
    return bug(`${typeText(builder.typeOf(x))} has other axes than ${names}`);
  if (perm.every((p, i) => p === i)) return x;
  return builder.add({ name: 'Transpose', attrs: { perm } }, x);
}

/** The axes that values have together. First `example`, then those of the value with most axes in its order, then the rest.
 * Throws AxisClash where a name has two sizes. */
export function jointAxes(types: readonly TensorType[]): readonly Axis[] {
  const found = new Map<string, Axis>();
  const byRank = types.toSorted((a, b) => b.axes.length - a.axes.length); // stable: the first of equals leads
  for (const { axes } of byRank) {
    for (const axis of axes) {
      const known = found.get(axis.name);
      if (known === undefined) found.set(axis.name, axis);
      else if (!sameDim(known.size, axis.size)) throw clash(types, axis.name);
    }
  }
  const joint = [...found.values()];
  const batch = joint.filter((a) => a.name === EXAMPLE);
  return [...batch, ...joint.filter((a) => a.name !== EXAMPLE)];
}

/** Left and right in the order of the operands, as the user wrote them. */
function clash(types: readonly TensorType[], name: string): AxisClash {
  const all = types.flatMap((t) => t.axes.filter((a) => a.name === name));
  const left = all[0] ?? bug(`no axis ${name}`);
  return new AxisClash(left, all.find((a) => !sameDim(a.size, left.size)) ?? left);
}

/** Values laid out so that positional broadcasting is broadcasting by name (`jointAxes` gives the order of the result). */
export function alignNamed(builder: GraphBuilder, values: readonly ValueId[]): readonly ValueId[] {
  const order = jointAxes(values.map((v) => builder.typeOf(v))).map((a) => a.name);
  return values.map((v) => spreadTo(builder, v, order));
}

/** As alignNamed, for two operands. */
export function alignPair(builder: GraphBuilder, a: ValueId, b: ValueId): readonly [ValueId, ValueId] {
  const [left, right] = alignNamed(builder, [a, b]);
  return [left ?? a, right ?? b];
}

/** x with unit axes where `order` names an axis that x lacks. Leading unit axes are left out: broadcasting adds them. */
export function spreadTo(builder: GraphBuilder, x: ValueId, order: readonly string[]): ValueId {
  const own = order.filter((n) => hasAxis(builder, x, n));
  const laidOut = transposeNamed(builder, x, own);
  const first = order.findIndex((n) => own.includes(n));
  if (first < 0) return laidOut;
  const spread = order.slice(first);
  const at = spread.flatMap((n, i) => (own.includes(n) ? [] : [i]));
  if (at.length === 0) return laidOut;
  const names = at.map((i) => spread[i] ?? bug('no name'));
  return builder.add({ name: 'Unsqueeze', attrs: { at, names } }, laidOut);
}

/** An elementwise operator of two values, broadcast by name. Result axes: `jointAxes`. Throws AxisClash. */
export function elementwise(builder: GraphBuilder, name: BinaryName, a: ValueId, b: ValueId): ValueId {
  return builder.add({ name, attrs: {} }, ...alignPair(builder, a, b));
}

/** An elementwise operator of one value; the axes stay. Operators with attributes are given whole. */
export function unary(builder: GraphBuilder, op: UnaryName | OpOf<NamesOf<'unary'>>, x: ValueId): ValueId {
  return builder.add(typeof op === 'string' ? ({ name: op, attrs: {} } as Op) : op, x); // a name alone: no attributes
}

/** condition ? a : b, broadcast by name. Result axes: `jointAxes`. */
export function whereNamed(builder: GraphBuilder, condition: ValueId, a: ValueId, b: ValueId): ValueId {
  return builder.add({ name: 'Where', attrs: {} }, ...alignNamed(builder, [condition, a, b]));
}

/** Reduces the named axes away; the others keep their order. No axes: x itself. */
export function reduceNamed(
  builder: GraphBuilder,
  name: Reduction,
  x: ValueId,
  axes: readonly string[],
): ValueId {
  if (axes.length === 0) return x;
  const positions = axes.map((n) => positionOf(builder, x, n)).sort((a, b) => a - b);
  return builder.add({ name, attrs: { axes: positions, keepdims: false } }, x);
}

/** The index of the greatest (least) element along an axis, first of equals: int64 without that axis. */
export function argNamed(
  builder: GraphBuilder,
  name: 'ArgMax' | 'ArgMin',
  x: ValueId,
  axis: string,
): ValueId {
  return builder.add({ name, attrs: { axis: positionOf(builder, x, axis), keepdims: false } }, x);
}

/** Softmax along a named axis; the axes stay. */
export function softmaxNamed(builder: GraphBuilder, x: ValueId, axis: string): ValueId {
  return builder.add({ name: 'Softmax', attrs: { axis: positionOf(builder, x, axis) } }, x);
}

/** Log-softmax along a named axis; the axes stay. */
export function logSoftmaxNamed(builder: GraphBuilder, x: ValueId, axis: string): ValueId {
  return builder.add({ name: 'LogSoftmax', attrs: { axis: positionOf(builder, x, axis) } }, x);
}

/** x with one axis renamed. Costs nothing when run. */
export function renameAxis(builder: GraphBuilder, x: ValueId, from: string, to: string): ValueId {
  if (from === to) return x;
  const position = positionOf(builder, x, from);
  if (hasAxis(builder, x, to)) return bug(`${typeText(builder.typeOf(x))} already has an axis ${to}`);
  const names = builder.axesOf(x).map((a, i) => (i === position ? to : a.name));
  return builder.add({ name: 'Rename', attrs: { names } }, x);
}

/** x repeated along a new axis: last, or first if it is `example`. */
export function expandNamed(builder: GraphBuilder, x: ValueId, axis: Axis): ValueId {
  const own = builder.axesOf(x);
  const first = axis.name === EXAMPLE;
  const at = first ? 0 : own.length;
  const spread = builder.add({ name: 'Unsqueeze', attrs: { at: [at], names: [axis.name] } }, x);
  return builder.add({ name: 'Expand', attrs: { axes: first ? [axis, ...own] : [...own, axis] } }, spread);
}

/** A constant without axes. */
export function scalar(builder: GraphBuilder, dtype: DType, value: number): ValueId {
  const text = String(value);
  const data = text === 'Infinity' || text === '-Infinity' || text === 'NaN' ? text : value;
  return builder.constant({ dtype, axes: [] }, [data]);
}
