// Types of layout and indexing operators: which axes survive, in what order, under which name.
import { bug } from '../base/bug.js';
import {
  addDims,
  ceilDivideDim,
  expandRows,
  multiplyDims,
  productOfDims,
  sameDim,
  subtractDims,
} from './dim.js';
import {
  agreeAxis,
  axisAt,
  axisText,
  broadcastAxes,
  INDICES,
  type InferGroup,
  needDType,
  oneInput,
  sameDType,
  twoInputs,
} from './infer-rule.js';
import type { OpAttrs } from './op.js';
import { type Axis, type Dim, isAnonymous, type TensorType, typeText } from './tensor-type.js';

export const inferLayout = {
  Transpose: (inputs, { perm }, name) => {
    const type = oneInput(name, inputs);
    if (perm.length !== type.axes.length || new Set(perm).size !== perm.length)
      return bug(`${name} by [${perm.join(',')}] does not fit ${typeText(type)}`);
    return { dtype: type.dtype, axes: perm.map((p) => axisAt(type, p, name)) };
  },
  Reshape: (inputs, { axes }, name) => {
    const type = oneInput(name, inputs);
    if (!sameDim(expandRows(elementCount(type.axes)), expandRows(elementCount(axes))))
      return bug(
        `${name} of ${typeText(type)} to [${axes.map(axisText).join(', ')}] changes the element count`,
      );
    return { dtype: type.dtype, axes };
  },
  Expand: (inputs, { axes }, name) => {
    const type = oneInput(name, inputs);
    const result = broadcastAxes(type.axes, axes, name);
    if (result.length !== axes.length || result.some((a, i) => !sameDim(a.size, axes[i]?.size ?? -1)))
      return bug(`${name} of ${typeText(type)} to [${axes.map(axisText).join(', ')}] does not widen it`);
    return { dtype: type.dtype, axes: result };
  },
  Squeeze: (inputs, { axes }, name) => {
    const type = oneInput(name, inputs);
    for (const position of axes) {
      const axis = axisAt(type, position, name);
      if (axis.size !== 1) return bug(`${name} of the axis ${axisText(axis)} of ${typeText(type)}`);
    }
    return { dtype: type.dtype, axes: type.axes.filter((_, i) => !axes.includes(i)) };
  },
  Unsqueeze: (inputs, { at, names }, name) => {
    const type = oneInput(name, inputs);
    const axes = [...type.axes];
    for (const [i, position] of at.entries()) {
      if (position > axes.length || position < 0 || position <= (at[i - 1] ?? -1))
        return bug(`${name} at [${at.join(',')}] does not fit ${typeText(type)}`);
      axes.splice(position, 0, { name: names[i] ?? bug(`${name} lacks a name`), size: 1 });
    }
    return { dtype: type.dtype, axes };
  },
  Rename: (inputs, { names }, name) => {
    const type = oneInput(name, inputs);
    if (names.length !== type.axes.length)
      return bug(`${name} to [${names.join(', ')}] does not fit ${typeText(type)}`);
    return { dtype: type.dtype, axes: type.axes.map((a, i) => ({ name: names[i] ?? a.name, size: a.size })) };
  },
  Slice: (inputs, attrs, name) => {
    const type = oneInput(name, inputs);
    const axis = axisAt(type, attrs.axis, name);
    return withAxis(type, attrs.axis, { name: axis.name, size: sliceSize(axis.size, attrs) });
  },
  Concat: (inputs, attrs, name) => {
    const [first] = inputs;
    if (first === undefined) return bug(`${name} takes at least one input`);
    let axes = first.axes;
    let size = axisAt(first, attrs.axis, name).size;
    for (const next of inputs.slice(1)) {
      sameDType(name, first, next);
      if (next.axes.length !== axes.length)
        return bug(`${name} of ${typeText(first)} and ${typeText(next)}, which differ in rank`);
      size = addDims(size, axisAt(next, attrs.axis, name).size);
      axes = axes.map((a, i) => (i === attrs.axis ? a : agreeAxis(a, axisAt(next, i, name), name)));
    }
    if (!sameDim(size, attrs.size))
      return bug(`${name} to ${attrs.name}=${attrs.size} has inputs of size ${size} along it`);
    return withAxis({ dtype: first.dtype, axes }, attrs.axis, { name: attrs.name, size: attrs.size });
  },
  Pad: (inputs, { pads }, name) => {
    const type = oneInput(name, inputs);
    const rank = type.axes.length;
    if (pads.length !== 2 * rank) return bug(`${name} by [${pads.join(',')}] does not fit ${typeText(type)}`);
    const axes = type.axes.map((a, i) => {
      const extra = (pads[i] ?? 0) + (pads[i + rank] ?? 0);
      return extra === 0 ? a : { name: a.name, size: addDims(a.size, extra) };
    });
    return { dtype: type.dtype, axes };
  },
  Flatten: (inputs, { axis }, name) => {
    const type = oneInput(name, inputs);
    if (axis < 0 || axis > type.axes.length) return bug(`${name} at ${axis} does not fit ${typeText(type)}`);
    return {
      dtype: type.dtype,
      axes: [mergeAxes(type.axes.slice(0, axis)), mergeAxes(type.axes.slice(axis))],
    };
  },
  Gather: (inputs, { axis }, name) => {
    const [data, indices] = twoInputs(name, inputs);
    needDType(name, indices, INDICES);
    axisAt(data, axis, name);
    return {
      dtype: data.dtype,
      axes: [...data.axes.slice(0, axis), ...indices.axes, ...data.axes.slice(axis + 1)],
    };
  },
  GatherElements: (inputs, { axis }, name) => {
    const [data, indices] = twoInputs(name, inputs);
    needDType(name, indices, INDICES);
    axisAt(data, axis, name);
    if (indices.axes.length !== data.axes.length)
      return bug(`${name}: ${typeText(data)} and ${typeText(indices)} differ in rank`);
    const axes = indices.axes.map((a, i) => (i === axis ? a : agreeAxis(axisAt(data, i, name), a, name)));
    return { dtype: data.dtype, axes };
  },
  GatherND: (inputs, { batchDims }, name) => {
    const [data, indices] = twoInputs(name, inputs);
    needDType(name, indices, INDICES);
    const depth = indices.axes.at(-1)?.size;
    if (typeof depth !== 'number' || indices.axes.length <= batchDims || batchDims + depth > data.axes.length)
      return bug(`${name}: the indices ${typeText(indices)} do not fit ${typeText(data)}`);
    const batch = data.axes.slice(0, batchDims).map((a, i) => agreeAxis(a, axisAt(indices, i, name), name));
    const places = indices.axes.slice(batchDims, -1);
    return { dtype: data.dtype, axes: [...batch, ...places, ...data.axes.slice(batchDims + depth)] };
  },
  OneHot: (inputs, { axis }, name) => {
    const type = oneInput(name, inputs);
    needDType(name, type, INDICES);
    if (typeof axis.size !== 'number') return bug(`${name} along ${axisText(axis)}, whose size is a symbol`);
    return { dtype: 'f32', axes: [...type.axes, axis] };
  },
} satisfies InferGroup<'layout' | 'index'>;

