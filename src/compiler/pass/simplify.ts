// Local identities that hold bit for bit. Each shrinks the number of nodes that are run: a no-op goes, two layout steps become one.
import type { GraphBuilder, Node, ValueId } from '../ir/graph.js';
import { inferType } from '../ir/infer.js';
import { isElementwise } from '../ir/op-kind.js';
import { numbersOf } from '../ir/tensor.js';
import type { Axis } from '../ir/tensor-type.js';
import type { Pass } from './pass.js';
import { rewriteGraph } from './rewrite.js';

export const simplify: Pass = {
  name: 'simplify',
  about: 'removes no-ops and joins consecutive layout steps',
  run: (graph) =>
    rewriteGraph(graph, (builder, node, inputs) => {
      const [x] = inputs;
      if (x === undefined) return builder.add(node.op);
      return (
        simplified(builder, node, x, inputs[1]) ?? builder.add(node.op, ...unexpanded(builder, node, inputs))
      );
    }),
};

/** The simpler value that equals `node` applied to x (and y), if there is one. Inner nodes are simple already. */
function simplified(
  builder: GraphBuilder,
  { op, type }: Node,
  x: ValueId,
  y: ValueId | undefined,
): ValueId | undefined {
  const inner = builder.nodeOf(x);
  const [deeper] = inner.inputs;
  switch (op.name) {
    case 'Identity':
      return x;
    case 'Cast':
      return inner.type.dtype === op.attrs.to ? x : undefined;
    case 'Neg':
    case 'Not':
      return inner.op.name === op.name ? deeper : undefined;
    case 'Transpose': {
      if (op.attrs.perm.every((p, i) => p === i)) return x;
      if (inner.op.name !== 'Transpose' || deeper === undefined) return undefined;
      const before = inner.op.attrs.perm;
      const perm = op.attrs.perm.map((p) => before[p] ?? p);
      if (perm.every((p, i) => p === i)) return deeper;
      return builder.add({ name: 'Transpose', attrs: { perm } }, deeper);
    }
    case 'Rename': {
      if (sameAxes(type.axes, inner.type.axes)) return x;
      if (inner.op.name !== 'Rename' || deeper === undefined) return undefined;
      if (sameAxes(type.axes, builder.axesOf(deeper))) return deeper;
      return builder.add(op, deeper);
    }
    case 'Reshape':
      if (sameAxes(type.axes, inner.type.axes)) return x;
      if (inner.op.name !== 'Reshape' || deeper === undefined) return undefined;
      if (sameAxes(type.axes, builder.axesOf(deeper))) return deeper;
      return builder.add(op, deeper);
    case 'Expand':
      return sameAxes(type.axes, inner.type.axes) ? x : undefined;
    case 'Slice':
      return op.attrs.start === 0 && op.attrs.end === null && op.attrs.step === 1 ? x : undefined;
    case 'Concat':
      return y === undefined && sameAxes(type.axes, inner.type.axes) ? x : undefined;
    case 'Mul':
      if (isOne(builder, y, type.axes, inner.type.axes)) return x;
      return isOne(builder, x, type.axes, y === undefined ? [] : builder.axesOf(y)) ? y : undefined;
    case 'Div':
      return isOne(builder, y, type.axes, inner.type.axes) ? x : undefined;
    case 'Gather':
      return joinedGather(builder, op.attrs.axis, x, y);
    default:
      // Every other operator has no identity here: this is a list of rewrites, not a family that must be complete.
      return undefined;
  }
}

/** The inputs of an elementwise operator without an Expand that its broadcasting does anyway. */
function unexpanded(builder: GraphBuilder, node: Node, inputs: readonly ValueId[]): readonly ValueId[] {
  if (!isElementwise(node.op.name) || inputs.length < 2) return inputs;
  let current = inputs;
  for (const [i, input] of inputs.entries()) {
    const { op, inputs: sources } = builder.nodeOf(input);
    const [source] = sources;
    if (op.name !== 'Expand' || source === undefined) continue;
    const trial = current.map((v, j) => (j === i ? source : v));
    const { axes } = inferType(
      node.op,
      trial.map((v) => builder.typeOf(v)),
    );
    if (sameAxes(axes, node.type.axes)) current = trial;
  }
  return current;
}

/** Gather(Gather(x, first), second) along one axis with constant lists: one Gather by first[second]. */
function joinedGather(
  builder: GraphBuilder,
  axis: number,
  x: ValueId,
  y: ValueId | undefined,
): ValueId | undefined {
  const inner = builder.nodeOf(x);
  const [data, list] = inner.inputs;
  if (inner.op.name !== 'Gather' || inner.op.attrs.axis !== axis) return undefined;
  if (data === undefined || list === undefined || y === undefined) return undefined;
  const first = builder.nodeOf(list);
  const second = builder.nodeOf(y);
  if (first.op.name !== 'Constant' || second.op.name !== 'Constant' || first.type.axes.length !== 1)
    return undefined;
  const from = numbersOf(first.op.attrs.data);
  const picked = Array.from(numbersOf(second.op.attrs.data), (i) => from[i < 0 ? i + from.length : i]);
  if (picked.some((i) => i === undefined)) return undefined;
  const indices = builder.constant(second.type, picked.map(Number));
  return builder.add({ name: 'Gather', attrs: { axis } }, data, indices);
}

/** True if `value` is a constant of ones that widens nothing, so that multiplying by it changes no bit. */
function isOne(
  builder: GraphBuilder,
  value: ValueId | undefined,
  result: readonly Axis[],
  other: readonly Axis[],
): boolean {
  if (value === undefined) return false;
  const { op } = builder.nodeOf(value);
  return op.name === 'Constant' && op.attrs.data.every((v) => v === 1) && sameAxes(result, other);
}

function sameAxes(left: readonly Axis[], right: readonly Axis[]): boolean {
  return (
    left.length === right.length &&
    left.every((a, i) => a.name === right[i]?.name && a.size === right[i]?.size)
  );
}
