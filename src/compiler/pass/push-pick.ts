// How a pick along one axis of a result becomes picks of the inputs: picking after the operator equals picking before it. One rule
// per operator, total; `null` says that the two do not commute.
import { productOfDims, sameDim } from '../ir/dim.js';
import type { Op, OpAttrs, OpName } from '../ir/op.js';
import { isElementwise, type NamesOf } from '../ir/op-kind.js';
import type { Axis, TensorType } from '../ir/tensor-type.js';

/** For each input the axis to pick along, or 'same' if the pick does not touch it. */
export type Pushed = readonly (number | 'same')[];
export type PushFacts = {
  readonly inputs: readonly TensorType[];
  readonly result: TensorType;
  /** The axis of the result; never axis 0. */
  readonly at: number;
};
type Rule<N extends OpName> = (facts: PushFacts, attrs: OpAttrs[N]) => Pushed | null;
type Elementwise = NamesOf<'unary' | 'binary' | 'compare' | 'logic' | 'where'>;

const no = () => null;
const unlessAlong = ({ inputs, at }: PushFacts, { axis }: { readonly axis: number }) =>
  axis === at ? null : inputs.map(() => at);
const reduced = ({ inputs, at }: PushFacts, axes: readonly number[], keepdims: boolean): Pushed | null => {
  if (keepdims) return axes.includes(at) ? null : [at];
  const kept = (inputs[0]?.axes ?? []).flatMap((_, i) => (axes.includes(i) ? [] : [i]));
  return [kept[at] ?? 'same'];
};
const reduce = (facts: PushFacts, attrs: OpAttrs['ReduceSum']) => reduced(facts, attrs.axes, attrs.keepdims);
const best = (facts: PushFacts, attrs: OpAttrs['ArgMax']) => reduced(facts, [attrs.axis], attrs.keepdims);

const rules = {
  Input: no,
  Weight: no,
  Constant: no,
  Iota: no,
  MatMul: ({ inputs, result, at }) => {
    const [left, right] = inputs;
    if (left === undefined || right === undefined) return null;
    if (left.axes.length < 2 || right.axes.length < 2) return null;
    const rank = result.axes.length;
    if (at === rank - 1) return ['same', right.axes.length - 1];
    if (at === rank - 2) return [left.axes.length - 2, 'same'];
    return [broadcastPosition(left, rank, at), broadcastPosition(right, rank, at)];
  },
  Gemm: no,
  Conv: no,
  Transpose: ({ at }, { perm }) => (perm[0] === 0 ? [perm[at] ?? at] : null),
  Reshape: ({ inputs, result, at }) => {
    const from = inputs[0]?.axes ?? [];
    const before = productOfDims(result.axes.slice(0, at).map((a) => a.size));
    const same = (i: number) =>
      sameDim(from[i]?.size ?? 0, result.axes[at]?.size ?? 0) &&
      sameDim(productOfDims(from.slice(0, i).map((a) => a.size)), before);
    const position = from.findIndex((a, i) => a.size !== 1 && same(i));
    // Axis 0 must stay the rows, which a pick per row relies on.
    return position > 0 && sameDim(from[0]?.size ?? 0, result.axes[0]?.size ?? 0) ? [position] : null;
  },
  Expand: ({ inputs, result, at }) => inputs.map((x) => broadcastPosition(x, result.axes.length, at)),
  Squeeze: ({ inputs, at }, { axes }) => {
    const kept = (inputs[0]?.axes ?? []).flatMap((_, i) => (axes.includes(i) ? [] : [i]));
    return axes.includes(0) ? null : [kept[at] ?? 'same'];
  },
  Unsqueeze: ({ at: position }, { at }) => {
    if (at.includes(position) || at[0] === 0) return null;
    return [position - at.filter((a) => a < position).length];
  },
  Rename: ({ at }) => [at],
  Slice: unlessAlong,
  Concat: unlessAlong,
  Pad: ({ at, result }, { pads }) => (pads[at] === 0 && pads[at + result.axes.length] === 0 ? [at] : null),
  Flatten: no,
  Gather: ({ inputs, at }, { axis }) => {
    const indexRank = inputs[1]?.axes.length ?? 0;
    if (at < axis) return [at, 'same'];
    if (at >= axis + indexRank) return [at - indexRank + 1, 'same'];
    return ['same', at - axis];
  },
  GatherElements: no,
  GatherND: no,
  OneHot: ({ at, result }) => (at === result.axes.length - 1 ? null : [at]),
  ReduceSum: reduce,
  ReduceMean: reduce,
  ReduceMax: reduce,
  ReduceMin: reduce,
  ReduceProd: reduce,
  ReduceL2: reduce,
  ArgMax: best,
  ArgMin: best,
  CumSum: unlessAlong,
  Softmax: unlessAlong,
  LogSoftmax: unlessAlong,
  LayerNormalization: ({ inputs, at }, { axis }) =>
    at >= axis ? null : inputs.map((_, i) => (i === 0 ? at : 'same')),
  BatchNormalization: no,
  MaxPool: no,
  AveragePool: no,
  GlobalMaxPool: no,
  GlobalAveragePool: no,
  Opaque: no,
} satisfies { readonly [N in Exclude<OpName, Elementwise>]: Rule<N> };

/** The picks of the inputs that equal a pick along axis `at` of the result, or null. */
export function pushPick(op: Op, facts: PushFacts): Pushed | null {
  if (isElementwise(op.name))
    return facts.inputs.map((x) => broadcastPosition(x, facts.result.axes.length, facts.at));
  // Not elementwise, so the table has it; the rule under a name takes the attributes of that name.
  const rule = rules[op.name as keyof typeof rules] as Rule<OpName>;
  return rule(facts, op.attrs);
}

/** Where axis `at` of a broadcast result lies in an input; 'same' if the input is broadcast along it. */
function broadcastPosition(input: TensorType, rank: number, at: number): number | 'same' {
  const position = at - (rank - input.axes.length);
  return position < 0 || input.axes[position]?.size === 1 ? 'same' : position;
}

/** An operator whose attributes spell out the result's axes, with those of a picked result. */
export function withResultAxes(op: Op, axes: readonly Axis[]): Op {
  return op.name === 'Reshape' || op.name === 'Expand' ? { name: op.name, attrs: { axes } } : op;
}
