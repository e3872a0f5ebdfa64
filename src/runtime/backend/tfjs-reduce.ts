// Kernels of reductions and normalisations on TensorFlow.js.
import type { ReduceAttrs } from '../../compiler/ir/op.js';
import {
  input,
  isWhole,
  mutable,
  runFailure,
  type Tf,
  type TfjsCall,
  type TfjsGroup,
  type TfTensor,
  truncatedQuotient,
} from './tfjs-rule.js';

export const tfjsReduce = {
  ReduceSum: (call, attrs) => reduce(call, attrs, 0, sum),
  ReduceMean: (call, attrs) =>
    reduce(call, attrs, Number.NaN, (tf, x, axes, keep) => {
      if (!isWhole(call)) return tf.mean(x, axes, keep);
      const count = axes.reduce((n, axis) => n * (x.shape[axis] ?? 1), 1);
      return truncatedQuotient(call, tf.sum(x, axes, keep), tf.scalar(count, 'int32'));
    }),
  ReduceMax: (call, attrs) =>
    reduce(call, attrs, Number.NEGATIVE_INFINITY, (tf, x, axes, keep) =>
      withNaN(tf, x, axes, keep, tf.max(x, axes, keep)),
    ),
  ReduceMin: (call, attrs) =>
    reduce(call, attrs, Number.POSITIVE_INFINITY, (tf, x, axes, keep) =>
      withNaN(tf, x, axes, keep, tf.min(x, axes, keep)),
    ),
  ReduceProd: (call, attrs) => reduce(call, attrs, 1, (tf, x, axes, keep) => tf.prod(x, axes, keep)),
  ReduceL2: (call, attrs) =>
    attrs.axes.length === 0
      ? call.tf.abs(input(call, 0))
      : reduce(call, attrs, 0, (tf, x, axes, keep) => tf.sqrt(tf.sum(tf.mul(x, x), axes, keep))),
  ArgMax: (call, { axis }) => argument(call, axis, (tf) => tf.argMax),
  ArgMin: (call, { axis }) => argument(call, axis, (tf) => tf.argMin),
  CumSum: (call, { axis, exclusive, reverse }) => call.tf.cumsum(input(call, 0), axis, exclusive, reverse),
  Softmax: (call, { axis }) => {
    const { tf } = call;
    const x = input(call, 0);
    const powers = tf.exp(tf.sub(x, tf.max(x, axis, true)));
    return tf.div(powers, tf.sum(powers, axis, true));
  },
  LogSoftmax: (call, { axis }) => {
    const { tf } = call;
    const x = input(call, 0);
    const moved = tf.sub(x, tf.max(x, axis, true));
    return tf.sub(moved, tf.log(tf.sum(tf.exp(moved), axis, true)));
  },
  LayerNormalization: (call, { axis, epsilon }) => {
    const { tf } = call;
    const x = input(call, 0);
    const axes = x.shape.map((_, d) => d).slice(axis);
    const centred = tf.sub(x, tf.mean(x, axes, true));
    const variance = tf.mean(tf.mul(centred, centred), axes, true);
    const normed = tf.div(centred, tf.sqrt(tf.add(variance, epsilon)));
    const scaled = tf.mul(normed, input(call, 1));
    const bias = call.inputs[2];
    return bias === undefined ? scaled : tf.add(scaled, bias);
  },
  BatchNormalization: (call, { epsilon }) => {
    const { tf } = call;
    const x = input(call, 0);
    const perChannel = x.shape.slice(1).map((size, d) => (d === 0 ? size : 1));
    const [scale, bias, mean, variance] = [
      tf.reshape(input(call, 1), perChannel),
      tf.reshape(input(call, 2), perChannel),
      tf.reshape(input(call, 3), perChannel),
      tf.reshape(input(call, 4), perChannel),
    ];
    return tf.add(tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, epsilon))), scale), bias);
  },
} satisfies TfjsGroup<'reduce' | 'normalise'>;

type Summary = (tf: Tf, x: TfTensor, axes: number[], keepdims: boolean) => TfTensor;

const sum: Summary = (tf, x, axes, keepdims) => tf.sum(x, axes, keepdims);

/** No axes means none (TensorFlow.js may take it for all). What nothing sums to is `ofNothing`; its engines read stray memory there. */
function reduce(
  call: TfjsCall,
  { axes, keepdims }: ReduceAttrs,
  ofNothing: number,
  summary: Summary,
): TfTensor {
  const x = input(call, 0);
  if (axes.length === 0) return x;
  if (!axes.some((axis) => x.shape[axis] === 0)) return summary(call.tf, x, mutable(axes), keepdims);
  if (x.dtype === 'int32' && !Number.isFinite(ofNothing)) {
    throw runFailure(call.backend, `${call.name} of no whole numbers at all`, 'use `ort:cpu`');
  }
  return call.tf.fill(mutable(call.dims), ofNothing, x.dtype === 'int32' ? 'int32' : 'float32');
}

/** The engines disagree on a NaN that is not first; here it stays. */
function withNaN(tf: Tf, x: TfTensor, axes: number[], keepdims: boolean, found: TfTensor): TfTensor {
  if (x.dtype !== 'float32') return found;
  // Counted, since `any` of nothing is true.
  const any = tf.greater(tf.sum(tf.cast(tf.isNaN(x), 'int32'), axes, keepdims), 0);
  return tf.where(any, tf.fill(found.shape, Number.NaN), found);
}

/** The first of equals. A NaN is never better. */
function argument(
  call: TfjsCall,
  axis: number,
  of: (tf: Tf) => (x: TfTensor, axis: number) => TfTensor,
): TfTensor {
  const x = input(call, 0);
  const numbers = x.dtype === 'bool' ? call.tf.cast(x, 'int32') : x;
  return call.tf.reshape(of(call.tf)(numbers, axis), mutable(call.dims));
}
