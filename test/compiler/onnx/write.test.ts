import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { evaluateGraph } from '../../../src/compiler/ir/evaluate.js';
import { type Graph, GraphBuilder } from '../../../src/compiler/ir/graph.js';
import { tensor } from '../../../src/compiler/ir/tensor.js';
import { axis } from '../../../src/compiler/ir/tensor-type.js';
import { decodeElements, encodeElements, halfBits, halfValue } from '../../../src/compiler/onnx/elements.js';
import { type ImportedModel, readOnnx } from '../../../src/compiler/onnx/read.js';
import { decodeModel } from '../../../src/compiler/onnx/wire.js';
import { writeOnnx } from '../../../src/compiler/onnx/write.js';
import { tensorOf } from '../../../src/runtime/backend/host-tensor.js';
import { openBackend } from '../../../src/runtime/backend/registry.js';
import { assertClose } from '../../support/close.js';
import { loadOpCases } from '../../support/op-cases.js';
import { opNames } from '../../support/op-names.js';

const test = suite('writing ONNX files');

function readBack(bytes: Uint8Array): ImportedModel {
  const read = readOnnx(bytes);
  if (read.kind === 'problem') throw new Error(`${read.problem.kind}: ${read.problem.text}`);
  return read.value;
}

for (const op of opNames()) {
  for (const one of loadOpCases(op)) {
    if (op === 'Opaque') continue; // the next test
    test(`${op}: ${one.name}: written and read back, it computes the same`, () => {
      const weight = one.weight;
      const lookup = () => encodeElements(weight?.dtype ?? 'f32', Array.from(weight?.data ?? []));
      const written = writeOnnx(one.graph, { weights: 'constants', lookup });
      const model = readBack(written.bytes);
      const weights = new Map([...model.weights.values()].map((w) => [w.digest, w]));
      const found = evaluateGraph(model.graph, one.feeds, ({ digest }) => {
        const w = weights.get(digest);
        if (w === undefined) throw new Error(`no weight ${digest}`);
        return tensor(w.dtype, w.dims, decodeElements(w.dtype, w.read()));
      }).get('y');
      assert.equal(found?.dims, one.expected.dims);
      assert.is(found?.dtype, one.expected.dtype);
      assertClose(found?.data ?? [], one.expected.data, { rtol: 2e-6, atol: 1e-6 });
    });
  }
}

test('an opaque node keeps its domain, attributes and all its outputs', () => {
  const b = new GraphBuilder();
  const type = { dtype: 'f32', axes: [axis('_0', 4)] } as const;
  const x = b.input('x', type);
  const attrs = { opType: 'Custom', domain: 'com.example@3', attributes: '', outputs: 2, type };
  const first = b.add({ name: 'Opaque', attrs: { ...attrs, output: 0 } }, x);
  const second = b.add({ name: 'Opaque', attrs: { ...attrs, output: 1 } }, x);
  const graph = b.build([
    { name: 'a', value: first },
    { name: 'b', value: second },
  ]);
  const wire = decodeModel(writeOnnx(graph, { weights: 'inputs' }).bytes);
  const custom = wire.graph.nodes.filter((n) => n.opType === 'Custom');
  assert.is(custom.length, 1, 'one node, not one per output');
  assert.is(custom[0]?.outputs.length, 2);
  assert.is(custom[0]?.domain, 'com.example');
  assert.is(wire.opsets.get('com.example'), 3);
});

test('with weights as inputs the bytes do not depend on the weights', () => {
  const bytesFor = (digest: string) => writeOnnx(linear(digest), { weights: 'inputs' });
  assert.equal(bytesFor('one').bytes, bytesFor('two').bytes);
  assert.equal(bytesFor('one').weights, [{ name: 'w', wire: 'w', digest: 'one' }]);
  assert.equal(
    decodeModel(bytesFor('one').bytes).graph.inputs.map((i) => i.name),
    ['x', 'w'],
  );
});

test('symbols are named dimensions', () => {
  const { inputs } = decodeModel(writeOnnx(linear('w'), { weights: 'inputs' }).bytes).graph;
  assert.equal(inputs[0]?.dims, ['example', 3]);
});

test('names that clash are kept apart, and the caller is told how', () => {
  const b = new GraphBuilder();
  const type = { dtype: 'f32', axes: [axis('_0', 2)] } as const;
  const x = b.input('x', type);
  const w = b.weight({ name: 'x', digest: 'w', type });
  const graph = b.build([{ name: 'x', value: b.add({ name: 'Add', attrs: {} }, x, w) }]);
  const written = writeOnnx(graph, { weights: 'inputs' });
  const names = [...written.inputs, ...written.weights, ...written.outputs].map((one) => one.wire);
  assert.is(new Set(names).size, 3);
});

test('a size that only a sum or product of symbols gives is computed at run time', async () => {
  const b = new GraphBuilder();
  const x = b.input('x', { dtype: 'f32', axes: [axis('example', 'example'), axis('pos', 'pos')] });
  // Neither size is carried by an input: both must be computed from those that are.
  const many = b.add({ name: 'Iota', attrs: { axis: axis('_n', '2*example*pos+pos-1') } });
  const graph = b.build([
    { name: 'n', value: many },
    { name: 'x', value: x },
  ]);
  const backend = await openBackend('ort:cpu', { workers: 1 });
  const executable = await backend.compile(graph, {
    weights: 'inputs',
    lookupWeight: () => tensorOf('f32', [], [0]),
  });
  const { outputs } = await executable.run(new Map([['x', tensorOf('f32', [3, 4], new Array(12).fill(0))]]));
  assert.equal(outputs.get('n')?.dims, [27]);
  await backend.dispose();
});

test('halves are converted as IEEE 754 asks, for every bit pattern', () => {
  for (let bits = 0; bits < 0x10000; bits++) {
    const value = halfValue(bits);
    if (Number.isNaN(value)) assert.ok(Number.isNaN(halfValue(halfBits(value))));
    else assert.is(halfBits(value), bits);
  }
  // Halfway cases go to the even neighbour; 65520 is the first value that overflows.
  const cases = [
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
    [2 ** -25, 0],
    [65519, 0x7bff],
    [65520, 0x7c00],
  ] as const;
  for (const [value, bits] of cases) assert.is(halfBits(value), bits);
});

function linear(digest: string): Graph {
  const b = new GraphBuilder();
  const x = b.input('x', { dtype: 'f32', axes: [axis('example', 'example'), axis('_1', 3)] });
  const w = b.weight({ name: 'w', digest, type: { dtype: 'f32', axes: [axis('_1', 3), axis('_2', 2)] } });
  return b.build([{ name: 'y', value: b.add({ name: 'MatMul', attrs: {} }, x, w) }]);
}

test.run();
