// Reading of elementwise operators, reductions and normalisations, in the forms of opsets 9 to 23.
import type { ValueId } from '../ir/graph.js';
import type { Op, OpAttrs, OpName, ReduceAttrs } from '../ir/op.js';
import type { DType } from '../ir/tensor-type.js';
import type { NodeReader, NodeRule } from './node-reader.js';
import { layerStatistics } from './read-composed.js';
import { readOpaque } from './read-opaque.js';
import { dtypeOfCode } from './wire.js';

type AttributeFree = { [N in OpName]: keyof OpAttrs[N] extends never ? N : never }[OpName];

const UNARY = [
  'Neg',
  'Abs',
  'Exp',
  'Log',
  'Sqrt',
  'Reciprocal',
  'Erf',
  'Tanh',
  'Sigmoid',
  'Relu',
  'Sin',
  'Cos',
  'Floor',
  'Ceil',
  'Round',
  'Sign',
  'Not',
  'IsNaN',
  'Softplus',
] as const;
const BINARY = [
  'Add',
  'Sub',
  'Mul',
  'Div',
  'Equal',
  'Less',
  'LessOrEqual',
  'Greater',
  'GreaterOrEqual',
  'And',
  'Or',
  'Xor',
] as const;
const REDUCTIONS = ['ReduceSum', 'ReduceMean', 'ReduceMax', 'ReduceMin', 'ReduceProd', 'ReduceL2'] as const;

function plain(name: AttributeFree): Op {
  return { name, attrs: {} } as Op; // every name of `AttributeFree` has the empty attributes
}

