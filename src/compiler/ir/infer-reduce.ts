// Types of reductions, normalisations and opaque operators.
import { bug } from '../base/bug.js';
import {
  axisAt,
  broadcastAxes,
  FLOATS,
  type InferGroup,
  needDType,
  oneInput,
  twoOrThreeInputs,
} from './infer-rule.js';
import type { OpName, ReduceAttrs } from './op.js';
import { type DType, type TensorType, typeText } from './tensor-type.js';

export const inferReduce = {
  ReduceSum: (inputs, attrs, name) => reduce(inputs, attrs, name),
  ReduceMean: (inputs, attrs, name) => reduce(inputs, attrs, name),
  ReduceMax: (inputs, attrs, name) => reduce(inputs, attrs, name),
  ReduceMin: (inputs, attrs, name) => reduce(inputs, attrs, name),
  ReduceProd: (inputs, attrs, name) => reduce(inputs, attrs, name),
  ReduceL2: (inputs, attrs, name) => reduce(inputs, attrs, name),
  ArgMax: (inputs, attrs, name) => index(inputs, attrs, name),
  ArgMin: (inputs, attrs, name) => index(inputs, attrs, name),
  CumSum: (inputs, attrs, name) => along(inputs, attrs.axis, name, [...FLOATS, 'i64', 'i32']),
  Softmax: (inputs, attrs, name) => along(inputs, attrs.axis, name, FLOATS),
  LogSoftmax: (inputs, attrs, name) => along(inputs, attrs.axis, name, FLOATS),
  LayerNormalization: (inputs, attrs, name) => {
    const [input, scale, bias] = twoOrThreeInputs(name, inputs);
    along([input], attrs.axis, name, FLOATS);
    const normed = input.axes.slice(attrs.axis);
    for (const part of bias === undefined ? [scale] : [scale, bias]) {
      if (broadcastAxes(normed, part.axes, name).length !== normed.length)
        return bug(`${name}: ${typeText(part)} does not fit the normalised axes of ${typeText(input)}`);
    }
    return input;
  },
  BatchNormalization: (inputs, _, name) => {
    const [input, ...channels] = inputs;
    if (input === undefined || channels.length !== 4)
      return bug(`${name} takes 5 inputs, not ${inputs.length}`);
    const { size } = axisAt(input, 1, name);
    for (const part of channels) {
      if (part.axes.length !== 1 || part.axes[0]?.size !== size)
        return bug(`${name}: ${typeText(part)} does not fit the channels of ${typeText(input)}`);
    }
    return input;
  },
  Opaque: (_, attrs) => attrs.type,
} satisfies InferGroup<'reduce' | 'normalise' | 'opaque'>;

function reduce(inputs: readonly TensorType[], { axes, keepdims }: ReduceAttrs, name: OpName): TensorType {
  const type = oneInput(name, inputs);
  for (const [i, position] of axes.entries()) {
    axisAt(type, position, name);
    if (position <= (axes[i - 1] ?? -1))
      return bug(`${name} over [${axes.join(',')}], which is not increasing`);
  }
  return { dtype: type.dtype, axes: without(type, axes, keepdims) };
}

function index(
  inputs: readonly TensorType[],
  { axis, keepdims }: { readonly axis: number; readonly keepdims: boolean },
  name: OpName,
): TensorType {
  const type = oneInput(name, inputs);
  axisAt(type, axis, name);
  return { dtype: 'i64', axes: without(type, [axis], keepdims) };
}

function along(
  inputs: readonly TensorType[],
  axis: number,
  name: OpName,
  allowed: readonly DType[],
): TensorType {
  const type = oneInput(name, inputs);
  needDType(name, type, allowed);
  axisAt(type, axis, name);
  return type;
}

function without(type: TensorType, axes: readonly number[], keepdims: boolean): TensorType['axes'] {
  if (keepdims) return type.axes.map((a, i) => (axes.includes(i) ? { name: a.name, size: 1 } : a));
  return type.axes.filter((_, i) => !axes.includes(i));
}
