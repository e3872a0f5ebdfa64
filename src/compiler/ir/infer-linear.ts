// Types of matrix products, convolutions and pools. A contracted pair of axes must agree by name and size.
import { bug } from '../base/bug.js';
import { addDims, ceilDivideDim, sameDim } from './dim.js';
import {
  agreeAxis,
  axisAt,
  broadcastAxes,
  type InferGroup,
  needDType,
  oneInput,
  sameDType,
  twoInputs,
  twoOrThreeInputs,
} from './infer-rule.js';
import type { OpName, PoolAttrs } from './op.js';
import { type Axis, type Dim, type DType, type TensorType, typeText } from './tensor-type.js';

const MATRIX: readonly DType[] = ['f32', 'f64', 'f16', 'i32', 'i64'];

export const inferLinear = {
  MatMul: (inputs, _, name) => {
    const [left, right] = twoInputs(name, inputs);
    const dtype = sameDType(name, left, right);
    needDType(name, left, MATRIX);
    const a = left.axes;
    const b = right.axes;
    const inner = a.at(-1);
    const other = b.length === 1 ? b[0] : b.at(-2);
    if (inner === undefined || other === undefined)
      return bug(`${name} of ${typeText(left)} and ${typeText(right)}: a scalar has no axis to contract`);
    agreeAxis(inner, other, name);
    const batch = broadcastAxes(a.slice(0, -2), b.slice(0, -2), name);
    const rows = a.slice(-2, -1);
    const columns = b.length === 1 ? [] : b.slice(-1);
    return { dtype, axes: [...batch, ...rows, ...columns] };
  },
  Gemm: (inputs, { transA, transB }, name) => {
    const [left, right, bias] = twoOrThreeInputs(name, inputs);
    if (left.axes.length !== 2 || right.axes.length !== 2)
      return bug(`${name} takes matrices, not ${typeText(left)} and ${typeText(right)}`);
    const dtype = sameDType(name, left, right);
    needDType(name, left, MATRIX);
    agreeAxis(axisAt(left, transA ? 0 : 1, name), axisAt(right, transB ? 1 : 0, name), name);
    const axes = [axisAt(left, transA ? 1 : 0, name), axisAt(right, transB ? 0 : 1, name)];
    return { dtype, axes: bias === undefined ? axes : widenTo(axes, bias, name) };
  },
  Conv: (inputs, { strides, pads, dilations, group }, name) => {
    const [input, kernel, bias] = twoOrThreeInputs(name, inputs);
    const spatial = input.axes.length - 2;
    if (spatial < 1 || kernel.axes.length !== input.axes.length)
      return bug(`${name} of ${typeText(input)} with the kernel ${typeText(kernel)}`);
    const dtype = sameDType(name, input, kernel);
    const outputs = axisAt(kernel, 0, name);
    const perGroup = axisAt(kernel, 1, name).size;
    const channels = axisAt(input, 1, name);
    if (typeof perGroup !== 'number' || !sameDim(channels.size, perGroup * group))
      return bug(`${name}: ${typeText(input)} has not ${group} groups of the kernel ${typeText(kernel)}`);
    const sizes = kernel.axes.slice(2).map((a) => staticSize(a, name));
    if (bias !== undefined) {
      const [only] = bias.axes;
      if (only === undefined || bias.axes.length !== 1 || !sameDim(only.size, outputs.size))
        return bug(`${name}: the bias ${typeText(bias)} does not fit the kernel ${typeText(kernel)}`);
    }
    const places = windows(
      input.axes.slice(2),
      { kernel: sizes, strides, pads, dilations, ceil: false },
      name,
    );
    // Feature maps keep the input's channel name: the kernel's own name would make every layer a new kind of axis.
    return { dtype, axes: [axisAt(input, 0, name), { name: channels.name, size: outputs.size }, ...places] };
  },
  MaxPool: (inputs, attrs, name) => pool(inputs, attrs, name),
  AveragePool: (inputs, attrs, name) => pool(inputs, attrs, name),
  GlobalMaxPool: (inputs, _, name) => globalPool(inputs, name),
  GlobalAveragePool: (inputs, _, name) => globalPool(inputs, name),
} satisfies InferGroup<'linear' | 'pool'>;

function widenTo(axes: readonly Axis[], bias: TensorType, name: OpName): readonly Axis[] {
  const result = broadcastAxes(axes, bias.axes, name);
  if (result.length !== axes.length || result.some((a, i) => !sameDim(a.size, axes[i]?.size ?? -1)))
    return bug(`${name}: the bias ${typeText(bias)} is larger than the product`);
  return result;
}

function pool(inputs: readonly TensorType[], attrs: PoolAttrs, name: OpName): TensorType {
  const input = oneInput(name, inputs);
  if (input.axes.length !== attrs.kernel.length + 2) return bug(`${name} does not fit ${typeText(input)}`);
  return {
    dtype: input.dtype,
    axes: [...input.axes.slice(0, 2), ...windows(input.axes.slice(2), attrs, name)],
  };
}

function globalPool(inputs: readonly TensorType[], name: OpName): TensorType {
  const input = oneInput(name, inputs);
  if (input.axes.length < 3) return bug(`${name} of ${typeText(input)}, which has no spatial axis`);
  return {
    dtype: input.dtype,
    axes: input.axes.map((a, i) => (i < 2 ? a : { name: a.name, size: 1 })),
  };
}

function windows(axes: readonly Axis[], attrs: PoolAttrs, name: OpName): readonly Axis[] {
  const count = axes.length;
  if (attrs.strides.length !== count || attrs.dilations.length !== count || attrs.pads.length !== 2 * count)
    return bug(`${name}: strides, dilations and pads do not fit ${count} spatial axes`);
  return axes.map((a, i) => ({ name: a.name, size: windowCount(a.size, i, attrs) }));
}

/** How many windows fit along spatial axis `i`. With `ceil`, a last window may hang over, but must begin inside (ONNX 22). */
export function windowCount(size: Dim, i: number, attrs: PoolAttrs): Dim {
  const { kernel, strides, pads, dilations, ceil } = attrs;
  const before = pads[i] ?? 0;
  const after = pads[i + kernel.length] ?? 0;
  const span = ((kernel[i] ?? 1) - 1) * (dilations[i] ?? 1) + 1;
  const stride = strides[i] ?? 1;
  if (!ceil) return ceilDivideDim(addDims(size, before + after - span + 1), stride);
  if (typeof size !== 'number') return bug(`a pool that rounds up along the symbol \`${size}\``);
  const count = Math.ceil((size + before + after - span) / stride) + 1;
  return (count - 1) * stride >= size + before ? count - 1 : count;
}

function staticSize(axis: Axis, name: OpName): number {
  return typeof axis.size === 'number'
    ? axis.size
    : bug(`${name}: the kernel size \`${axis.size}\` is a symbol`);
}
