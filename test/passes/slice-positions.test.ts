import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { graphDigest } from '../../src/compiler/ir/digest.js';
import { type Graph, GraphBuilder, type ValueId } from '../../src/compiler/ir/graph.js';
import { elementwise } from '../../src/compiler/ir/named.js';
import { dotNamed } from '../../src/compiler/ir/named-dot.js';
import { selectByValue, selectStatic, sliceAxis } from '../../src/compiler/ir/named-select.js';
import { type Dim, type DType, type TensorType, typeText } from '../../src/compiler/ir/tensor-type.js';
import { slicePositions } from '../../src/compiler/pass/slice-positions.js';
import { assertSameResults } from '../support/pass-law.js';
import { printGraph } from '../support/print-graph.js';
import { tinyTransformer } from '../support/tiny-transformer.js';

const test = suite('passes/slice-positions');
const SIZES = new Map<string, number>([
  ['example', 3],
  ['pos', 5],
]);

function type(dtype: DType, ...axes: readonly (readonly [string, Dim])[]): TensorType {
  return { dtype, axes: axes.map(([name, size]) => ({ name, size })) };
}
const TOKENS = type('i64', ['example', 'example'], ['pos', 'pos']);
const INDEX = type('i64', ['example', 'example']);

function graphOf(build: (b: GraphBuilder) => Readonly<Record<string, ValueId>>): Graph {
  const b = new GraphBuilder();
  return b.build(Object.entries(build(b)).map(([name, value]) => ({ name, value })));
}

/** The types of the results of one operator, in order. */
function typesOf(graph: Graph, op: string): readonly string[] {
  return graph.nodes.filter((n) => n.op.name === op).map((n) => typeText(n.type));
}

const x = (b: GraphBuilder) => b.input('x', type('f32', ['example', 'example'], ['pos', 'pos'], ['d', 4]));
const w = (b: GraphBuilder) =>
  b.weight({ name: 'W_U', digest: 'W_U', type: type('f32', ['d', 4], ['vocab', 9]) });

test('one position of a product is the product of one position', () => {
  const before = graphOf((b) => ({ y: selectStatic(b, dotNamed(b, x(b), w(b), 'd'), 'pos', -1) }));
  const after = graphOf((b) => {
    const last = b.constant(type('i64', ['pos', 1]), [-1]);
    const picked = b.add({ name: 'Gather', attrs: { axis: 1 } }, x(b), last);
    const product = b.add({ name: 'MatMul', attrs: {} }, picked, w(b));
    return { y: b.add({ name: 'Squeeze', attrs: { axes: [1] } }, product) };
  });
  const { graph } = assertSameResults(before, [slicePositions], SIZES);
  assert.is(graphDigest(graph), graphDigest(after), printGraph(graph));
});

test('two logits of one position need two columns of the unembedding', () => {
  const before = graphOf((b) => {
    const logits = selectStatic(b, dotNamed(b, x(b), w(b), 'd'), 'pos', -1);
    return {
      y: elementwise(b, 'Sub', selectStatic(b, logits, 'vocab', 2), selectStatic(b, logits, 'vocab', 7)),
    };
  });
  const { graph, flopsBefore, flopsAfter } = assertSameResults(before, [slicePositions], SIZES);
  assert.equal(typesOf(graph, 'MatMul'), ['f32[example, pos=1, vocab=1]', 'f32[example, pos=1, vocab=1]']);
  assert.ok(flopsAfter < flopsBefore / 15, `${flopsBefore} to ${flopsAfter}`);
});

test('a position and a logit per example are gathered before the product', () => {
  const before = graphOf((b) => {
    const logits = dotNamed(b, x(b), w(b), 'd');
    const at = selectByValue(b, logits, 'pos', b.input('end', INDEX));
    return { y: selectByValue(b, at, 'vocab', b.input('answer', INDEX)) };
  });
  const { graph } = assertSameResults(before, [slicePositions], SIZES);
  assert.equal(typesOf(graph, 'MatMul'), ['f32[example, pos=1, vocab=1]']);
});

test('a value that somebody reads whole is computed once, whole', () => {
  const before = graphOf((b) => {
    const logits = dotNamed(b, x(b), w(b), 'd');
    return { all: logits, one: selectStatic(b, logits, 'pos', -1) };
  });
  const { graph } = assertSameResults(before, [slicePositions], SIZES);
  assert.is(graphDigest(graph), graphDigest(before), printGraph(graph));
});

test('picks that would compute more than the whole stay where they are', () => {
  const before = graphOf((b) => {
    const h = b.add(
      { name: 'Tanh', attrs: {} },
      b.input('h', type('f32', ['example', 'example'], ['pos', 2])),
    );
    const all = [0, 1, -1, -2].map((p) => selectStatic(b, h, 'pos', p));
    return Object.fromEntries(all.map((value, i) => [`y${i}`, value]));
  });
  const { graph } = assertSameResults(before, [slicePositions], SIZES);
  assert.equal(typesOf(graph, 'Tanh'), ['f32[example, pos=2]']);
});

