// Which operators treat the rows of axis 0 one by one, so that picking rows before or after gives the same. Inputs are either
// *lifted* (axis 0 are the rows) or the same for every row.
import { symbolsOfDim } from '../ir/dim.js';
import type { Op, OpAttrs, OpName } from '../ir/op.js';
import type { NamesOf } from '../ir/op-kind.js';
import { isElementwise } from '../ir/op-kind.js';
import type { TensorType } from '../ir/tensor-type.js';

export type BatchFacts = {
  readonly inputs: readonly { readonly type: TensorType; readonly lifted: boolean }[];
  readonly result: TensorType;
};
type Elementwise = NamesOf<'unary' | 'binary' | 'compare' | 'logic' | 'where'>;
type Rule<N extends OpName> = (facts: BatchFacts, attrs: OpAttrs[N]) => boolean;

const never = () => false;
const always = () => true;
const onlyFirst = ({ inputs }: BatchFacts) => inputs.every((x, i) => x.lifted === (i === 0));
const allLifted = ({ inputs }: BatchFacts) => inputs.every((x) => x.lifted);
const notOverRows = (_: BatchFacts, { axes }: { readonly axes: readonly number[] }) => !axes.includes(0);
const notAlongRows = (_: BatchFacts, { axis }: { readonly axis: number }) => axis !== 0;

const rules = {
  Input: never,
  Weight: never,
  Constant: never,
  Iota: never,
  MatMul: (facts) => {
    const [left, right] = facts.inputs;
    if (left === undefined || right === undefined) return false;
    // A lifted matrix [row, k] on the left has its rows as rows of the product, if the right side has no batch of its own.
    if (left.type.axes.length === 2 && left.lifted) return !right.lifted && right.type.axes.length <= 2;
    if (facts.inputs.some((x) => x.lifted && x.type.axes.length < 3)) return false;
    return alignedAtZero(facts);
  },
  Gemm: ({ inputs }, { transA }) => {
    const [left, right, bias] = inputs;
    if (left === undefined || right === undefined || !left.lifted || right.lifted || transA) return false;
    if (bias === undefined) return true;
    const perRow = bias.type.axes.length === 2 && bias.type.axes[0]?.size !== 1;
    return perRow ? bias.lifted : !bias.lifted;
  },
  Conv: onlyFirst,
  Transpose: (_, { perm }) => perm[0] === 0,
  Reshape: ({ inputs, result }) => keepsRows(inputs[0]?.type, result),
  Expand: ({ inputs, result }) =>
    inputs[0]?.type.axes.length === result.axes.length && keepsRows(inputs[0]?.type, result),
  Squeeze: notOverRows,
  Unsqueeze: (_, { at }) => at[0] !== 0,
  Rename: always,
  Slice: notAlongRows,
  Concat: (facts, { axis }) => axis !== 0 && allLifted(facts),
  Pad: ({ result }, { pads }) => pads[0] === 0 && pads[result.axes.length] === 0,
  Flatten: (_, { axis }) => axis === 1,
  Gather: ({ inputs }, { axis }) => {
    const [data, indices] = inputs;
    if (data?.lifted === indices?.lifted) return false;
    return data?.lifted === true ? axis !== 0 : axis === 0;
  },
  GatherElements: (facts, { axis }) => axis !== 0 && allLifted(facts),
  GatherND: (facts, { batchDims }) => {
    if (batchDims > 0) return allLifted(facts);
    const [data, indices] = facts.inputs;
    return data?.lifted === false && indices !== undefined && indices.type.axes.length > 1;
  },
  OneHot: always,
  ReduceSum: notOverRows,
  ReduceMean: notOverRows,
  ReduceMax: notOverRows,
  ReduceMin: notOverRows,
  ReduceProd: notOverRows,
  ReduceL2: notOverRows,
  ArgMax: notAlongRows,
  ArgMin: notAlongRows,
  CumSum: notAlongRows,
  Softmax: notAlongRows,
  LogSoftmax: notAlongRows,
  LayerNormalization: (facts, { axis }) => axis !== 0 && onlyFirst(facts),
  BatchNormalization: onlyFirst,
  MaxPool: always,
  AveragePool: always,
  GlobalMaxPool: always,
  GlobalAveragePool: always,
  Opaque: never,
} satisfies { readonly [N in Exclude<OpName, Elementwise>]: Rule<N> };

/** True if the operator applied to rows picked from its lifted inputs equals rows picked from its result (axis 0). */
export function isBatchParallel(op: Op, facts: BatchFacts): boolean {
  if (isElementwise(op.name)) return alignedAtZero(facts);
  // Not elementwise, so the table has it; the rule under a name takes the attributes of that name.
  const rule = rules[op.name as keyof typeof rules] as Rule<OpName>;
  return rule(facts, op.attrs);
}

/** Broadcasting: lifted inputs have full rank, the others have no axis there or a unit one. */
function alignedAtZero({ inputs, result }: BatchFacts): boolean {
  return inputs.every(({ type, lifted }) => {
    const full = type.axes.length === result.axes.length;
    return lifted ? full : !full || type.axes[0]?.size === 1;
  });
}

/** Axis 0 is the same in both, and its symbol occurs nowhere else. */
function keepsRows(from: TensorType | undefined, to: TensorType): boolean {
  const rows = from?.axes[0]?.size;
  if (rows === undefined || to.axes[0]?.size !== rows) return false;
  const symbols = symbolsOfDim(rows);
  return to.axes.slice(1).every((a) => !symbolsOfDim(a.size).some((s) => symbols.includes(s)));
}
