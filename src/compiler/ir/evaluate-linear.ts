// Reference kernels of matrix products, convolutions and pools. Sums are taken in doubles, in index order, and rounded once.
import { bug } from '../base/bug.js';
import { broadcastStrides, broadcastTo, dimAt, inputAt, type KernelGroup, offsets } from './evaluate-rule.js';
import type { PoolAttrs } from './op.js';
import { sizeOf, stridesOf, type Tensor } from './tensor.js';

export const evaluateLinear = {
  MatMul: (inputs) => matmul(inputAt(inputs, 0), inputAt(inputs, 1)),
  Gemm: (inputs, { alpha, beta, transA, transB }, dims) => {
    const left = transA ? flip(inputAt(inputs, 0)) : inputAt(inputs, 0);
    const right = transB ? flip(inputAt(inputs, 1)) : inputAt(inputs, 1);
    const bias = inputs[2] === undefined ? undefined : broadcastTo(inputs[2], dims);
    return matmul(left, right).map((v, i) => alpha * v + beta * (bias?.[i] ?? 0));
  },
  Conv: (inputs, { strides, pads, dilations, group }, dims) => {
    const input = inputAt(inputs, 0);
    const kernel = inputAt(inputs, 1);
    const bias = inputs[2];
    const perGroup = dimAt(kernel.dims, 1);
    const outPerGroup = dimAt(kernel.dims, 0) / group;
    const window = { kernel: kernel.dims.slice(2), strides, pads, dilations };
    const plane = sizeOf(input.dims.slice(2));
    const taps = sizeOf(window.kernel);
    return eachWindow(input.dims, dims, window, (batch, channel, places) => {
      const first = Math.floor(channel / outPerGroup) * perGroup;
      let sum = bias?.data[channel] ?? 0;
      for (let c = 0; c < perGroup; c++) {
        const from = (batch * dimAt(input.dims, 1) + first + c) * plane;
        const weights = (channel * perGroup + c) * taps;
        for (let t = 0; t < taps; t++) {
          const place = places[t] ?? -1;
          if (place >= 0) sum += (input.data[from + place] ?? 0) * (kernel.data[weights + t] ?? 0);
        }
      }
      return sum;
    });
  },
  MaxPool: (inputs, attrs, dims) =>
    pool(inputAt(inputs, 0), attrs, dims, (values) => values.reduce((a, b) => Math.max(a, b), -Infinity)),
  AveragePool: (inputs, attrs, dims) =>
    pool(inputAt(inputs, 0), attrs, dims, (values, covered) => {
      const sum = values.reduce((a, b) => a + b, 0);
      return sum / (attrs.countIncludePad ? covered : values.length);
    }),
  GlobalMaxPool: (inputs) =>
    planes(inputAt(inputs, 0), (values) => values.reduce((a, b) => Math.max(a, b), -Infinity)),
  GlobalAveragePool: (inputs) =>
    planes(inputAt(inputs, 0), (values) => values.reduce((a, b) => a + b, 0) / values.length),
} satisfies KernelGroup<'linear' | 'pool'>;

function matmul(a: Tensor, b: Tensor): Float64Array {
  const left = a.dims.length === 1 ? [1, ...a.dims] : a.dims;
  const right = b.dims.length === 1 ? [...b.dims, 1] : b.dims;
  const rows = left.at(-2) ?? bug('a product of scalars');
  const inner = left.at(-1) ?? bug('a product of scalars');
  const columns = right.at(-1) ?? bug('a product of scalars');
  const batch = broadcastDims(left.slice(0, -2), right.slice(0, -2));
  const leftAt = offsets(batch, scaled(broadcastStrides(left.slice(0, -2), batch), rows * inner));
  const rightAt = offsets(batch, scaled(broadcastStrides(right.slice(0, -2), batch), inner * columns));
  const result = new Float64Array(sizeOf(batch) * rows * columns);
  for (let g = 0; g < leftAt.length; g++) {
    for (let i = 0; i < rows; i++) {
      const out = (g * rows + i) * columns;
      for (let k = 0; k < inner; k++) {
        const factor = a.data[(leftAt[g] ?? 0) + i * inner + k] ?? 0;
        const from = (rightAt[g] ?? 0) + k * columns;
        for (let j = 0; j < columns; j++)
          result[out + j] = (result[out + j] ?? 0) + factor * (b.data[from + j] ?? 0);
      }
    }
  }
  return result;
}

