// Reading of operators that the tensor graph writes with others: activations, normalisations, reductions of logarithms, and the moves
// between depth and space. Each is written out as ONNX defines it, so that what lies inside can be read and changed.
import type { ValueId } from '../ir/graph.js';
import type { Op, OpAttrs, OpName } from '../ir/op.js';
import type { Axis, Dim } from '../ir/tensor-type.js';
import type { NodeReader, NodeRule } from './node-reader.js';
import { readOpaque } from './read-opaque.js';

type AttributeFree = { [N in OpName]: keyof OpAttrs[N] extends never ? N : never }[OpName];

export const composedRules: Readonly<Record<string, NodeRule>> = {
  Softsign: (n) => {
    const x = n.input(0);
    return apply(n, 'Div', x, apply(n, 'Add', one(n), apply(n, 'Abs', x)));
  },
  Mish: (n) => apply(n, 'Mul', n.input(0), apply(n, 'Tanh', apply(n, 'Softplus', n.input(0)))),
  Selu: (n) => {
    const alpha = n.float('alpha', Math.fround(1.6732632));
    const elu = n.add({ name: 'Elu', attrs: { alpha } }, n.input(0));
    return apply(n, 'Mul', elu, number(n, n.float('gamma', Math.fround(1.050701))));
  },
  Celu: (n) => {
    // alpha (exp(x / alpha) - 1) below 0: Elu of x / alpha, times alpha
    const alpha = number(n, n.float('alpha', 1));
    const elu = n.add({ name: 'Elu', attrs: { alpha: 1 } }, apply(n, 'Div', n.input(0), alpha));
    return apply(n, 'Mul', elu, alpha);
  },
  ThresholdedRelu: (n) => {
    const above = apply(n, 'Greater', n.input(0), number(n, n.float('alpha', 1)));
    return apply(n, 'Where', above, n.input(0), number(n, 0));
  },
  Shrink: (n) => {
    const x = n.input(0);
    const lambda = n.float('lambd', 0.5);
    const bias = number(n, n.float('bias', 0));
    const low = apply(n, 'Less', x, number(n, -lambda));
    const high = apply(n, 'Greater', x, number(n, lambda));
    const shrunk = apply(n, 'Where', high, apply(n, 'Sub', x, bias), number(n, 0));
    return apply(n, 'Where', low, apply(n, 'Add', x, bias), shrunk);
  },
  Sinh: (n) => hyperbolic(n, 'Sub'),
  Cosh: (n) => hyperbolic(n, 'Add'),
  Tan: (n) => apply(n, 'Div', apply(n, 'Sin', n.input(0)), apply(n, 'Cos', n.input(0))),
  RMSNormalization: (n) => {
    const x = n.input(0);
    const rank = n.type(0).axes.length;
    const axes = range(n.axis(n.int('axis', -1), rank), rank);
    const square = apply(n, 'Mul', x, x);
    const mean = n.add({ name: 'ReduceMean', attrs: { axes, keepdims: true } }, square);
    const shifted = apply(n, 'Add', mean, number(n, n.float('epsilon', Math.fround(1e-5))));
    return apply(n, 'Mul', apply(n, 'Div', x, apply(n, 'Sqrt', shifted)), n.input(1));
  },
  InstanceNormalization: (n) => {
    const rank = n.type(0).axes.length;
    const { centred, deviation } = moments(
      n,
      n.input(0),
      range(2, rank),
      n.float('epsilon', Math.fround(1e-5)),
    );
    return perChannel(n, apply(n, 'Div', centred, deviation), rank);
  },
  GroupNormalization: (n) => {
    // Before operator set 21 scale and bias were per group; that form was withdrawn.
    if (n.opset < 21) return readOpaque(n, [n.type(0)]);
    const { axes } = n.type(0);
    const groups = n.int('num_groups', 0);
    const channels = axes[1]?.size;
    if (typeof channels !== 'number' || groups < 1 || channels % groups !== 0)
      return n.fail('shape', `cannot split its channels into ${groups} groups`);
    const [batch, , ...rest] = axes;
    if (batch === undefined) return n.fail('shape', 'has no batch axis');
    const grouped = named([batch.size, groups, channels / groups, ...rest.map((a) => a.size)], batch);
    const split = n.reshape(n.input(0), grouped);
    const { centred, deviation } = moments(
      n,
      split,
      range(2, grouped.length),
      n.float('epsilon', Math.fround(1e-5)),
    );
    return perChannel(n, n.reshape(apply(n, 'Div', centred, deviation), axes), axes.length);
  },
  ReduceLogSum: (n) => apply(n, 'Log', reduced(n, n.input(0), 'ReduceSum')),
  ReduceLogSumExp: (n) => {
    // The largest is taken out first: exp of it would overflow.
    const top = reducedKeeping(n, n.input(0), 'ReduceMax');
    const moved = apply(n, 'Sub', n.input(0), top);
    const sum = reduced(n, apply(n, 'Exp', moved), 'ReduceSum');
    return apply(n, 'Add', apply(n, 'Log', sum), reduced(n, n.input(0), 'ReduceMax'));
  },
  DepthToSpace: (n) => {
    const { batch, channels, height, width, block } = planes(n);
    const inner = channels / block ** 2;
    if (!Number.isInteger(inner))
      return n.fail('shape', `cannot spread ${channels} channels over blocks of ${block}`);
    const isColumnRowDepth = n.string('mode', 'DCR') === 'CRD';
    const split = isColumnRowDepth
      ? [batch.size, inner, block, block, height, width]
      : [batch.size, block, block, inner, height, width];
    const perm = isColumnRowDepth ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2];
    const moved = n.add({ name: 'Transpose', attrs: { perm } }, n.reshape(n.input(0), named(split, batch)));
    return n.reshape(moved, named([batch.size, inner, height * block, width * block], batch));
  },
  SpaceToDepth: (n) => {
    const { batch, channels, height, width, block } = planes(n);
    const [rows, columns] = [height / block, width / block];
    if (!Number.isInteger(rows) || !Number.isInteger(columns))
      return n.fail('shape', `cannot cut a plane of ${height} by ${width} into blocks of ${block}`);
    const split = named([batch.size, channels, rows, block, columns, block], batch);
    const moved = n.add(
      { name: 'Transpose', attrs: { perm: [0, 3, 5, 1, 2, 4] } },
      n.reshape(n.input(0), split),
    );
    return n.reshape(moved, named([batch.size, channels * block ** 2, rows, columns], batch));
  },
};