export const mathRules: Readonly<Record<string, NodeRule>> = {
  ...Object.fromEntries(
    UNARY.map((name): [string, NodeRule] => [name, (n) => n.add(plain(name), n.input(0))]),
  ),
  ...Object.fromEntries(
    BINARY.map((name): [string, NodeRule] => [name, (n) => n.add(plain(name), n.input(0), n.input(1))]),
  ),
  ...Object.fromEntries(
    REDUCTIONS.map((name): [string, NodeRule] => [name, (n) => reduce(n, n.input(0), name)]),
  ),
  ReduceL1: (n) => reduce(n, n.add(plain('Abs'), n.input(0)), 'ReduceSum'),
  ReduceSumSquare: (n) => reduce(n, n.add(plain('Mul'), n.input(0), n.input(0)), 'ReduceSum'),
  Identity: (n) => n.input(0),
  IsInf: (n) => {
    const found = n.add({ name: 'IsInf', attrs: {} }, n.input(0));
    const zero = n.constant(n.type(0).dtype, 0);
    const above = n.add(plain('Greater'), n.input(0), zero);
    if (n.int('detect_negative', 1) === 0) {
      const positive = n.add(plain('And'), found, above);
      return n.int('detect_positive', 1) === 1
        ? positive
        : n.add(plain('And'), positive, n.add(plain('Not'), above));
    }
    return n.int('detect_positive', 1) === 1 ? found : n.add(plain('And'), found, n.add(plain('Not'), above));
  },
  Dropout: (n) => dropout(n),
  Cast: (n) => {
    const to = dtypeOfCode(n.int('to', 0));
    return to === undefined
      ? n.fail('dtype', `casts to element type ${n.int('to', 0)}`)
      : n.castTo(n.input(0), to);
  },
  CastLike: (n) => n.castTo(n.input(0), n.type(1).dtype),
  LeakyRelu: (n) =>
    n.add({ name: 'LeakyRelu', attrs: { alpha: n.float('alpha', Math.fround(0.01)) } }, n.input(0)),
  Elu: (n) => n.add({ name: 'Elu', attrs: { alpha: n.float('alpha', 1) } }, n.input(0)),
  HardSigmoid: (n) =>
    n.add(
      {
        name: 'HardSigmoid',
        attrs: { alpha: n.float('alpha', Math.fround(0.2)), beta: n.float('beta', 0.5) },
      },
      n.input(0),
    ),
  HardSwish: (n) => {
    const gate = n.add({ name: 'HardSigmoid', attrs: { alpha: Math.fround(1 / 6), beta: 0.5 } }, n.input(0));
    return n.add(plain('Mul'), n.input(0), gate);
  },
  PRelu: (n) => {
    const below = n.add(plain('Less'), n.input(0), n.constant(n.type(0).dtype, 0));
    return n.add(plain('Where'), below, n.add(plain('Mul'), n.input(0), n.input(1)), n.input(0));
  },
  Gelu: (n) => {
    const approximate = n.string('approximate', 'none') === 'tanh' ? 'tanh' : 'none';
    return n.add({ name: 'Gelu', attrs: { approximate } }, n.input(0));
  },
  Clip: (n) => clip(n),
  Pow: (n) => n.add({ name: 'Pow', attrs: {} }, n.input(0), n.castTo(n.input(1), n.type(0).dtype)),
  Mod: (n) => {
    const isFloat = n.type(0).dtype.startsWith('f');
    if (isFloat || n.int('fmod', 0) === 0) return n.add({ name: 'Mod', attrs: {} }, n.input(0), n.input(1));
    // C's % on integers: the quotient is cut towards zero
    const quotient = n.add(plain('Div'), n.input(0), n.input(1));
    return n.add(plain('Sub'), n.input(0), n.add(plain('Mul'), n.input(1), quotient));
  },
  Min: (n) => fold(n, 'Min'),
  Max: (n) => fold(n, 'Max'),
  Sum: (n) => fold(n, 'Add'),
  Mean: (n) => n.add(plain('Div'), fold(n, 'Add'), n.constant(n.type(0).dtype, n.inputs().length)),
  Where: (n) => n.add(plain('Where'), n.input(0), n.input(1), n.input(2)),
  ArgMax: (n) => argument(n, 'ArgMax'),
  ArgMin: (n) => argument(n, 'ArgMin'),
  CumSum: (n) => {
    const axis = n.axis(n.numbers(1)[0] ?? 0, n.type(0).axes.length);
    const attrs = { axis, exclusive: n.int('exclusive', 0) === 1, reverse: n.int('reverse', 0) === 1 };
    return n.add({ name: 'CumSum', attrs }, n.input(0));
  },
  Softmax: (n) => softmax(n, 'Softmax'),
  LogSoftmax: (n) => softmax(n, 'LogSoftmax'),
  LayerNormalization: (n) => {
    const axis = n.axis(n.int('axis', -1), n.type(0).axes.length);
    const epsilon = n.float('epsilon', Math.fround(1e-5));
    const value = n.add({ name: 'LayerNormalization', attrs: { axis, epsilon } }, ...n.inputs());
    const wantsMore = n.wire.outputs.slice(1).some((name) => name !== '');
    return wantsMore ? [value, ...layerStatistics(n, axis, epsilon)] : value;
  },
  BatchNormalization: (n) => {
    onlyFirstOutput(n);
    if (n.int('training_mode', 0) === 1) return n.fail('operator', 'is in training mode');
    return n.add(
      { name: 'BatchNormalization', attrs: { epsilon: n.float('epsilon', Math.fround(1e-5)) } },
      ...n.inputs(),
    );
  },
  OneHot: (n) => oneHot(n),
};

export function onlyFirstOutput(node: NodeReader): void {
  if (node.wire.outputs.slice(1).some((name) => name !== ''))
    node.fail('operator', 'has more than one result, which is not supported');
}

function dropout(n: NodeReader): readonly ValueId[] {
  const value = n.input(0);
  const isTraining = n.has(2) && (n.content(2)?.items[0] ?? 1) !== 0;
  if (isTraining) return n.fail('operator', 'is in training mode');
  if (n.wire.outputs.length < 2) return [value];
  const all = n.add({ name: 'Expand', attrs: { axes: n.typeOf(value).axes } }, n.constant('bool', 1));
  return [value, all];
}

function clip(n: NodeReader): ValueId {
  if (n.hasAttribute('min') || n.hasAttribute('max') || n.opset < 11) {
    const bound = (name: string) => (n.hasAttribute(name) ? n.float(name, 0) : null);
    return n.add({ name: 'Clip', attrs: { min: bound('min'), max: bound('max') } }, n.input(0));
  }
  const bound = (index: number) => (n.has(index) ? n.content(index)?.items[0] : null);
  const min = bound(1);
  const max = bound(2);
  if ((min === null || typeof min === 'number') && (max === null || typeof max === 'number')) {
    return n.add({ name: 'Clip', attrs: { min, max } }, n.input(0));
  }
  const low = n.has(1) ? n.add(plain('Max'), n.input(0), n.input(1)) : n.input(0);
  return n.has(2) ? n.add(plain('Min'), low, n.input(2)) : low;
}

