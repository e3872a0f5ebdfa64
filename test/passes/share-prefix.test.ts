import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { graphDigest } from '../../src/compiler/ir/digest.js';
import { type Graph, GraphBuilder, type ValueId } from '../../src/compiler/ir/graph.js';
import { alignPair, elementwise, reduceNamed } from '../../src/compiler/ir/named.js';
import { lift } from '../../src/compiler/ir/named-select.js';
import type { Dim, DType, TensorType } from '../../src/compiler/ir/tensor-type.js';
import { sharePrefix } from '../../src/compiler/pass/share-prefix.js';
import { simplify } from '../../src/compiler/pass/simplify.js';
import { assertSameResults } from '../support/pass-law.js';
import { printGraph } from '../support/print-graph.js';
import { tinyTransformer } from '../support/tiny-transformer.js';

const test = suite('passes/share-prefix');
const SIZES = new Map<string, number>([
  ['example', 2],
  ['pos', 4],
  ['row:0', 6],
  ['row:1', 3],
]);

function type(dtype: DType, ...axes: readonly (readonly [string, Dim])[]): TensorType {
  return { dtype, axes: axes.map(([name, size]) => ({ name, size })) };
}
const TOKENS = type('i64', ['example', 'example'], ['pos', 'pos']);
const ROWS = type('i64', ['example', 'row:0']);
const PER_ROW = type('f32', ['example', 'row:0']);

function graphOf(build: (b: GraphBuilder) => Readonly<Record<string, ValueId>>): Graph {
  const b = new GraphBuilder();
  return b.build(Object.entries(build(b)).map(([name, value]) => ({ name, value })));
}

function opNames(graph: Graph): readonly string[] {
  return graph.nodes.map((n) => n.op.name);
}

test('the Gather moves down to the first operator that mixes in a value per row', () => {
  const x = (b: GraphBuilder) => b.input('x', type('f32', ['example', 'example'], ['d', 3]));
  const rest = (b: GraphBuilder, hidden: ValueId) => elementwise(b, 'Mul', hidden, b.input('dose', PER_ROW));
  const before = graphOf((b) => {
    const lifted = lift(b, x(b), b.input('rows', ROWS));
    return { y: rest(b, b.add({ name: 'Tanh', attrs: {} }, lifted)) };
  });
  const after = graphOf((b) => {
    const hidden = b.add({ name: 'Tanh', attrs: {} }, x(b));
    return { y: rest(b, lift(b, hidden, b.input('rows', ROWS))) };
  });
  const { graph } = assertSameResults(before, [sharePrefix], SIZES);
  assert.is(graphDigest(graph), graphDigest(after), printGraph(graph));
});

test('a row whose value depends on nothing per row becomes the clean run', () => {
  const before = graphOf((b) => {
    const tokens = b.input('tokens', TOKENS);
    const rows = b.input('rows', ROWS);
    return { clean: tinyTransformer(b, tokens), world: tinyTransformer(b, lift(b, tokens, rows)) };
  });
  const { graph, flopsBefore, flopsAfter } = assertSameResults(before, [sharePrefix], SIZES);
  const clean = graphOf((b) => {
    const value = tinyTransformer(b, b.input('tokens', TOKENS));
    return { clean: value };
  });
  assert.is(graph.nodes.length, clean.nodes.length + 2, 'only the rows and one Gather are added');
  // Two examples and six rows cost as much as two examples; the causal mask (pos x pos) was one value already.
  assert.is(flopsBefore, 4 * flopsAfter - 3 * 4 * 4);
});

test('a write in the last layer leaves all layers before it to the clean run', () => {
  const scaled = (b: GraphBuilder, rows: ValueId | null, layer: number) => {
    const tokens = b.input('tokens', TOKENS);
    const dose = b.input('dose', PER_ROW);
    return tinyTransformer(b, rows === null ? tokens : lift(b, tokens, rows), (path, value) =>
      rows !== null && path === `${layer}.z` ? elementwise(b, 'Mul', value, dose) : value,
    );
  };
  const costs = [0, 1, 2].map((layer) => {
    const before = graphOf((b) => ({
      clean: scaled(b, null, layer),
      world: scaled(b, b.input('rows', ROWS), layer),
    }));
    return assertSameResults(before, [sharePrefix], SIZES);
  });
  const [first, second, third] = costs.map((c) => c.flopsAfter / c.flopsBefore);
  assert.ok((first ?? 0) > (second ?? 0) && (second ?? 0) > (third ?? 1), `${first} ${second} ${third}`);
  assert.ok((third ?? 1) < 0.5);
});

