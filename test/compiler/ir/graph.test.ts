// The graph as a whole: sharing, verifying, printing, digests, symbols, costs.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { graphDigest, nodeDigests, structureDigest } from '../../../src/compiler/ir/digest.js';
import { flopsOf, flopsOfNodes } from '../../../src/compiler/ir/flops.js';
import { type Graph, GraphBuilder } from '../../../src/compiler/ir/graph.js';
import { memoryOf } from '../../../src/compiler/ir/memory.js';
import { bindSymbols, symbolsOf } from '../../../src/compiler/ir/symbols.js';
import type { Dim, DType, TensorType } from '../../../src/compiler/ir/tensor-type.js';
import { verifyGraph } from '../../../src/compiler/ir/verify.js';
import { printGraph } from '../../support/print-graph.js';

const test = suite('ir/graph');

function type(dtype: DType, ...axes: readonly (readonly [string, Dim])[]): TensorType {
  return { dtype, axes: axes.map(([name, size]) => ({ name, size })) };
}

/** logits = tanh(x) W, x [example, d=4], W [d=4, vocab=8]. */
function sample(digest = 'a', weightName = 'W', unused = false): Graph {
  const b = new GraphBuilder();
  const x = b.input('x', type('f32', ['example', 'example'], ['d', 4]));
  if (unused) b.add({ name: 'Exp', attrs: {} }, x);
  const w = b.weight({ name: weightName, digest, type: type('f32', ['d', 4], ['vocab', 8]) });
  const h = b.add({ name: 'Tanh', attrs: {} }, x);
  return b.build([{ name: 'logits', value: b.add({ name: 'MatMul', attrs: {} }, h, w) }]);
}

test('equal nodes are one value whatever the order of their attributes', () => {
  const b = new GraphBuilder();
  const x = b.input('x', type('f32', ['a', 2], ['b', 3]));
  const first = b.add({ name: 'Slice', attrs: { axis: 0, start: 0, end: null, step: 1 } }, x);
  assert.is(b.add({ name: 'Slice', attrs: { step: 1, end: null, start: 0, axis: 0 } }, x), first);
  assert.is.not(b.add({ name: 'Slice', attrs: { step: 1, end: null, start: 0, axis: 1 } }, x), first);
});

test('a graph is printed one value a line, with types', () => {
  const expected = [
    '%0 = Input{name=x}() : f32[example, d=4]',
    '%1 = Weight{digest=a, name=W}() : f32[d=4, vocab=8]',
    '%2 = Tanh(%0) : f32[example, d=4]',
    '%3 = MatMul(%2, %1) : f32[example, vocab=8]',
    'return logits=%3',
  ];
  assert.equal(printGraph(sample()).split('\n'), expected);
});

test('a long constant, an infinity and an axis are printed short', () => {
  const b = new GraphBuilder();
  const c = b.constant(type('f32', ['a', 10]), [0.123456789, '-Infinity', 3, 4, 5, 6, 7, 8, 9, 10]);
  const e = b.add({ name: 'Iota', attrs: { axis: { name: 'pos', size: 'pos' } } });
  const text = printGraph(
    b.build([
      { name: 'c', value: c },
      { name: 'e', value: e },
    ]),
  );
  assert.match(
    text,
    '%0 = Constant{data=[0.1234568, -Infinity, 3, 4, 5, 6, 7, 8, … 10 in all]}() : f32[a=10]',
  );
  assert.match(text, '%1 = Iota{axis=pos}() : i64[pos]');
});

test('the verifier finds each broken invariant', () => {
  const good = sample();
  verifyGraph(good);
  const [input, weight, tanh, product] = good.nodes;
  const [output] = good.outputs;
  if (!input || !weight || !tanh || !product || !output) throw new Error('four nodes and an output');
  const wrongType = { ...tanh, type: type('f32', ['d', 4]) };
  const other = {
    ...weight,
    op: { name: 'Weight', attrs: { name: 'W', digest: 'b', type: weight.type } } as const,
  };
  const broken: readonly (readonly [Graph, RegExp])[] = [
    [{ ...good, nodes: [tanh, input, weight, product] }, /%0 Tanh reads %0, which is not before it/],
    [
      { ...good, nodes: [input, weight, wrongType, product] },
      /stored as f32\[d=4\] but inferred as f32\[example, d=4\]/,
    ],
    [{ ...good, nodes: [input, weight, { ...tanh, inputs: [] }, product] }, /Tanh takes 1 input, not 0/],
    [{ ...good, nodes: good.nodes.slice(0, 3) }, /the output `logits` is %3, which does not exist/],
    [{ ...good, outputs: [output, output] }, /two outputs are named `logits`/],
    [{ ...good, nodes: [...good.nodes, input] }, /two values of the input `x`/],
    [{ ...good, nodes: [...good.nodes, other] }, /two values of the weight `W`: a and b/],
  ];
  for (const [graph, pattern] of broken) assert.throws(() => verifyGraph(graph), pattern);
});

