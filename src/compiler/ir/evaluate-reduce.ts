// Reference kernels of reductions and normalisations. Sums are taken in doubles, in index order, and rounded once.
import { around, dimAt, inputAt, type KernelGroup, offsets, take } from './evaluate-rule.js';
import { sizeOf, stridesOf, type Tensor } from './tensor.js';

export const evaluateReduce = {
  ReduceSum: (inputs, { axes }) => reduce(inputs, axes, sum),
  ReduceMean: (inputs, { axes }) => reduce(inputs, axes, (row) => sum(row) / row.length),
  ReduceMax: (inputs, { axes }) =>
    reduce(inputs, axes, (row) => row.reduce((a, b) => Math.max(a, b), -Infinity)),
  ReduceMin: (inputs, { axes }) =>
    reduce(inputs, axes, (row) => row.reduce((a, b) => Math.min(a, b), Infinity)),
  ReduceProd: (inputs, { axes }) => reduce(inputs, axes, (row) => row.reduce((a, b) => a * b, 1)),
  ReduceL2: (inputs, { axes }) =>
    reduce(inputs, axes, (row) => Math.sqrt(row.reduce((total, v) => total + v * v, 0))),
  ArgMax: (inputs, { axis }) => reduce(inputs, [axis], (row) => indexOfBest(row, (a, b) => a > b)),
  ArgMin: (inputs, { axis }) => reduce(inputs, [axis], (row) => indexOfBest(row, (a, b) => a < b)),
  CumSum: (inputs, { axis, exclusive, reverse }) =>
    along(inputs, axis, (row) => {
      const result = new Float64Array(row.length);
      let total = 0;
      for (let n = 0; n < row.length; n++) {
        const i = reverse ? row.length - 1 - n : n;
        const before = total;
        total += row[i] ?? 0;
        result[i] = exclusive ? before : total;
      }
      return result;
    }),
  Softmax: (inputs, { axis }) =>
    along(inputs, axis, (row) => {
      const top = row.reduce((a, b) => Math.max(a, b), -Infinity);
      const powers = row.map((v) => Math.exp(v - top));
      const total = sum(powers);
      return powers.map((v) => v / total);
    }),
  LogSoftmax: (inputs, { axis }) =>
    along(inputs, axis, (row) => {
      const top = row.reduce((a, b) => Math.max(a, b), -Infinity);
      const total = Math.log(sum(row.map((v) => Math.exp(v - top))));
      return row.map((v) => v - top - total);
    }),
  LayerNormalization: (inputs, { axis, epsilon }) => {
    const input = inputAt(inputs, 0);
    const scale = inputAt(inputs, 1).data;
    const bias = inputs[2]?.data;
    const length = sizeOf(input.dims.slice(axis));
    const result = new Float64Array(input.data.length);
    for (let start = 0; start < result.length; start += length) {
      const row = input.data.subarray(start, start + length);
      const mean = sum(row) / length;
      const variance = sum(row.map((v) => (v - mean) ** 2)) / length;
      for (const [i, v] of row.entries()) {
        const normed = (v - mean) / Math.sqrt(variance + epsilon);
        result[start + i] = normed * (scale[i % scale.length] ?? 1) + (bias?.[i % bias.length] ?? 0);
      }
    }
    return result;
  },
  BatchNormalization: (inputs, { epsilon }) => {
    const input = inputAt(inputs, 0);
    const [scale, bias, mean, variance] = [1, 2, 3, 4].map((i) => inputAt(inputs, i).data);
    const { length, inner } = around(input.dims, 1);
    return input.data.map((v, i) => {
      const c = Math.floor(i / inner) % length;
      const normed = (v - (mean?.[c] ?? 0)) / Math.sqrt((variance?.[c] ?? 1) + epsilon);
      return normed * (scale?.[c] ?? 1) + (bias?.[c] ?? 0);
    });
  },
} satisfies KernelGroup<'reduce' | 'normalise'>;

function sum(row: Float64Array): number {
  let total = 0;
  for (const v of row) total += v;
  return total;
}

/** First of equals. A NaN is never better. */
function indexOfBest(row: Float64Array, better: (a: number, b: number) => boolean): number {
  let best = 0;
  for (let i = 1; i < row.length; i++) if (better(row[i] ?? 0, row[best] ?? 0)) best = i;
  return best;
}

/** One number for each index of the axes that stay. */
function reduce(
  inputs: readonly Tensor[],
  axes: readonly number[],
  summary: (row: Float64Array) => number,
): Float64Array {
  const { data, dims } = inputAt(inputs, 0);
  const kept = dims.map((_, d) => d).filter((d) => !axes.includes(d));
  const order = [...kept, ...axes];
  const own = stridesOf(dims);
  const moved = take(
    data,
    offsets(
      order.map((d) => dimAt(dims, d)),
      order.map((d) => own[d] ?? 0),
    ),
  );
  const length = sizeOf(axes.map((d) => dimAt(dims, d)));
  const count = sizeOf(kept.map((d) => dimAt(dims, d)));
  return Float64Array.from({ length: count }, (_, i) =>
    summary(moved.subarray(i * length, (i + 1) * length)),
  );
}

/** Replaces every line along one axis. */
function along(
  inputs: readonly Tensor[],
  axis: number,
  apply: (row: Float64Array) => Float64Array,
): Float64Array {
  const { data, dims } = inputAt(inputs, 0);
  const { outer, length, inner } = around(dims, axis);
  const result = new Float64Array(data.length);
  const row = new Float64Array(length);
  for (let line = 0; line < outer * inner; line++) {
    const start = Math.floor(line / inner) * length * inner + (line % inner);
    for (let i = 0; i < length; i++) row[i] = data[start + i * inner] ?? 0;
    for (const [i, v] of apply(row).entries()) result[start + i * inner] = v;
  }
  return result;
}
