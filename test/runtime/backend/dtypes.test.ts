// The kernels of onnxruntime differ by element type; every operator the compiler builds for i64, bool and f64 must exist there.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Graph, GraphBuilder } from '../../../src/compiler/ir/graph.js';
import type { Op } from '../../../src/compiler/ir/op.js';
import { axis, type DType } from '../../../src/compiler/ir/tensor-type.js';
import { tensorOf } from '../../../src/runtime/backend/host-tensor.js';
import { openBackend } from '../../../src/runtime/backend/registry.js';
import { assertClose } from '../../support/close.js';

const test = suite('element types on ort:cpu');
const ort = await openBackend('ort:cpu', { workers: 1 });
const reference = await openBackend('reference');

type Row = { readonly op: Op; readonly inputs: readonly DType[] };
const none = {};
const reduce = { axes: [1], keepdims: false };
const number = ['f32', 'f64', 'i64', 'i32'] as const;

const rows: readonly Row[] = [
  ...(['Add', 'Sub', 'Mul', 'Min', 'Max', 'Pow'] as const).flatMap((name) =>
    number.map((d): Row => ({ op: { name, attrs: none }, inputs: [d, d] })),
  ),
  ...(['Add', 'Min', 'Max', 'Mul'] as const).flatMap((name) =>
    (['u8', 'i8'] as const).map((d): Row => ({ op: { name, attrs: none }, inputs: [d, d] })),
  ),
  ...(['Equal', 'Less', 'LessOrEqual', 'Greater', 'GreaterOrEqual'] as const).flatMap((name) =>
    ([...number, 'u8', 'i8'] as const).map((d): Row => ({ op: { name, attrs: none }, inputs: [d, d] })),
  ),
  { op: { name: 'Equal', attrs: none }, inputs: ['bool', 'bool'] },
  ...(['f32', 'f64', 'i64', 'i32', 'u8', 'i8', 'bool'] as const).flatMap((d): readonly Row[] => [
    { op: { name: 'Where', attrs: none }, inputs: ['bool', d, d] },
    { op: { name: 'Gather', attrs: { axis: 0 } }, inputs: [d, 'i64'] },
    { op: { name: 'GatherElements', attrs: { axis: 1 } }, inputs: [d, 'i64'] },
    { op: { name: 'Concat', attrs: { axis: 1, name: 'b', size: 6 } }, inputs: [d, d] },
    { op: { name: 'Slice', attrs: { axis: 1, start: 2, end: null, step: -1 } }, inputs: [d] },
    { op: { name: 'Transpose', attrs: { perm: [1, 0] } }, inputs: [d] },
    { op: { name: 'Expand', attrs: { axes: [axis('z', 2), axis('a', 2), axis('b', 3)] } }, inputs: [d] },
    { op: { name: 'Cast', attrs: { to: 'f32' } }, inputs: [d] },
    { op: { name: 'Cast', attrs: { to: 'bool' } }, inputs: [d] },
    { op: { name: 'Identity', attrs: none }, inputs: [d] },
    { op: { name: 'Pad', attrs: { pads: [0, 1, 0, 2], value: 1 } }, inputs: [d] },
  ]),
  ...number.flatMap((d): readonly Row[] => [
    { op: { name: 'ReduceSum', attrs: reduce }, inputs: [d] },
    { op: { name: 'ReduceMax', attrs: reduce }, inputs: [d] },
    { op: { name: 'ReduceMin', attrs: reduce }, inputs: [d] },
    { op: { name: 'ArgMax', attrs: { axis: 1, keepdims: false } }, inputs: [d] },
    { op: { name: 'ArgMin', attrs: { axis: 1, keepdims: true } }, inputs: [d] },
    { op: { name: 'CumSum', attrs: { axis: 1, exclusive: false, reverse: false } }, inputs: [d] },
    { op: { name: 'Abs', attrs: none }, inputs: [d] },
    { op: { name: 'Neg', attrs: none }, inputs: [d] },
    { op: { name: 'Sign', attrs: none }, inputs: [d] },
    { op: { name: 'Clip', attrs: { min: 0, max: 1 } }, inputs: [d] },
  ]),
  { op: { name: 'Mod', attrs: none }, inputs: ['f64', 'f64'] },
  { op: { name: 'Div', attrs: none }, inputs: ['f64', 'f64'] },
  ...(['Softmax', 'LogSoftmax'] as const).map(
    (name): Row => ({ op: { name, attrs: { axis: 1 } }, inputs: ['f64'] }),
  ),
  ...(
    ['Exp', 'Sqrt', 'Sigmoid', 'Tanh', 'Reciprocal', 'Relu', 'Log', 'Floor', 'Round', 'IsNaN'] as const
  ).map((name): Row => ({ op: { name, attrs: none }, inputs: ['f64'] })),
  { op: { name: 'ReduceMean', attrs: reduce }, inputs: ['f64'] },
  { op: { name: 'OneHot', attrs: { axis: axis('vocab', 4) } }, inputs: ['i32'] },
  { op: { name: 'GatherND', attrs: { batchDims: 0 } }, inputs: ['f32', 'i32'] },
];

for (const { op, inputs } of rows) {
  test(`${op.name} ${JSON.stringify(op.attrs)} of ${inputs.join(', ')} equals the reference`, async () => {
    const graph = graphOf(op, inputs);
    const feeds = new Map(
      inputs.map((dtype, i) => [`x${i}`, tensorOf(dtype, dimsOf(op, i), valuesOf(op, dtype, i))]),
    );
    const [left, right] = await Promise.all(
      [ort, reference].map(async (backend) => {
        const options = { weights: 'inputs', lookupWeight: () => tensorOf('f32', [], [0]) } as const;
        return (await (await backend.compile(graph, options)).run(feeds)).outputs.get('y');
      }),
    );
    assert.is(left?.dtype, right?.dtype);
    assert.equal(left?.dims, right?.dims);
    assertClose(Array.from(left?.data ?? [], Number), Array.from(right?.data ?? [], Number), {
      rtol: 1e-6,
      atol: 1e-7,
    });
  });
}

test.after(() => ort.dispose());

function graphOf(op: Op, inputs: readonly DType[]): Graph {
  const b = new GraphBuilder();
  const values = inputs.map((dtype, i) => {
    const axes = dimsOf(op, i).map((size, k) => axis(`_${k}`, size));
    return b.input(`x${i}`, { dtype, axes });
  });
  return b.build([{ name: 'y', value: b.add(op, ...values) }]);
}

function dimsOf(op: Op, input: number): readonly number[] {
  return op.name === 'GatherND' && input === 1 ? [2, 2] : [2, 3];
}

function valuesOf(op: Op, dtype: DType, input: number): readonly number[] {
  if (op.name.startsWith('Gather') && input === 1)
    return op.name === 'GatherND' ? [0, 1, 1, 2] : [0, 1, 1, 0, 1, 0];
  if (op.name === 'Pow' && input === 1) return [2, 1, 3, 0, 2, 2];
  if (dtype === 'bool') return [0, 1, 1, 0, 1, 0];
  if (dtype === 'u8' || op.name === 'OneHot') return input === 0 ? [3, 0, 1, 2, 2, 1] : [1, 2, 1, 3, 2, 0];
  if (dtype.startsWith('f')) return input === 0 ? [1.5, -2.25, 3, 0.5, 3, -1] : [2, -2.25, 1, 0.25, 4, -3];
  return input === 0 ? [1, -2, 3, 5, 5, -1] : [2, -2, 1, 4, 4, -3];
}

test.run();