test('a digest depends on what is computed and not on what is dropped', () => {
  assert.is(graphDigest(sample()), graphDigest(sample('a', 'W', true)));
  assert.is.not(graphDigest(sample()), graphDigest(sample('b')));
  assert.is.not(graphDigest(sample()), graphDigest(sample('a', 'V')));
  assert.is(structureDigest(sample()), structureDigest(sample('b')));
  assert.is.not(structureDigest(sample()), structureDigest(sample('b', 'V')));
  assert.is.not(structureDigest(sample()), graphDigest(sample()));
  const [a, b] = [nodeDigests(sample('a')), nodeDigests(sample('b'))];
  assert.equal([a[0] === b[0], a[1] === b[1], a[2] === b[2], a[3] === b[3]], [true, false, true, false]);
});

test('symbols are bound from input dims, and a contradiction is named', () => {
  const b = new GraphBuilder();
  const x = b.input('x', type('f32', ['example', 'example'], ['pos', 'pos']));
  const y = b.input('y', type('f32', ['example', 'example'], ['pos', 'pos-1']));
  const graph = b.build([
    { name: 'x', value: x },
    { name: 'y', value: y },
  ]);
  assert.equal(symbolsOf(graph), ['example', 'pos']);
  const bind = (...dims: readonly (readonly number[])[]) =>
    bindSymbols(graph, new Map(dims.map((d, i) => [i === 0 ? 'x' : 'y', d])));
  assert.equal(
    [...bind([2, 5], [2, 4])],
    [
      ['example', 2],
      ['pos', 5],
    ],
  );
  assert.throws(
    () => bind([2, 5], [3, 4]),
    /the input `y` has dims \[3,4\], not f32\[example, pos=pos-1\] at example=2, pos=5/,
  );
  assert.throws(() => bind([2, 5], [2, 5]), /the input `y`/);
  assert.throws(() => bind([2, 5]), /the input `y` is not given/);
  assert.throws(() => bind([2], [2, 4]), /the input `x` has dims \[2\]/);
});

test('flops follow the stated convention', () => {
  const sizes = new Map([['example', 3]]);
  assert.equal(flopsOfNodes(sample(), sizes), [0, 0, 3 * 4, 2 * 3 * 4 * 8]);
  const b = new GraphBuilder();
  const image = b.input('i', type('f32', ['example', 'example'], ['channel', 4], ['y', 6], ['x', 6]));
  const kernel = b.weight({
    name: 'k',
    digest: 'k',
    type: type('f32', ['o', 8], ['c', 2], ['y', 3], ['x', 3]),
  });
  const bias = b.weight({ name: 'b', digest: 'b', type: type('f32', ['o', 8]) });
  const attrs = { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], group: 2 };
  const y = b.add({ name: 'Conv', attrs }, image, kernel, bias);
  const s = b.add({ name: 'Softmax', attrs: { axis: 1 } }, y);
  const r = b.add({ name: 'ReduceSum', attrs: { axes: [2, 3], keepdims: false } }, s);
  const outputs = 3 * 8 * 4 * 4;
  assert.is(
    flopsOf(b.build([{ name: 'r', value: r }]), sizes),
    outputs * (2 * 2 * 3 * 3 + 1) + 5 * outputs + outputs,
  );
});

test('memory is freed after the last use, views cost nothing, weights are counted apart', () => {
  const sizes = new Map([['example', 10]]);
  const b = new GraphBuilder();
  const x = b.input('x', type('f32', ['example', 'example']));
  const h1 = b.add({ name: 'Tanh', attrs: {} }, x);
  const h2 = b.add({ name: 'Rename', attrs: { names: ['row'] } }, h1);
  const h3 = b.add({ name: 'Tanh', attrs: {} }, h2);
  const h4 = b.add({ name: 'Tanh', attrs: {} }, h3);
  const chain = memoryOf(b.build([{ name: 'y', value: h4 }]), sizes);
  assert.equal(chain, { peakBytes: 2 * 40, weightBytes: 0, peakAt: 1 });
  const kept = memoryOf(
    b.build([
      { name: 'y', value: h4 },
      { name: 'x', value: x },
      { name: 'h', value: h2 },
    ]),
    sizes,
  );
  assert.is(kept.peakBytes, 4 * 40);
  assert.is(memoryOf(sample(), sizes).weightBytes, 4 * 8 * 4);
});

test.run();
