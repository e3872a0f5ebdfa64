// Small models in the forms that files from the wild use. The oracle is onnxruntime on the bytes themselves: what we read must
// compute the same on the reference evaluator, and again after being written by us and run by onnxruntime.
import { existsSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { DType } from '../../../src/compiler/ir/tensor-type.js';
import { readOnnx } from '../../../src/compiler/onnx/read.js';
import { encodeModel, type WireTensor, type WriteNode } from '../../../src/compiler/onnx/wire.js';
import { bytesOf, type HostTensor, tensorOf } from '../../../src/runtime/backend/host-tensor.js';
import { openBackend } from '../../../src/runtime/backend/registry.js';
import { inMemory } from '../../support/external-file.js';
import { compareWith, i64, n, runRaw, stored, wave } from './onnx-models.js';

const test = suite('reading ONNX files');
const engine = await openBackend('ort:cpu', { workers: 1 });
const reference = await openBackend('reference');

type Input = {
  readonly name: string;
  readonly dtype: DType;
  readonly dims: readonly (number | string | null)[];
};
type Case = {
  readonly opset: number;
  readonly nodes: readonly WriteNode[];
  readonly inputs?: readonly Input[];
  readonly stored?: readonly WireTensor[];
  /** Operators that stay opaque; none unless listed. */
  readonly opaque?: readonly string[];
};

const BATCH: readonly Input[] = [{ name: 'x', dtype: 'f32', dims: ['batch', 4, 6] }];
const IMAGE: readonly Input[] = [{ name: 'x', dtype: 'f32', dims: ['batch', 3, 8, 8] }];
const SEQUENCE: readonly Input[] = [{ name: 'x', dtype: 'f32', dims: ['batch', 'seq', 6] }];

const cases: Readonly<Record<string, Case>> = {
  'softmax before opset 13 normalises everything after its axis': {
    opset: 11,
    nodes: [n('Softmax', 'x', 'y')],
  },
  'softmax before opset 13 on the last axis': { opset: 11, nodes: [n('Softmax', 'x', 'y', { axis: 2 })] },
  'log-softmax from opset 13 takes the last axis': { opset: 13, nodes: [n('LogSoftmax', 'x', 'y')] },
  'slice with attributes': {
    opset: 9,
    nodes: [n('Slice', 'x', 'y', { starts: [1, 0], ends: [2147483647, -1], axes: [1, 2] })],
  },
  'slice with negative steps and far ends': {
    opset: 13,
    stored: [i64('s', -1, 1), i64('e', -9007199254740992, 1000000000), i64('a', 1, 2), i64('t', -1, 2)],
    nodes: [n('Slice', 'x s e a t', 'y')],
  },
  'clip with attributes': { opset: 9, nodes: [n('Clip', 'x', 'y', { min: -0.5, max: 0.75 })] },
  'clip with an upper bound only': {
    opset: 13,
    stored: [stored('m', 'f32', [], [0.5])],
    nodes: [n('Clip', 'x _ m', 'y')],
  },
  'pad with attributes': { opset: 9, nodes: [n('Pad', 'x', 'y', { pads: [0, 1, 0, 0, 0, 2], value: 1.5 })] },
  'pad of some axes': {
    opset: 18,
    stored: [i64('p', 1, 2), stored('v', 'f32', [], [-1]), i64('a', -1)],
    nodes: [n('Pad', 'x p v a', 'y')],
  },
  'pad by reflection stays opaque and runs': {
    opset: 13,
    stored: [i64('p', 0, 0, 1, 0, 0, 1)],
    nodes: [n('Pad', 'x p', 'y', { mode: 'reflect' })],
    opaque: ['Pad'],
  },
  'squeeze and unsqueeze with attributes': {
    opset: 9,
    nodes: [
      n('Unsqueeze', 'x', 'a', { axes: [1, 3] }),
      n('Squeeze', 'a', 'b', { axes: [3] }),
      n('Squeeze', 'b', 'y', { axes: [-3] }),
    ],
  },
  'split in given and in equal parts': {
    opset: 13,
    stored: [i64('p', 1, 3)],
    nodes: [
      n('Split', 'x p', 'a b', { axis: 1 }),
      n('Split', 'x', 'c d e', { axis: -1 }),
      n('Concat', 'b b', 'f', { axis: 1 }),
      n('Sub', 'c e', 'g'),
      n('Add', 'g d', 'h'),
      n('ReduceSum', 'f', 's', { keepdims: 0 }),
      n('Add', 'h s', 'y'),
    ],
  },
  tile: { opset: 13, stored: [i64('r', 2, 1, 3)], nodes: [n('Tile', 'x r', 'y')] },
  'flatten at several axes': { opset: 13, nodes: [n('Flatten', 'x', 'y', { axis: 2 })] },
  'reshape by a computed shape': {
    opset: 13,
    stored: [i64('zero', 0), i64('minus', -1), i64('six', 6)],
    inputs: SEQUENCE,
    nodes: [
      n('Shape', 'x', 's'),
      n('Gather', 's zero', 'b'),
      n('Concat', 'b minus', 'to', { axis: 0 }),
      n('Reshape', 'x to', 'y'),
    ],
  },
  'reshape that splits heads and joins them again': {
    opset: 14,
    stored: [i64('split', 0, 0, 2, -1), i64('join', 0, -1, 6)],
    inputs: SEQUENCE,
    nodes: [
      n('Reshape', 'x split', 'a'),
      n('Transpose', 'a', 'b', { perm: [0, 2, 1, 3] }),
      n('Transpose', 'b', 'c', { perm: [0, 2, 1, 3] }),
      n('Reshape', 'c join', 'y'),
    ],
  },
  'expand by a shape with -1 chosen by Where, as torch writes it': {
    opset: 13,
    stored: [i64('want', -1, 4, 6), i64('ones', 1, 1, 1), i64('m', -1), stored('w', 'f32', [1, 6], wave(6))],
    nodes: [
      n('Shape', 'x', 's'),
      n('Equal', 'want m', 'q'),
      n('Where', 'q s want', 'to'),
      n('Expand', 'w to', 'y'),
    ],
  },
  'a causal mask cut from a stored triangle': {
    opset: 13,
    stored: [
      stored(
        'tri',
        'f32',
        [8, 8],
        Array.from({ length: 64 }, (_, i) => (i % 8 <= Math.floor(i / 8) ? 1 : 0)),
      ),
      i64('zero', 0),
      i64('one', 1),
      i64('ax', 0),
      i64('ax1', 1),
    ],
    inputs: SEQUENCE,
    nodes: [
      n('Shape', 'x', 's'),
      n('Gather', 's one', 'len'),
      n('Slice', 'tri zero len ax', 'r'),
      n('Slice', 'r zero len ax1', 'y'),
    ],
  },
  'positions made by Range from the sequence length': {
    opset: 13,
    stored: [
      stored('zero', 'i64', [], [0]),
      stored('one', 'i64', [], [1]),
      stored('table', 'f32', [9, 6], wave(54)),
    ],
    inputs: SEQUENCE,
    nodes: [
      n('Shape', 'x', 's'),
      n('Gather', 's one', 'len'),
      n('Range', 'zero len one', 'p'),
      n('Gather', 'table p', 'e'),
      n('Add', 'x e', 'y'),
    ],
  },
  'a size used as a number': {
    opset: 13,
    stored: [stored('one', 'i64', [], [1])],
    inputs: SEQUENCE,
    nodes: [
      n('Shape', 'x', 's'),
      n('Gather', 's one', 'len'),
      n('Cast', 'len', 'f', { to: 1 }),
      n('Div', 'x f', 'y'),
    ],
  },
  'constant of shape': {
    opset: 13,
    inputs: SEQUENCE,
    nodes: [
      n('Shape', 'x', 's'),
      {
        ...n('ConstantOfShape', 's', 'c'),
        attributes: { value: { kind: 'tensor', value: stored('', 'f32', [1], [2.5]) } },
      },
      n('Mul', 'x c', 'y'),
    ],
  },
  trilu: { opset: 14, stored: [stored('k', 'i64', [], [1])], nodes: [n('Trilu', 'x k', 'y', { upper: 0 })] },
  'gemm with transposes and factors': {
    opset: 13,
    inputs: [{ name: 'x', dtype: 'f32', dims: ['batch', 6] }],
    stored: [stored('w', 'f32', [5, 6], wave(30)), stored('b', 'f32', [5], wave(5))],
    nodes: [n('Gemm', 'x w b', 'y', { transB: 1, alpha: 0.5, beta: 2 })],
  },
  'reductions with attributes and without axes': {
    opset: 11,
    nodes: [
      n('ReduceMean', 'x', 'a', { axes: [-1], keepdims: 1 }),
      n('ReduceL2', 'x', 'b', { axes: [1, 2], keepdims: 1 }),
      n('ReduceMax', 'x', 'c'),
      n('ReduceL1', 'x', 'd', { axes: [2] }),
      n('ReduceSumSquare', 'x', 'e', { axes: [1] }),
      n('Sum', 'a b c d e', 'y'),
    ],
  },
  'a reduction that asks to do nothing': {
    opset: 13,
    nodes: [n('ReduceSum', 'x', 'y', { noop_with_empty_axes: 1 })],
  },
  'arg-max, cast and one-hot': {
    opset: 13,
    stored: [stored('depth', 'i64', [], [4]), stored('v', 'f32', [2], [-1, 3])],
    nodes: [
      n('ArgMax', 'x', 'i', { axis: 1, keepdims: 0 }),
      n('Neg', 'i', 'm'),
      n('OneHot', 'm depth v', 'y', { axis: 1 }),
    ],
  },
  'activations with their defaults': {
    opset: 14,
    stored: [stored('slope', 'f32', [1], [0.2])],
    nodes: [
      n('LeakyRelu', 'x', 'a'),
      n('Elu', 'x', 'b'),
      n('HardSigmoid', 'x', 'c'),
      n('HardSwish', 'x', 'd'),
      n('Softplus', 'x', 'e'),
      n('PRelu', 'x slope', 'f'),
      n('Reciprocal', 'e', 'g'),
      n('Sum', 'a b c d e f g', 'y'),
    ],
  },
  'power with a whole exponent': {
    opset: 13,
    stored: [stored('two', 'i64', [], [2])],
    nodes: [n('Pow', 'x two', 'y')],
  },
  'min, max and mean of several': {
    opset: 13,
    stored: [stored('w', 'f32', [6], wave(6))],
    nodes: [n('Max', 'x w', 'a'), n('Min', 'x w a', 'b'), n('Mean', 'a b x', 'y')],
  },
  'dropout at inference': { opset: 13, nodes: [n('Dropout', 'x', 'y')] },
  'layer norm with defaults': {
    opset: 17,
    stored: [stored('w', 'f32', [6], wave(6)), stored('b', 'f32', [6], wave(6, 0.3))],
    nodes: [n('LayerNormalization', 'x w b', 'y')],
  },
  'batch norm': {
    opset: 9,
    stored: [
      stored('s', 'f32', [4], wave(4)),
      stored('b', 'f32', [4], wave(4)),
      stored('m', 'f32', [4], wave(4)),
      stored('v', 'f32', [4], [1, 2, 0.5, 3]),
    ],
    nodes: [n('BatchNormalization', 'x s b m v', 'y')],
  },
  'convolution that keeps the size': {
    opset: 11,
    inputs: IMAGE,
    stored: [stored('w', 'f32', [4, 3, 3, 2], wave(72)), stored('b', 'f32', [4], wave(4))],
    nodes: [n('Conv', 'x w b', 'y', { auto_pad: 'SAME_UPPER', strides: [2, 1] })],
  },
  'grouped, dilated convolution with pads': {
    opset: 11,
    inputs: IMAGE,
    stored: [stored('w', 'f32', [6, 1, 2, 2], wave(24))],
    nodes: [n('Conv', 'x w', 'y', { group: 3, dilations: [2, 2], pads: [1, 0, 1, 2] })],
  },
  pools: {
    opset: 12,
    inputs: IMAGE,
    nodes: [
      n('MaxPool', 'x', 'a', { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 }),
      n('AveragePool', 'a', 'b', { kernel_shape: [2, 2], auto_pad: 'SAME_LOWER' }),
      n('GlobalAveragePool', 'b', 'c'),
      n('GlobalMaxPool', 'b', 'd'),
      n('Add', 'c d', 'y'),
    ],
  },
  'an operator we do not know, whose type is its input': {
    opset: 18,
    nodes: [n('Asinh', 'x', 'a'), n('Neg', 'a', 'y')],
    opaque: ['Asinh'],
  },
  'nodes in any order': { opset: 13, nodes: [n('Neg', 'a', 'y'), n('Abs', 'x', 'a')] },
  'whole-number remainders of both kinds': {
    opset: 13,
    inputs: [{ name: 'x', dtype: 'i64', dims: ['batch', 4] }],
    stored: [i64('d', 3)],
    nodes: [
      n('Sub', 'x d', 's'),
      n('Mod', 's d', 'a'),
      n('Mod', 's d', 'b', { fmod: 1 }),
      n('Mul', 'a d', 'c'),
      n('Sub', 'c b', 'y'),
    ],
  },
};

for (const [name, one] of Object.entries(cases)) {
  test(`${name} (opset ${one.opset})`, async () => {
    const inputs = one.inputs ?? BATCH;
    const bytes = encodeModel({
      opsets: new Map([['', one.opset]]),
      nodes: one.nodes,
      initializers: one.stored ?? [],
      inputs,
      outputs: [{ name: 'y', dtype: outputType(one), dims: null }],
    });
    const read = readOnnx(bytes);
    if (read.kind === 'problem') throw new Error(`${read.problem.kind}: ${read.problem.text}`);
    assert.equal(
      read.value.opaque.map((o) => o.opType),
      one.opaque ?? [],
    );
    for (const [batch, seq] of [
      [1, 3],
      [3, 5],
    ] as const) {
      const feeds = new Map(inputs.map((input) => [input.name, feedOf(input, { batch, seq })]));
      const wanted = await runRaw(bytes, feeds);
      await compareWith(engine, read.value, feeds, wanted);
      if (one.opaque === undefined) await compareWith(reference, read.value, feeds, wanted);
    }
  });
}

test('weights, names and axes are those of the file', () => {
  const bytes = encodeModel({
    opsets: new Map([['', 13]]),
    nodes: [n('MatMul', 'x w', 'hidden'), n('Relu', 'hidden', 'y')],
    initializers: [stored('w', 'f32', [6, 2], wave(12))],
    inputs: [{ name: 'x', dtype: 'f32', dims: ['N', 'time steps', 6] }],
    outputs: [{ name: 'y', dtype: 'f32', dims: null }],
  });
  const read = readOnnx(bytes);
  if (read.kind === 'problem') throw new Error(read.problem.text);
  const { values, weights, graph, inputs, outputs } = read.value;
  assert.equal([...values.keys()].sort(), ['hidden', 'w', 'x', 'y']);
  assert.equal(outputs, ['y']);
  assert.equal(inputs[0]?.type.axes, [
    { name: 'example', size: 'example' },
    { name: '_1', size: 'time_steps' },
    { name: '_2', size: 6 },
  ]);
  const hidden = values.get('hidden');
  assert.is(hidden === undefined ? undefined : graph.nodes[hidden]?.op.name, 'MatMul');
  assert.equal([...weights.keys()], ['w']);
  assert.is(weights.get('w')?.read().length, 48);
});

test('half-precision weights keep their bits', () => {
  const bits = stored('h', 'f16', [2], [0x3c00, 0x8001]);
  const bytes = encodeModel({
    opsets: new Map([['', 13]]),
    nodes: [n('Cast', 'h', 'f', { to: 1 }), n('Add', 'x f', 'y')],
    initializers: [bits],
    inputs: [{ name: 'x', dtype: 'f32', dims: ['N', 2] }],
    outputs: [{ name: 'y', dtype: 'f32', dims: null }],
  });
  const read = readOnnx(bytes);
  assert.is(read.kind, 'ok');
  assert.equal(
    read.kind === 'ok' && [...(read.value.weights.get('h')?.read() ?? [])],
    [0x00, 0x3c, 0x01, 0x80],
  );
});

test('external data are read through the callback', async () => {
  const whole = bytesOf(tensorOf('f32', [8], [9, 9, 1, 2, 3, 4, 5, 6]));
  const bytes = encodeModel({
    opsets: new Map([['', 13]]),
    nodes: [n('Add', 'x w', 'y')],
    initializers: [
      {
        name: 'w',
        dtype: 'f32',
        dims: [6],
        bytes: null,
        external: { location: 'w.bin', offset: 8, length: 24 },
      },
    ],
    inputs: BATCH,
    outputs: [{ name: 'y', dtype: 'f32', dims: null }],
  });
  const read = readOnnx(bytes, { external: (path) => (path === 'w.bin' ? inMemory(whole) : undefined) });
  if (read.kind === 'problem') throw new Error(read.problem.text);
  assert.equal(read.value.weights.get('w')?.read(), whole.subarray(8));
});

const magika = new URL('../../../../shared/data/magika/model.onnx', import.meta.url);
const isMagikaHere = existsSync(magika);

test(`magika computes the same after reading and writing${isMagikaHere ? '' : ' (not run: the file is absent)'}`, async () => {
  if (!isMagikaHere) return;
  const bytes = readFileSync(magika);
  const read = readOnnx(bytes);
  if (read.kind === 'problem') throw new Error(read.problem.text);
  const values = Array.from({ length: 2 * 2048 }, (_, i) => (i * i * 7 + i) % 257);
  const feeds = new Map([['bytes', tensorOf('i32', [2, 2048], values)]]);
  const wanted = await runRaw(bytes, feeds, 'target_label');
  await compareWith(engine, read.value, feeds, wanted, 'target_label');
  assert.equal(read.value.opaque, []);
});

test.after(() => engine.dispose());

/** Only the kinds of cases above: whole numbers in, whole numbers out. */
function outputType(one: Case): DType {
  return one.inputs?.[0]?.dtype ?? 'f32';
}

function feedOf(input: Input, sizes: Readonly<Record<string, number>>): HostTensor {
  const dims = input.dims.map((d) => (typeof d === 'number' ? d : (sizes[d ?? ''] ?? 1)));
  const count = dims.reduce((a, b) => a * b, 1);
  return tensorOf(
    input.dtype,
    dims,
    input.dtype === 'i64' ? Array.from({ length: count }, (_, i) => i) : wave(count),
  );
}

test.run();