test('values lifted by different indices are not joined before the lift', () => {
  const before = graphOf((b) => {
    const x = b.input('x', type('f32', ['example', 'example'], ['d', 3]));
    const left = lift(b, x, b.input('rows', ROWS));
    const right = lift(b, x, b.input('donors', ROWS));
    return { y: elementwise(b, 'Add', left, right) };
  });
  const { graph } = assertSameResults(before, [sharePrefix], SIZES);
  assert.is(graphDigest(graph), graphDigest(before));
});

test('what sums over rows or moves their axis is left where it is', () => {
  const builds: readonly ((b: GraphBuilder, x: ValueId) => ValueId)[] = [
    (b, x) => reduceNamed(b, 'ReduceMean', x, ['example']),
    (b, x) => b.add({ name: 'Softmax', attrs: { axis: 0 } }, x),
    (b, x) => b.add({ name: 'Transpose', attrs: { perm: [1, 0] } }, x),
    (b, x) => b.add({ name: 'Slice', attrs: { axis: 0, start: 1, end: null, step: 1 } }, x),
    (b, x) => b.add({ name: 'Reshape', attrs: { axes: [{ name: '_all', size: '3*row:0' }] } }, x),
    (b, x) => b.add({ name: 'CumSum', attrs: { axis: 0, exclusive: false, reverse: false } }, x),
    (b, x) =>
      b.add({ name: 'MatMul', attrs: {} }, b.input('m', type('f32', ['out', 2], ['example', 'row:0'])), x),
  ];
  for (const build of builds) {
    const before = graphOf((b) => {
      const x = b.input('x', type('f32', ['example', 'example'], ['d', 3]));
      return { y: build(b, lift(b, x, b.input('rows', ROWS))) };
    });
    const { graph } = assertSameResults(before, [sharePrefix], SIZES);
    assert.is(graphDigest(graph), graphDigest(before), printGraph(graph));
  }
});