/** The second and third result of LayerNormalization: the mean, and one over the standard deviation. */
export function layerStatistics(n: NodeReader, axis: number, epsilon: number): readonly ValueId[] {
  const { mean, deviation } = moments(n, n.input(0), range(axis, n.type(0).axes.length), epsilon);
  return [mean, apply(n, 'Reciprocal', deviation)];
}

function apply(n: NodeReader, name: AttributeFree, ...inputs: readonly ValueId[]): ValueId {
  return n.add({ name, attrs: {} } as Op, ...inputs); // every name of `AttributeFree` has the empty attributes
}

/** A scalar of the first input's element type. */
function number(n: NodeReader, value: number): ValueId {
  return n.constant(n.type(0).dtype, value);
}

function one(n: NodeReader): ValueId {
  return number(n, 1);
}

/** (exp(x) ± exp(-x)) / 2 */
function hyperbolic(n: NodeReader, name: 'Add' | 'Sub'): ValueId {
  const x = n.input(0);
  const both = apply(n, name, apply(n, 'Exp', x), apply(n, 'Exp', apply(n, 'Neg', x)));
  return apply(n, 'Mul', both, number(n, 0.5));
}

function moments(n: NodeReader, x: ValueId, axes: readonly number[], epsilon: number) {
  const average = (value: ValueId) => n.add({ name: 'ReduceMean', attrs: { axes, keepdims: true } }, value);
  const mean = average(x);
  const centred = apply(n, 'Sub', x, mean);
  const variance = average(apply(n, 'Mul', centred, centred));
  const deviation = apply(n, 'Sqrt', apply(n, 'Add', variance, number(n, epsilon)));
  return { mean, centred, deviation };
}

/** Times the scale (input 1) plus the bias (input 2), both along axis 1. */
function perChannel(n: NodeReader, value: ValueId, rank: number): ValueId {
  const wide = (index: number) => {
    const [channel] = n.type(index).axes;
    if (channel === undefined) return n.fail('shape', `has a scalar as input ${index}`);
    return n.reshape(
      n.input(index),
      range(1, rank).map((d) => (d === 1 ? channel : { name: `_${d}`, size: 1 })),
    );
  };
  return apply(n, 'Add', apply(n, 'Mul', value, wide(1)), wide(2));
}

function reduced(n: NodeReader, value: ValueId, name: 'ReduceSum' | 'ReduceMax'): ValueId {
  return reduceBy(n, value, name, n.int('keepdims', 1) === 1);
}

function reducedKeeping(n: NodeReader, value: ValueId, name: 'ReduceMax'): ValueId {
  return reduceBy(n, value, name, true);
}

function reduceBy(
  n: NodeReader,
  value: ValueId,
  name: 'ReduceSum' | 'ReduceMax',
  keepdims: boolean,
): ValueId {
  const rank = n.typeOf(value).axes.length;
  const given = n.listed('axes', 1);
  const isEmpty = given === undefined || given.length === 0;
  const listed = isEmpty ? range(0, rank) : given.map((a) => n.axis(a, rank));
  const axes =
    isEmpty && n.int('noop_with_empty_axes', 0) === 1 ? [] : [...new Set(listed)].sort((a, b) => a - b);
  return n.add({ name, attrs: { axes, keepdims } }, value);
}

/** An image [batch, channel, height, width] whose planes have known sizes. */
function planes(n: NodeReader) {
  const [batch, ...rest] = n.type(0).axes;
  const [channels, height, width] = rest.map((a) => a.size);
  const block = n.int('blocksize', 0);
  if (
    batch === undefined ||
    typeof channels !== 'number' ||
    typeof height !== 'number' ||
    typeof width !== 'number' ||
    block < 1
  ) {
    return n.fail('shape', 'needs a batch of planes of known size and a block of at least 1');
  }
  return { batch, channels, height, width, block };
}

/** Anonymous axes of the given sizes behind the batch axis. */
function named(sizes: readonly Dim[], batch: Axis): readonly Axis[] {
  return sizes.map((size, i) => (i === 0 ? batch : { name: `_${i}`, size }));
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
}