function scaled(strides: readonly number[], by: number): readonly number[] {
  return strides.map((s) => s * by);
}

function broadcastDims(left: readonly number[], right: readonly number[]): readonly number[] {
  const [long, short] = left.length >= right.length ? [left, right] : [right, left];
  const shift = long.length - short.length;
  return long.map((d, i) => (i < shift || d !== 1 ? d : dimAt(short, i - shift)));
}

function flip(matrix: Tensor): Tensor {
  const [rows = 1, columns = 1] = matrix.dims;
  const data = matrix.data.map((_, i) => matrix.data[(i % rows) * columns + Math.floor(i / rows)] ?? 0);
  return { dtype: matrix.dtype, dims: [columns, rows], data };
}

type Window = Omit<PoolAttrs, 'ceil'>;
/** `places`: for each tap its position in the plane, or -1 in the padding. `covered`: taps inside the padded plane. */
type AtWindow = (batch: number, channel: number, places: readonly number[], covered: number) => number;

/** Computes every element of a result [batch, channel, ...windows]. */
function eachWindow(
  from: readonly number[],
  dims: readonly number[],
  window: Window,
  at: AtWindow,
): Float64Array {
  const spatial = from.slice(2);
  const counts = dims.slice(2);
  const own = stridesOf(spatial);
  const perPlane = sizeOf(counts);
  const windows: { places: number[]; covered: number }[] = [];
  for (let w = 0; w < perPlane; w++) {
    const corner = unravel(w, counts).map((n, d) => n * (window.strides[d] ?? 1) - (window.pads[d] ?? 0));
    const places: number[] = [];
    let covered = 0;
    for (let t = 0; t < sizeOf(window.kernel); t++) {
      const point = unravel(t, window.kernel).map(
        (n, d) => (corner[d] ?? 0) + n * (window.dilations[d] ?? 1),
      );
      const inside = point.every((p, d) => p >= 0 && p < dimAt(spatial, d));
      const padded = point.every((p, d) => p < dimAt(spatial, d) + (window.pads[d + spatial.length] ?? 0));
      if (padded) covered++;
      places.push(inside ? point.reduce((sum, p, d) => sum + p * (own[d] ?? 0), 0) : -1);
    }
    windows.push({ places, covered });
  }
  const result = new Float64Array(sizeOf(dims));
  const channels = dimAt(dims, 1);
  for (let plane = 0; plane < dimAt(dims, 0) * channels; plane++) {
    for (const [w, { places, covered }] of windows.entries()) {
      const channel = plane % channels;
      result[plane * perPlane + w] = at((plane - channel) / channels, channel, places, covered);
    }
  }
  return result;
}

function pool(
  input: Tensor,
  attrs: PoolAttrs,
  dims: readonly number[],
  summary: (values: readonly number[], covered: number) => number,
): Float64Array {
  const plane = sizeOf(input.dims.slice(2));
  return eachWindow(input.dims, dims, attrs, (batch, channel, places, covered) => {
    const from = (batch * dimAt(input.dims, 1) + channel) * plane;
    const values = places.filter((p) => p >= 0).map((p) => input.data[from + p] ?? 0);
    return summary(values, covered);
  });
}

function planes(input: Tensor, summary: (values: Float64Array) => number): Float64Array {
  const plane = sizeOf(input.dims.slice(2));
  const count = sizeOf(input.dims.slice(0, 2));
  return Float64Array.from({ length: count }, (_, i) =>
    summary(input.data.subarray(i * plane, (i + 1) * plane)),
  );
}

function unravel(index: number, dims: readonly number[]): readonly number[] {
  return stridesOf(dims).map((s, d) => Math.floor(index / s) % dimAt(dims, d));
}
