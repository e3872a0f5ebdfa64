// Kernels of layout and indexing operators on TensorFlow.js: elements are moved, never changed.
import { bug } from '../../compiler/base/bug.js';
import { sliceBounds } from '../../compiler/ir/infer-layout.js';
import { stridesOf } from '../../compiler/ir/tensor.js';
import {
  input,
  mutable,
  placesOf,
  sizeOf,
  type TfjsCall,
  type TfjsGroup,
  type TfTensor,
} from './tfjs-rule.js';

export const tfjsLayout = {
  Transpose: (call, { perm }) => call.tf.transpose(input(call, 0), mutable(perm)),
  Reshape: reshaped,
  Expand: (call) => call.tf.broadcastTo(input(call, 0), mutable(call.dims)),
  Squeeze: reshaped,
  Unsqueeze: reshaped,
  Rename: reshaped,
  Flatten: reshaped,
  Slice: (call, { axis, start, end, step }) => {
    const { tf, dims } = call;
    const x = input(call, 0);
    const length = x.shape[axis] ?? bug('Slice along an axis that is not there');
    const [from] = sliceBounds(length, { start, end, step });
    const count = dims[axis] ?? 0;
    if (count === 0) return tf.zeros(mutable(dims), x.dtype);
    if (step === 1) {
      const begin = dims.map((_, d) => (d === axis ? from : 0));
      return tf.slice(x, begin, mutable(dims));
    }
    return picked(
      call,
      x,
      axis,
      Int32Array.from({ length: count }, (_, i) => from + i * step),
    );
  },
  Concat: (call, { axis }) => {
    const [first] = call.inputs;
    return first !== undefined && call.inputs.length === 1
      ? first
      : call.tf.concat(mutable(call.inputs), axis);
  },
  Pad: (call, { pads, value }) => padded(call, input(call, 0), pads, value),
  Gather: (call, { axis }) => {
    const x = input(call, 0);
    const indices = input(call, 1);
    const places = placesOf(call, indices, x.shape[axis] ?? 0);
    return call.tf.reshape(picked(call, x, axis, places), mutable(call.dims));
  },
  GatherElements: (call, { axis }) => {
    const x = input(call, 0);
    const places = placesOf(call, input(call, 1), x.shape[axis] ?? 0);
    const strides = stridesOf(x.shape);
    const own = stridesOf(call.dims);
    const flat = places.map((place, i) => {
      let at = place * (strides[axis] ?? 1);
      for (let d = 0; d < call.dims.length; d++) {
        if (d !== axis) at += (Math.floor(i / (own[d] ?? 1)) % (call.dims[d] ?? 1)) * (strides[d] ?? 1);
      }
      return at;
    });
    return fromRows(call, x, sizeOf(x.shape), 1, flat);
  },
  GatherND: (call, { batchDims }) => {
    const x = input(call, 0);
    const indices = input(call, 1);
    const depth = indices.shape.at(-1) ?? bug('the indices have no axis');
    const rows = depth === 0 ? sizeOf(indices.shape.slice(0, -1)) : indices.size / depth;
    const perBatch = sizeOf(indices.shape.slice(batchDims, -1));
    const places = Int32Array.from(indices.dataSync());
    const flat = Int32Array.from({ length: rows }, (_, r) => Math.floor(r / perBatch));
    for (let k = 0; k < depth; k++) {
      const length = x.shape[batchDims + k] ?? 0;
      const column = call.tf.tensor1d(
        places.filter((_, i) => i % depth === k),
        'int32',
      );
      for (const [r, place] of placesOf(call, column, length).entries())
        flat[r] = (flat[r] ?? 0) * length + place;
    }
    const block = sizeOf(x.shape.slice(batchDims + depth));
    return fromRows(call, x, sizeOf(x.shape.slice(0, batchDims + depth)), block, flat);
  },
  OneHot: (call, { axis }) => {
    const depth = typeof axis.size === 'number' ? axis.size : bug('OneHot along a symbol');
    const places = placesOf(call, input(call, 0), depth);
    const rows = call.tf.oneHot(call.tf.tensor1d(places, 'int32'), depth);
    return call.tf.reshape(rows, mutable(call.dims));
  },
} satisfies TfjsGroup<'layout' | 'index'>;

/** Pads by constants; a negative pad cuts off. */
export function padded(call: TfjsCall, x: TfTensor, pads: readonly number[], value: number): TfTensor {
  const { tf } = call;
  const rank = x.shape.length;
  const before = x.shape.map((_, d) => pads[d] ?? 0);
  const after = x.shape.map((_, d) => pads[d + rank] ?? 0);
  const begin = before.map((n) => Math.max(0, -n));
  const size = x.shape.map((n, d) => n - (begin[d] ?? 0) - Math.max(0, -(after[d] ?? 0)));
  const cut =
    begin.every((n) => n === 0) && size.every((n, d) => n === x.shape[d]) ? x : tf.slice(x, begin, size);
  const added = before.map((n, d): [number, number] => [Math.max(0, n), Math.max(0, after[d] ?? 0)]);
  if (added.every(([a, b]) => a === 0 && b === 0)) return cut;
  return tf.pad(cut, added, value);
}

/** The blocks at the given places along one axis. */
export function picked(call: TfjsCall, x: TfTensor, axis: number, places: Int32Array): TfTensor {
  return call.tf.gather(x, call.tf.tensor1d(places, 'int32'), axis);
}

function reshaped(call: TfjsCall): TfTensor {
  return call.tf.reshape(input(call, 0), mutable(call.dims));
}

/** `x` seen as `rows` rows of `block` elements: the rows at the given places, in the dims of the result. */
function fromRows(call: TfjsCall, x: TfTensor, rows: number, block: number, places: Int32Array): TfTensor {
  const matrix = call.tf.reshape(x, [rows, block]);
  return call.tf.reshape(picked(call, matrix, 0, places), mutable(call.dims));
}