/** The size of a slice. On a symbol the bounds are taken to lie inside, which the evaluator and the backend then check. */
export function sliceSize(size: Dim, { start, end, step }: OpAttrs['Slice']): Dim {
  if (step === 0) return bug('Slice with step 0');
  if (typeof size === 'number') {
    const [from, to] = sliceBounds(size, { start, end, step });
    return Math.max(0, Math.ceil((to - from) / step));
  }
  const from = start < 0 ? addDims(size, start) : start;
  if (step > 0) {
    const to = end === null ? size : end < 0 ? addDims(size, end) : end;
    return ceilDivideDim(subtractDims(to, from), step);
  }
  const to = end === null ? -1 : end < 0 ? addDims(size, end) : end;
  return ceilDivideDim(subtractDims(from, to), -step);
}

/** First index and the index before which a slice of a known size stops, clamped as ONNX and numpy do. */
export function sliceBounds(
  size: number,
  { start, end, step }: Omit<OpAttrs['Slice'], 'axis'>,
): readonly [number, number] {
  const at = (i: number) => (i < 0 ? i + size : i);
  const clamp = (i: number, low: number, high: number) => Math.min(Math.max(i, low), high);
  if (step > 0) return [clamp(at(start), 0, size), end === null ? size : clamp(at(end), 0, size)];
  return [clamp(at(start), 0, size - 1), end === null ? -1 : clamp(at(end), -1, size - 1)];
}

/** One axis that stands for several. Its name is theirs joined, anonymous unless it is a single axis. */
export function mergeAxes(axes: readonly Axis[]): Axis {
  const [only] = axes;
  if (only !== undefined && axes.length === 1) return only;
  const name = axes.map((a) => (isAnonymous(a.name) ? a.name.slice(1) : a.name)).join('_');
  return { name: `_${name}`, size: elementCount(axes) };
}

export function elementCount(axes: readonly Axis[]): Dim {
  let numbers = 1;
  let rest: Dim = 1;
  for (const { size } of axes) {
    if (typeof size === 'number') numbers *= size;
    else rest = rest === 1 ? size : multiplyDims(rest, size);
  }
  return rest === 1 ? numbers : productOfDims([rest, numbers]);
}

function withAxis(type: TensorType, position: number, axis: Axis): TensorType {
  return { dtype: type.dtype, axes: type.axes.map((a, i) => (i === position ? axis : a)) };
}
