// Kernels of matrix products, convolutions and pools on TensorFlow.js. A convolution is the sum over the taps of its window of a
// matrix product, a pool the fold over the taps: one rule for every number of spatial axes, stride, dilation, group and padding.
import { bug } from '../../compiler/base/bug.js';
import type { PoolAttrs } from '../../compiler/ir/op.js';
import { padded } from './tfjs-layout.js';
import {
  input,
  isWhole,
  mutable,
  sizeOf,
  type TfjsCall,
  type TfjsGroup,
  type TfTensor,
} from './tfjs-rule.js';

type Window = Omit<PoolAttrs, 'ceil'>;

export const tfjsLinear = {
  MatMul: (call) => {
    const [x, y] = [input(call, 0), input(call, 1)];
    const left = x.rank === 1 ? call.tf.reshape(x, [1, ...x.shape]) : x;
    const right = y.rank === 1 ? call.tf.reshape(y, [...y.shape, 1]) : y;
    return call.tf.reshape(product(call, left, right), mutable(call.dims));
  },
  Gemm: (call, { alpha, beta, transA, transB }) => {
    const { tf } = call;
    const left = transA ? tf.transpose(input(call, 0)) : input(call, 0);
    const right = transB ? tf.transpose(input(call, 1)) : input(call, 1);
    const plain = product(call, left, right);
    const scaled = alpha === 1 ? plain : tf.mul(plain, alpha);
    const bias = call.inputs[2];
    if (bias === undefined) return scaled;
    return tf.add(scaled, beta === 1 ? bias : tf.mul(bias, beta));
  },
  Conv: (call, { strides, pads, dilations, group }) => {
    const { tf, dims } = call;
    const [x, kernel, bias] = [input(call, 0), input(call, 1), call.inputs[2]];
    const [outputs = 0, perGroup = 0, ...sizes] = kernel.shape;
    const batch = x.shape[0] ?? 0;
    const places = sizeOf(dims.slice(2));
    const window = { kernel: sizes, strides, pads, dilations };
    // [group, outputs of a group, channels of a group, tap]
    const weights = tf.reshape(kernel, [group, outputs / group, perGroup, sizeOf(sizes)]);
    const parts = taps(call, x, window, 0).map((tap, t) => {
      const factor = tf.reshape(tf.slice(weights, [0, 0, 0, t], [group, outputs / group, perGroup, 1]), [
        1,
        group,
        outputs / group,
        perGroup,
      ]);
      return product(call, factor, tf.reshape(tap, [batch, group, perGroup, places]));
    });
    const sum = tf.reshape(
      folded(parts, (a, b) => tf.add(a, b)),
      mutable(dims),
    );
    return bias === undefined ? sum : tf.add(sum, tf.reshape(bias, [outputs, ...sizes.map(() => 1)]));
  },
  MaxPool: (call, attrs) => {
    const low = isWhole(call) ? -(2 ** 31) : Number.NEGATIVE_INFINITY;
    return folded(taps(call, input(call, 0), attrs, low), (a, b) => call.tf.maximum(a, b));
  },
  AveragePool: (call, attrs) => {
    const { tf } = call;
    const x = input(call, 0);
    const sum = folded(taps(call, x, attrs, 0), (a, b) => tf.add(a, b));
    const counts = windowCounts(x.shape.slice(2), call.dims.slice(2), attrs, attrs.countIncludePad);
    return tf.div(sum, tf.tensor(counts, mutable(call.dims.slice(2))));
  },
  GlobalMaxPool: (call) => call.tf.max(input(call, 0), spatial(call), true),
  GlobalAveragePool: (call) => call.tf.mean(input(call, 0), spatial(call), true),
} satisfies TfjsGroup<'linear' | 'pool'>;

/** Matrices in the last two axes, the others broadcast. */
function product(call: TfjsCall, left: TfTensor, right: TfTensor): TfTensor {
  const { tf } = call;
  const [rows, inner] = left.shape.slice(-2);
  const columns = right.shape.at(-1);
  if (rows === undefined || inner === undefined || columns === undefined) return bug('a product of scalars');
  const leftBatch = left.shape.slice(0, -2);
  const rightBatch = right.shape.slice(0, -2);
  const batch = broadcastDims(leftBatch, rightBatch);
  const shape = [...batch, rows, columns];
  if (inner === 0 || sizeOf(shape) === 0) return tf.zeros(shape, left.dtype);
  // Whole numbers are multiplied and summed one by one: the engines' products are of floats only.
  if (left.dtype === 'int32') {
    const x = tf.reshape(left, [...leftBatch, rows, inner, 1]);
    const y = tf.reshape(right, [...rightBatch, 1, inner, columns]);
    return tf.sum(tf.mul(x, y), -2);
  }
  if (sizeOf(rightBatch) === 1) {
    // One matrix on the right: all rows of all batches are one product.
    const flat = tf.matMul(tf.reshape(left, [-1, inner]), tf.reshape(right, [inner, columns]));
    return tf.reshape(flat, shape);
  }
  const all = sizeOf(batch);
  const x = tf.reshape(widened(call, left, [...batch, rows, inner]), [all, rows, inner]);
  const y = tf.reshape(widened(call, right, [...batch, inner, columns]), [all, inner, columns]);
  return tf.reshape(tf.matMul(x, y), shape);
}