test('each operator that treats rows one by one is carried', () => {
  const unit = { name: '_u', size: 1 };
  const image = type('f32', ['example', 'example'], ['channel', 2], ['y', 4], ['x', 4]);
  const pool = { kernel: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0], dilations: [1, 1], ceil: false };
  const conv = { strides: [1, 1], pads: [1, 1, 1, 1], dilations: [1, 1], group: 1 };
  const channels = (b: GraphBuilder) =>
    ['s', 'b', 'm', 'v'].map((n) => {
      const w = b.weight({ name: n, digest: n, type: type('f32', ['channel', 2]) });
      return n === 'v' ? b.add({ name: 'Abs', attrs: {} }, w) : w;
    });
  const kernel = (b: GraphBuilder) =>
    b.weight({ name: 'k', digest: 'k', type: type('f32', ['out', 3], ['channel', 2], ['y', 3], ['x', 3]) });
  const builds: Readonly<Record<string, (b: GraphBuilder, x: ValueId) => ValueId>> = {
    Conv: (b, x) => b.add({ name: 'Conv', attrs: conv }, x, kernel(b)),
    MaxPool: (b, x) => b.add({ name: 'MaxPool', attrs: pool }, x),
    AveragePool: (b, x) => b.add({ name: 'AveragePool', attrs: { ...pool, countIncludePad: false } }, x),
    GlobalAveragePool: (b, x) => b.add({ name: 'GlobalAveragePool', attrs: {} }, x),
    BatchNormalization: (b, x) =>
      b.add({ name: 'BatchNormalization', attrs: { epsilon: 1e-5 } }, x, ...channels(b)),
    Flatten: (b, x) => b.add({ name: 'Flatten', attrs: { axis: 1 } }, x),
    Transpose: (b, x) => b.add({ name: 'Transpose', attrs: { perm: [0, 2, 3, 1] } }, x),
    Reshape: (b, x) =>
      b.add(
        {
          name: 'Reshape',
          attrs: {
            axes: [
              { name: 'example', size: 'row:0' },
              { name: '_f', size: 32 },
            ],
          },
        },
        x,
      ),
    Expand: (b, x) => {
      const wide = b.add({ name: 'Unsqueeze', attrs: { at: [1], names: ['_u'] } }, x);
      const axes = b.axesOf(wide).map((a, i) => (i === 1 ? { name: '_u', size: 5 } : a));
      return b.add({ name: 'Expand', attrs: { axes } }, wide);
    },
    Concat: (b, x) => b.add({ name: 'Concat', attrs: { axis: 1, name: 'channel', size: 4 } }, x, x),
    Pad: (b, x) => b.add({ name: 'Pad', attrs: { pads: [0, 1, 0, 0, 0, 0, 0, 2], value: 1 } }, x),
    Slice: (b, x) => b.add({ name: 'Slice', attrs: { axis: 2, start: 1, end: 3, step: 1 } }, x),
    Gather: (b, x) =>
      b.add({ name: 'Gather', attrs: { axis: 3 } }, x, b.constant(type('i64', ['x', 2]), [3, 0])),
    Reduce: (b, x) => reduceNamed(b, 'ReduceSum', x, ['y', 'x']),
    ArgMax: (b, x) => b.add({ name: 'ArgMax', attrs: { axis: 3, keepdims: false } }, x),
    Softmax: (b, x) => b.add({ name: 'Softmax', attrs: { axis: 1 } }, x),
    Where: (b, x) => {
      const positive = b.add({ name: 'Greater', attrs: {} }, x, b.constant(type('f32'), [0]));
      return b.add(
        { name: 'Where', attrs: {} },
        positive,
        x,
        b.constant({ dtype: 'f32', axes: [unit] }, [9]),
      );
    },
    MatMul: (b, x) => {
      const turned = b.add({ name: 'Transpose', attrs: { perm: [0, 1, 3, 2] } }, x);
      return b.add({ name: 'MatMul', attrs: {} }, x, turned);
    },
    GatherND: (b, x) => {
      const best = b.add({ name: 'ArgMax', attrs: { axis: 1, keepdims: false } }, x);
      const place = b.add({ name: 'Slice', attrs: { axis: 2, start: 0, end: 1, step: 1 } }, best);
      return b.add({ name: 'GatherND', attrs: { batchDims: 1 } }, x, place);
    },
  };
  for (const [name, build] of Object.entries(builds)) {
    const before = graphOf((b) => ({ y: build(b, lift(b, b.input('x', image), b.input('rows', ROWS))) }));
    const { graph } = assertSameResults(before, [sharePrefix], SIZES);
    assert.is(opNames(graph).at(-1), 'Gather', `${name}: ${printGraph(graph)}`);
    const lifts = graph.nodes.filter((n) => n.op.name === 'Gather' && n.op.attrs.axis === 0);
    assert.is(lifts.length, 1, name);
  }
});

test('broadcasting against a value without rows is carried, against one with rows it is not', () => {
  const build = (other: TensorType) =>
    graphOf((b) => {
      const x = lift(b, b.input('x', type('f32', ['example', 'example'], ['d', 3])), b.input('rows', ROWS));
      return { y: b.add({ name: 'Add', attrs: {} }, ...alignPair(b, x, b.input('other', other))) };
    });
  const last = (graph: Graph) => opNames(assertSameResults(graph, [sharePrefix], SIZES).graph).at(-1);
  assert.is(last(build(type('f32', ['d', 3]))), 'Gather');
  assert.is(last(build(type('f32'))), 'Gather');
  assert.is(last(build(PER_ROW)), 'Add');
});

test('a value repeated for every row does not stop the Gather once simplify has taken the repetition away', () => {
  const before = graphOf((b) => {
    const x = lift(b, b.input('x', type('f32', ['example', 'example'], ['d', 3])), b.input('rows', ROWS));
    const repeated = b.add(
      { name: 'Expand', attrs: { axes: b.axesOf(x) } },
      b.input('p', type('f32', ['d', 3])),
    );
    return { y: b.add({ name: 'Tanh', attrs: {} }, elementwise(b, 'Add', x, repeated)) };
  });
  const { graph, flopsBefore, flopsAfter } = assertSameResults(before, [simplify, sharePrefix], SIZES);
  assert.is(opNames(graph).at(-1), 'Gather', printGraph(graph));
  assert.is(flopsAfter, flopsBefore / 3, 'two examples instead of six rows');
});

test.run();