function fold(n: NodeReader, name: 'Min' | 'Max' | 'Add'): ValueId {
  const [first, ...rest] = n.inputs();
  if (first === undefined) return n.fail('malformed', 'has no input');
  return rest.reduce((sum, next) => n.add(plain(name), sum, next), first);
}

function reduce(n: NodeReader, value: ValueId, name: (typeof REDUCTIONS)[number]): ValueId {
  const rank = n.typeOf(value).axes.length;
  const given = n.listed('axes', 1);
  const isEmpty = given === undefined || given.length === 0;
  if (isEmpty && n.int('noop_with_empty_axes', 0) === 1) return value;
  const listed = isEmpty ? Array.from({ length: rank }, (_, i) => i) : given.map((a) => n.axis(a, rank));
  const axes = [...new Set(listed)].sort((a, b) => a - b);
  const attrs: ReduceAttrs = { axes, keepdims: n.int('keepdims', 1) === 1 };
  return n.add({ name, attrs }, value);
}

function argument(n: NodeReader, name: 'ArgMax' | 'ArgMin'): ValueId | readonly ValueId[] {
  const axis = n.axis(n.int('axis', 0), n.type(0).axes.length);
  const value = n.add({ name, attrs: { axis, keepdims: n.int('keepdims', 1) === 1 } }, n.input(0));
  return n.int('select_last_index', 0) === 1 ? readOpaque(n, [n.typeOf(value)]) : value;
}

/** Before opset 13 the tensor is flattened to two axes at `axis` (1 unless given), and all of the second is normalised. */
function softmax(n: NodeReader, name: 'Softmax' | 'LogSoftmax'): ValueId {
  const value = n.input(0);
  const { axes } = n.typeOf(value);
  const isOld = n.opset < 13;
  const axis = n.axis(n.int('axis', isOld ? 1 : -1), axes.length);
  const isLast = axes.slice(axis + 1).every((a) => a.size === 1);
  if (!isOld || isLast) return n.add({ name, attrs: { axis } }, value);
  const flat = n.add({ name: 'Flatten', attrs: { axis } }, value);
  return n.reshape(n.add({ name, attrs: { axis: 1 } }, flat), axes);
}

function oneHot(n: NodeReader): ValueId {
  const [depth] = n.numbers(1);
  if (depth === undefined || !Number.isSafeInteger(depth) || depth < 1)
    return n.fail('shape', 'has an impossible depth');
  const whole = n.castTo(n.input(0), 'i64');
  const isNegative = n.add(plain('Less'), whole, n.constant('i64', 0));
  const wrapped = n.add(
    plain('Where'),
    isNegative,
    n.add(plain('Add'), whole, n.constant('i64', depth)),
    whole,
  );
  const hot = n.add(
    { name: 'OneHot', attrs: { axis: { name: `_${n.type(0).axes.length}`, size: depth } } },
    wrapped,
  );
  const spread = spreadValues(n, hot, n.type(2).dtype);
  const rank = n.typeOf(spread).axes.length;
  const axis = n.axis(n.int('axis', -1), rank);
  if (axis === rank - 1) return spread;
  const perm = Array.from({ length: rank - 1 }, (_, i) => i).toSpliced(axis, 0, rank - 1);
  return n.add({ name: 'Transpose', attrs: { perm } }, spread);
}

function spreadValues(n: NodeReader, hot: ValueId, dtype: DType): ValueId {
  const take = (start: number) => {
    const one = n.add({ name: 'Slice', attrs: { axis: 0, start, end: start + 1, step: 1 } }, n.input(2));
    return n.add({ name: 'Squeeze', attrs: { axes: [0] } }, one);
  };
  const numbers = n.content(2)?.items;
  if (numbers?.[0] === 0 && numbers[1] === 1) return n.castTo(hot, dtype);
  const isHot = n.add({ name: 'Cast', attrs: { to: 'bool' } }, hot);
  return n.add(plain('Where'), isHot, take(1), take(0));
}
