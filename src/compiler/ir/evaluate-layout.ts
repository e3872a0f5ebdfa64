// Reference kernels of layout and indexing operators: elements are moved, never changed.
import { bug } from '../base/bug.js';
import {
  around,
  broadcastTo,
  dimAt,
  inputAt,
  type KernelGroup,
  offsets,
  take,
  wrapIndex,
} from './evaluate-rule.js';
import { sliceBounds } from './infer-layout.js';
import { sizeOf, stridesOf, type Tensor } from './tensor.js';

export const evaluateLayout = {
  Transpose: (inputs, { perm }, dims) => {
    const { data, dims: from } = inputAt(inputs, 0);
    const own = stridesOf(from);
    return take(
      data,
      offsets(
        dims,
        perm.map((p) => own[p] ?? 0),
      ),
    );
  },
  Reshape: (inputs) => inputAt(inputs, 0).data,
  Expand: (inputs, _, dims) => broadcastTo(inputAt(inputs, 0), dims),
  Squeeze: (inputs) => inputAt(inputs, 0).data,
  Unsqueeze: (inputs) => inputAt(inputs, 0).data,
  Rename: (inputs) => inputAt(inputs, 0).data,
  Flatten: (inputs) => inputAt(inputs, 0).data,
  Slice: (inputs, attrs) => {
    const { data, dims } = inputAt(inputs, 0);
    const [from, to] = sliceBounds(dimAt(dims, attrs.axis), attrs);
    const count = Math.max(0, Math.ceil((to - from) / attrs.step));
    const places = Array.from({ length: count }, (_, i) => from + i * attrs.step);
    return pick({ data, dims }, attrs.axis, places);
  },
  Concat: (inputs, { axis }, dims) => {
    const { outer } = around(dims, axis);
    const result = new Float64Array(sizeOf(dims));
    const blocks = inputs.map((t) => sizeOf(t.dims.slice(axis)));
    const row = blocks.reduce((sum, n) => sum + n, 0);
    let shift = 0;
    for (const [i, { data }] of inputs.entries()) {
      const block = blocks[i] ?? 0;
      for (let o = 0; o < outer; o++) result.set(data.subarray(o * block, (o + 1) * block), o * row + shift);
      shift += block;
    }
    return result;
  },
  Pad: (inputs, { pads, value }, dims) => {
    const { data, dims: from } = inputAt(inputs, 0);
    const own = stridesOf(from);
    const result = new Float64Array(sizeOf(dims)).fill(value);
    const places = indexVectors(dims);
    for (let i = 0; i < result.length; i++) {
      let offset = 0;
      let inside = true;
      for (let d = 0; d < dims.length; d++) {
        const at = (places[i * dims.length + d] ?? 0) - (pads[d] ?? 0);
        if (at < 0 || at >= dimAt(from, d)) inside = false;
        offset += at * (own[d] ?? 0);
      }
      if (inside) result[i] = data[offset] ?? 0;
    }
    return result;
  },
  Gather: (inputs, { axis }) => {
    const data = inputAt(inputs, 0);
    return pick(data, axis, Array.from(inputAt(inputs, 1).data));
  },
  GatherElements: (inputs, { axis }, dims) => {
    const { data, dims: from } = inputAt(inputs, 0);
    const indices = inputAt(inputs, 1);
    const own = stridesOf(from);
    const rest = offsets(
      dims,
      own.map((s, d) => (d === axis ? 0 : s)),
    );
    const along = own[axis] ?? 0;
    const length = dimAt(from, axis);
    return indices.data.map((index, i) => data[(rest[i] ?? 0) + wrapIndex(index, length) * along] ?? 0);
  },
  GatherND: (inputs, { batchDims }) => {
    const { data, dims: from } = inputAt(inputs, 0);
    const indices = inputAt(inputs, 1);
    const depth = indices.dims.at(-1) ?? bug('the indices have no axis');
    const own = stridesOf(from);
    const block = sizeOf(from.slice(batchDims + depth));
    const batchBlock = sizeOf(from.slice(batchDims));
    const rows = depth === 0 ? sizeOf(indices.dims.slice(0, -1)) : indices.data.length / depth;
    const perBatch = sizeOf(indices.dims.slice(batchDims, -1));
    const result = new Float64Array(rows * block);
    for (let r = 0; r < rows; r++) {
      let offset = Math.floor(r / perBatch) * batchBlock;
      for (let k = 0; k < depth; k++) {
        const index = indices.data[r * depth + k] ?? 0;
        offset += wrapIndex(index, dimAt(from, batchDims + k)) * (own[batchDims + k] ?? 0);
      }
      result.set(data.subarray(offset, offset + block), r * block);
    }
    return result;
  },
  OneHot: (inputs, { axis }, dims) => {
    const indices = inputAt(inputs, 0);
    const depth = typeof axis.size === 'number' ? axis.size : bug('OneHot along a symbol');
    const result = new Float64Array(sizeOf(dims));
    for (const [i, index] of indices.data.entries()) result[i * depth + wrapIndex(index, depth)] = 1;
    return result;
  },
} satisfies KernelGroup<'layout' | 'index'>;

/** The blocks at the given indices along one axis, for every outer index. */
function pick(input: Omit<Tensor, 'dtype'>, axis: number, indices: readonly number[]): Float64Array {
  const { outer, length, inner } = around(input.dims, axis);
  const result = new Float64Array(outer * indices.length * inner);
  for (let o = 0; o < outer; o++) {
    for (const [i, index] of indices.entries()) {
      const start = (o * length + wrapIndex(index, length)) * inner;
      result.set(input.data.subarray(start, start + inner), (o * indices.length + i) * inner);
    }
  }
  return result;
}

/** For each element its index along every axis, one after the other. */
function indexVectors(dims: readonly number[]): Int32Array {
  const size = sizeOf(dims);
  const strides = stridesOf(dims);
  const result = new Int32Array(size * dims.length);
  for (let i = 0; i < size; i++) {
    for (let d = 0; d < dims.length; d++) {
      result[i * dims.length + d] = Math.floor(i / (strides[d] ?? 1)) % dimAt(dims, d);
    }
  }
  return result;
}