function widened({ tf }: TfjsCall, x: TfTensor, dims: readonly number[]): TfTensor {
  return sizeOf(dims) === x.size ? x : tf.broadcastTo(x, mutable(dims));
}

function broadcastDims(left: readonly number[], right: readonly number[]): readonly number[] {
  const [long, short] = left.length >= right.length ? [left, right] : [right, left];
  const shift = long.length - short.length;
  return long.map((d, i) => (i < shift || d !== 1 ? d : (short[i - shift] ?? 1)));
}

/** For each tap of a window, in row-major order: what it sees at every place, [batch, channel, ...places]. */
function taps(call: TfjsCall, x: TfTensor, window: Window, padding: number): readonly TfTensor[] {
  const { tf, dims } = call;
  const counts = dims.slice(2);
  const lead = x.shape.slice(0, 2);
  // A last window that hangs over the padded plane (ceil mode) sees more padding.
  const after = counts.map((count, d) => {
    const { before, span, stride } = alongAxis(window, d);
    return (count - 1) * stride + span - (x.shape[d + 2] ?? 0) - before;
  });
  const before = counts.map((_, d) => alongAxis(window, d).before);
  const plane = padded(call, x, [0, 0, ...before, 0, 0, ...after], padding);
  const all = sizeOf(window.kernel);
  return Array.from({ length: all }, (_, t) => {
    const at = unravel(t, window.kernel).map((n, d) => n * (window.dilations[d] ?? 1));
    const extents = counts.map((count, d) => (count - 1) * alongAxis(window, d).stride + 1);
    const seen = tf.slice(plane, [0, 0, ...at], [...lead, ...extents]);
    const strides = counts.map((_, d) => alongAxis(window, d).stride);
    if (strides.every((s) => s === 1)) return seen;
    return tf.stridedSlice(
      seen,
      seen.shape.map(() => 0),
      seen.shape,
      [1, 1, ...strides],
    );
  });
}

function alongAxis(window: Window, d: number): { before: number; span: number; stride: number } {
  const span = ((window.kernel[d] ?? 1) - 1) * (window.dilations[d] ?? 1) + 1;
  return { before: window.pads[d] ?? 0, span, stride: window.strides[d] ?? 1 };
}

/** How many elements each window averages: those inside, or those of the padded plane. */
function windowCounts(
  sizes: readonly number[],
  counts: readonly number[],
  window: Window,
  withPadding: boolean,
): Float32Array {
  const perAxis = counts.map((count, d) => {
    const { before, stride } = alongAxis(window, d);
    const low = withPadding ? -before : 0;
    const high = (sizes[d] ?? 0) + (withPadding ? (window.pads[d + sizes.length] ?? 0) : 0);
    return Array.from({ length: count }, (_, place) => {
      let inside = 0;
      for (let k = 0; k < (window.kernel[d] ?? 1); k++) {
        const at = place * stride - before + k * (window.dilations[d] ?? 1);
        if (at >= low && at < high) inside++;
      }
      return inside;
    });
  });
  return Float32Array.from({ length: sizeOf(counts) }, (_, i) =>
    unravel(i, counts).reduce((all, place, d) => all * (perAxis[d]?.[place] ?? 0), 1),
  );
}

function folded(parts: readonly TfTensor[], join: (a: TfTensor, b: TfTensor) => TfTensor): TfTensor {
  return parts.length === 0 ? bug('a window without taps') : parts.reduce(join);
}

function spatial(call: TfjsCall): number[] {
  return input(call, 0)
    .shape.map((_, d) => d)
    .slice(2);
}

function unravel(index: number, dims: readonly number[]): readonly number[] {
  const result = new Array<number>(dims.length).fill(0);
  let rest = index;
  for (let d = dims.length - 1; d >= 0; d--) {
    const size = dims[d] ?? 1;
    result[d] = rest % size;
    rest = Math.floor(rest / size);
  }
  return result;
}
