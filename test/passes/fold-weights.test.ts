// Layout steps on weights: the folded graph with its derived weights must be what the reference evaluator makes of the original.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { evaluateGraph } from '../../src/compiler/ir/evaluate.js';
import { type Graph, GraphBuilder, type ValueId } from '../../src/compiler/ir/graph.js';
import { BYTES_OF } from '../../src/compiler/ir/memory.js';
import type { Op } from '../../src/compiler/ir/op.js';
import { tensor } from '../../src/compiler/ir/tensor.js';
import type { DType } from '../../src/compiler/ir/tensor-type.js';
import { decodeElements, encodeElements } from '../../src/compiler/onnx/elements.js';
import { deriveWeight, foldWeights } from '../../src/compiler/pass/fold-weights.js';

const test = suite('passes/fold-weights');

const transpose = (...perm: readonly number[]): Op => ({ name: 'Transpose', attrs: { perm } });
const slice = (axis: number, start: number, end: number | null, step = 1): Op => ({
  name: 'Slice',
  attrs: { axis, start, end, step },
});
const reshape = (...sizes: readonly number[]): Op => ({
  name: 'Reshape',
  attrs: { axes: sizes.map((size, i) => ({ name: `_r${i}`, size })) },
});
const rename = (...names: readonly string[]): Op => ({ name: 'Rename', attrs: { names } });

/** y = the steps applied to a weight `w` of the given sizes, whose elements are 0, 1, 2, … */
function graphOf(dtype: DType, sizes: readonly number[], steps: readonly Op[]): Graph {
  const b = new GraphBuilder();
  const axes = sizes.map((size, i) => ({ name: `a${i}`, size }));
  const w = b.weight({ name: 'w', digest: 'weight', type: { dtype, axes } });
  return b.build([{ name: 'y', value: steps.reduce((x: ValueId, op) => b.add(op, x), w) }]);
}

function elements(dtype: DType, count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => (dtype === 'bool' ? (i % 3 === 0 ? 1 : 0) : i % 100));
}

function valuesOf(graph: Graph, dtype: DType, bytesOf: (digest: string) => Uint8Array): readonly number[] {
  const found = evaluateGraph(graph, new Map(), ({ digest, type }) =>
    tensor(
      dtype,
      type.axes.map(({ size }) => Number(size)),
      decodeElements(dtype, bytesOf(digest)),
    ),
  ).get('y');
  return Array.from(found?.data ?? []);
}

const CHAINS: readonly (readonly [string, readonly number[], readonly Op[]])[] = [
  ['a matrix turned around', [70, 45], [transpose(1, 0)]],
  ['heads side by side', [3, 5, 4], [transpose(1, 0, 2), reshape(5, 12)]],
  ['all axes in reverse', [3, 5, 4, 2], [transpose(3, 2, 1, 0)]],
  ['axes of size one', [1, 6, 1, 4], [transpose(3, 0, 1, 2)]],
  ['the middle third of columns', [4, 9], [slice(1, 3, 6)]],
  ['every second row from the end', [9, 4], [slice(0, -1, null, -2)]],
  ['nothing', [4, 5], [slice(1, 2, 2)]],
  ['a slice of a turned slice', [6, 8], [slice(1, 2, 7), transpose(1, 0), slice(0, 1, null, 2)]],
  ['turned, seen otherwise, turned', [4, 6], [transpose(1, 0), reshape(3, 8), transpose(1, 0)]],
];

for (const dtype of Object.keys(BYTES_OF) as DType[]) {
  for (const [what, sizes, steps] of CHAINS) {
    test(`${what} (${dtype}) becomes a weight with the same elements`, () => {
      const graph = graphOf(dtype, sizes, steps);
      const own = encodeElements(
        dtype,
        elements(
          dtype,
          sizes.reduce((x, y) => x * y),
        ),
      );
      const wanted = valuesOf(graph, dtype, () => own);
      const { graph: folded, derived } = foldWeights(graph, () => true);
      assert.equal(
        folded.nodes.map(({ op }) => op.name),
        ['Weight'],
      );
      // The bytes may lie anywhere in a larger buffer.
      const shifted = new Uint8Array(own.length + 1);
      shifted.set(own, 1);
      const found = valuesOf(folded, dtype, (digest) => {
        const weight = derived.get(digest);
        return weight === undefined ? own : deriveWeight(weight, shifted.subarray(1));
      });
      assert.equal(found, wanted);
    });
  }
}

test('steps that move nothing keep the digest, so that one file serves all shapes', () => {
  const graph = graphOf('f32', [4, 6], [reshape(2, 12), rename('x', 'y')]);
  const { graph: folded, derived } = foldWeights(graph, () => true);
  const [only] = folded.nodes;
  assert.ok(only?.op.name === 'Weight');
  assert.is(only.op.attrs.digest, 'weight');
  assert.is(derived.size, 0);
});

test('different orders of one weight have different digests and names', () => {
  const b = new GraphBuilder();
  const w = b.weight({
    name: 'w',
    digest: 'weight',
    type: {
      dtype: 'f32',
      axes: [
        { name: 'x', size: 4 },
        { name: 'y', size: 4 },
      ],
    },
  });
  const values = [
    w,
    b.add(transpose(1, 0), w),
    b.add(slice(0, 0, 2), w),
    b.add(slice(0, 2, 4), w),
    b.add(slice(1, 0, 2), w),
  ];
  const graph = b.build(values.map((value, i) => ({ name: `y${i}`, value })));
  const { graph: folded } = foldWeights(graph, () => true);
  const weights = folded.nodes.flatMap(({ op }) => (op.name === 'Weight' ? [op.attrs] : []));
  assert.is(weights.length, 5);
  assert.is(new Set(weights.map(({ name }) => name)).size, 5);
  assert.is(new Set(weights.map(({ digest }) => digest)).size, 5);
});

test('what computes, what reads an input and what is not accepted stays', () => {
  const b = new GraphBuilder();
  const axes = [
    { name: 'x', size: 2 },
    { name: 'y', size: 3 },
  ];
  const w = b.weight({ name: 'w', digest: 'weight', type: { dtype: 'f32', axes } });
  const x = b.input('in', { dtype: 'f32', axes });
  const graph = b.build([
    { name: 'a', value: b.add(transpose(1, 0), b.add({ name: 'Tanh', attrs: {} }, w)) },
    { name: 'b', value: b.add(transpose(1, 0), x) },
  ]);
  assert.equal(foldWeights(graph, () => true).graph, graph);
  const turned = graphOf('f32', [2, 3], [transpose(1, 0)]);
  assert.equal(foldWeights(turned, () => false).graph, turned);
});

test.run();