test('what two readers have in common is pushed for both', () => {
  const before = graphOf((b) => {
    const h = b.add({ name: 'Softmax', attrs: { axis: 2 } }, x(b));
    const last = selectStatic(b, h, 'pos', -1);
    return {
      first: selectStatic(b, last, 'd', 0),
      rest: sliceAxis(b, last, 'd', { start: 1, end: null, step: 1 }),
    };
  });
  const { graph } = assertSameResults(before, [slicePositions], SIZES);
  assert.equal(typesOf(graph, 'Softmax'), ['f32[example, pos=1, d=4]']);
});

test('a softmax over the picked axis, a sum over it and a convolution stop the pick', () => {
  const builds: readonly ((b: GraphBuilder, v: ValueId) => ValueId)[] = [
    (b, v) => b.add({ name: 'Softmax', attrs: { axis: 1 } }, v),
    (b, v) => b.add({ name: 'CumSum', attrs: { axis: 1, exclusive: false, reverse: false } }, v),
    (b, v) =>
      b.add(
        { name: 'LayerNormalization', attrs: { axis: 1, epsilon: 1e-5 } },
        v,
        b.constant(type('f32'), [1]),
      ),
  ];
  for (const build of builds) {
    const before = graphOf((b) => ({ y: selectStatic(b, build(b, x(b)), 'pos', 1) }));
    const { graph } = assertSameResults(before, [slicePositions], SIZES);
    assert.is(graphDigest(graph), graphDigest(before), printGraph(graph));
  }
});

test('in a transformer the last layer is computed at the read position only', () => {
  for (const kind of ['static', 'per example']) {
    const before = graphOf((b) => {
      const logits = tinyTransformer(b, b.input('tokens', TOKENS));
      const at =
        kind === 'static'
          ? selectStatic(b, logits, 'pos', -2)
          : selectByValue(b, logits, 'pos', b.input('end', INDEX));
      return { y: at };
    });
    const { graph, flopsBefore, flopsAfter } = assertSameResults(before, [slicePositions], SIZES);
    const gelus = typesOf(graph, 'Gelu');
    assert.equal(
      gelus,
      ['f32[example, pos, d_mlp=8]', 'f32[example, pos, d_mlp=8]', 'f32[example, pos=1, d_mlp=8]'],
      kind,
    );
    const patterns = graph.nodes
      .filter((n) => n.op.name === 'Softmax')
      .map((n) => n.type.axes.map((a) => a.size));
    assert.equal(patterns[2], ['example', 1, 2, 'pos'], `${kind}: only the read query attends`);
    assert.ok(flopsAfter < 0.8 * flopsBefore, `${flopsBefore} to ${flopsAfter}`);
  }
});

test('rows that are lifted together with their index are read before the lift', () => {
  const sizes = new Map([...SIZES, ['row:0', 4]]);
  const build = (readFirst: boolean) =>
    graphOf((b) => {
      const rows = b.input('rows', type('i64', ['example', 'row:0']));
      const h = b.add({ name: 'Tanh', attrs: {} }, x(b));
      const end = b.add({ name: 'Unsqueeze', attrs: { at: [1], names: ['_unit'] } }, b.input('end', INDEX));
      const lifted = (value: ValueId) => b.add({ name: 'Gather', attrs: { axis: 0 } }, value, rows);
      const at = (value: ValueId, index: ValueId) =>
        b.add({ name: 'GatherND', attrs: { batchDims: 1 } }, value, index);
      return { y: readFirst ? lifted(at(h, end)) : at(lifted(h), lifted(end)) };
    });
  const { graph } = assertSameResults(build(false), [slicePositions], sizes);
  assert.equal(typesOf(graph, 'Tanh'), ['f32[example, pos=1, d=4]']);
  const other = graphOf((b) => {
    const end = b.add({ name: 'Unsqueeze', attrs: { at: [1], names: ['_unit'] } }, b.input('end', INDEX));
    const lifted = (value: ValueId, rows: string) =>
      b.add({ name: 'Gather', attrs: { axis: 0 } }, value, b.input(rows, type('i64', ['example', 'row:0'])));
    const values = lifted(b.add({ name: 'Tanh', attrs: {} }, x(b)), 'rows');
    return { y: b.add({ name: 'GatherND', attrs: { batchDims: 1 } }, values, lifted(end, 'other_rows')) };
  });
  const kept = assertSameResults(other, [slicePositions], sizes).graph;
  assert.equal(typesOf(kept, 'Tanh'), ['f32[example, pos, d=4]']);
});

test('an index computed from the picked value itself is computed first', () => {
  const before = graphOf((b) => {
    const h = b.add({ name: 'Tanh', attrs: {} }, x(b));
    const best = b.add({ name: 'ArgMax', attrs: { axis: 1, keepdims: false } }, selectStatic(b, h, 'd', 0));
    return { y: selectByValue(b, h, 'pos', best) };
  });
  assertSameResults(before, [slicePositions], SIZES);
});

test.run();
