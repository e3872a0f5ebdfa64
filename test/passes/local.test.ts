// The small passes: simplify, fold-constants, prune-dead, share-content. Each pair of graphs must become the same graph.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { graphDigest } from '../../src/compiler/ir/digest.js';
import { type Graph, GraphBuilder, type ValueId } from '../../src/compiler/ir/graph.js';
import type { Op } from '../../src/compiler/ir/op.js';
import type { Dim, DType, TensorType } from '../../src/compiler/ir/tensor-type.js';
import { foldConstants } from '../../src/compiler/pass/fold-constants.js';
import { type Pass, runPasses } from '../../src/compiler/pass/pass.js';
import { pruneDead } from '../../src/compiler/pass/prune-dead.js';
import { shareContent } from '../../src/compiler/pass/share-content.js';
import { simplify } from '../../src/compiler/pass/simplify.js';
import { assertSameResults } from '../support/pass-law.js';
import { printGraph } from '../support/print-graph.js';

const test = suite('passes/local');
const SIZES = new Map<string, number>([['example', 2]]);
type Build = (b: GraphBuilder, x: ValueId) => ValueId;

function type(dtype: DType, ...axes: readonly (readonly [string, Dim])[]): TensorType {
  return { dtype, axes: axes.map(([name, size]) => ({ name, size })) };
}

function graphOf(build: Build): Graph {
  const b = new GraphBuilder();
  const x = b.input('x', type('f32', ['example', 'example'], ['a', 3], ['b', 4]));
  return b.build([{ name: 'y', value: build(b, x) }]);
}

function apply(b: GraphBuilder, x: ValueId, ...ops: readonly Op[]): ValueId {
  return ops.reduce((value, op) => b.add(op, value), x);
}

function assertBecomes(pass: Pass, before: Build, after: Build): void {
  const { graph } = assertSameResults(graphOf(before), [pass], SIZES);
  assert.is(graphDigest(graph), graphDigest(graphOf(after)), printGraph(graph));
}

const turn = (...perm: readonly number[]): Op => ({ name: 'Transpose', attrs: { perm } });
const tanh: Op = { name: 'Tanh', attrs: {} };
const same: Build = (_, x) => x;
const list = (b: GraphBuilder, ...data: readonly number[]) =>
  b.constant(type('i64', ['a', data.length]), data);
const ones = (b: GraphBuilder, ...axes: readonly (readonly [string, number])[]) =>
  b.constant(type('f32', ...axes), new Array(axes.reduce((n, [, size]) => n * size, 1)).fill(1));

test('no-ops go', () => {
  const ops: readonly Op[] = [
    { name: 'Identity', attrs: {} },
    { name: 'Cast', attrs: { to: 'f32' } },
    turn(0, 1, 2),
    { name: 'Rename', attrs: { names: ['example', 'a', 'b'] } },
    { name: 'Slice', attrs: { axis: 1, start: 0, end: null, step: 1 } },
    { name: 'Concat', attrs: { axis: 1, name: 'a', size: 3 } },
  ];
  for (const op of ops)
    assertBecomes(
      simplify,
      (b, x) => apply(b, x, op, tanh),
      (b, x) => apply(b, x, tanh),
    );
  assertBecomes(simplify, (b, x) => b.add({ name: 'Reshape', attrs: { axes: b.axesOf(x) } }, x), same);
  assertBecomes(simplify, (b, x) => b.add({ name: 'Expand', attrs: { axes: b.axesOf(x) } }, x), same);
});

test('two layout steps become one, or none', () => {
  assertBecomes(
    simplify,
    (b, x) => apply(b, x, turn(1, 2, 0), turn(1, 2, 0)),
    (b, x) => apply(b, x, turn(2, 0, 1)),
  );
  assertBecomes(simplify, (b, x) => apply(b, x, turn(1, 2, 0), turn(2, 0, 1)), same);
  const to = (...names: readonly string[]): Op => ({ name: 'Rename', attrs: { names } });
  assertBecomes(
    simplify,
    (b, x) => apply(b, x, to('e', 'f', 'g'), to('h', 'i', 'j')),
    (b, x) => apply(b, x, to('h', 'i', 'j')),
  );
  assertBecomes(simplify, (b, x) => apply(b, x, to('e', 'f', 'g'), to('example', 'a', 'b')), same);
  const flat: Op = { name: 'Reshape', attrs: { axes: [{ name: '_f', size: '12*example' }] } };
  const back: Build = (b, x) => b.add({ name: 'Reshape', attrs: { axes: b.axesOf(x) } }, b.add(flat, x));
  assertBecomes(simplify, back, same);
  const neg: Op = { name: 'Neg', attrs: {} };
  assertBecomes(simplify, (b, x) => apply(b, x, neg, neg), same);
});

test('a factor of one goes, unless it widens the value', () => {
  const mul: Op = { name: 'Mul', attrs: {} };
  assertBecomes(simplify, (b, x) => b.add(mul, x, ones(b)), same);
  assertBecomes(simplify, (b, x) => b.add(mul, ones(b, ['a', 3], ['b', 4]), x), same);
  assertBecomes(simplify, (b, x) => b.add({ name: 'Div', attrs: {} }, x, ones(b, ['b', 4])), same);
  const widening: Build = (b, x) => {
    const sum = b.add({ name: 'ReduceSum', attrs: { axes: [2], keepdims: true } }, x);
    return b.add(mul, sum, ones(b, ['b', 4]));
  };
  assertBecomes(simplify, widening, widening);
  const dividing: Build = (b, x) => b.add({ name: 'Div', attrs: {} }, ones(b), x);
  assertBecomes(simplify, dividing, dividing);
});

test('an Expand that broadcasting does anyway goes, one that widens stays', () => {
  const add: Op = { name: 'Add', attrs: {} };
  const wide = (b: GraphBuilder, x: ValueId) => {
    const w = b.weight({ name: 'w', digest: 'w', type: type('f32', ['a', 3], ['b', 4]) });
    return { w, expanded: b.add({ name: 'Expand', attrs: { axes: b.axesOf(x) } }, w) };
  };
  assertBecomes(
    simplify,
    (b, x) => b.add(add, x, wide(b, x).expanded),
    (b, x) => b.add(add, x, wide(b, x).w),
  );
  const widening: Build = (b, x) =>
    b.add(add, wide(b, x).expanded, b.add({ name: 'ReduceSum', attrs: { axes: [0], keepdims: false } }, x));
  assertBecomes(simplify, widening, widening);
  const both: Build = (b, x) =>
    b.add(add, wide(b, x).expanded, b.add({ name: 'Expand', attrs: { axes: b.axesOf(x) } }, ones(b)));
  const one: Build = (b, x) =>
    b.add(add, wide(b, x).w, b.add({ name: 'Expand', attrs: { axes: b.axesOf(x) } }, ones(b)));
  // No input binds the symbol here, so this pair is compared as graphs only.
  assert.is(graphDigest(runPasses(graphOf(both), [simplify]).graph), graphDigest(graphOf(one)));
});

test('a constant list picked from a constant list is one list', () => {
  const gather: Op = { name: 'Gather', attrs: { axis: 1 } };
  assertBecomes(
    simplify,
    (b, x) => b.add(gather, b.add(gather, x, list(b, 2, 0, 1)), list(b, 1, -1)),
    (b, x) => b.add(gather, x, list(b, 0, 1)),
  );
  const elsewhere: Build = (b, x) =>
    b.add({ name: 'Gather', attrs: { axis: 2 } }, b.add(gather, x, list(b, 2, 0)), list(b, 1));
  assertBecomes(simplify, elsewhere, elsewhere);
});

test('what depends on small constants only is a constant', () => {
  const add: Op = { name: 'Add', attrs: {} };
  assertBecomes(
    foldConstants,
    (b, x) => b.add(add, x, b.add(add, b.constant(type('f32', ['b', 4]), [1, 2, 3, 'Infinity']), ones(b))),
    (b, x) => b.add(add, x, b.constant(type('f32', ['b', 4]), [2, 3, 4, 'Infinity'])),
  );
  // Rounded as the operator would have rounded it.
  const exp: Op = { name: 'Exp', attrs: {} };
  const folded = runPasses(
    graphOf((b, x) => b.add(add, x, apply(b, b.constant(type('f32'), [0.1]), exp))),
    [foldConstants],
  );
  const expected = graphOf((b, x) =>
    b.add(add, x, b.constant(type('f32'), [Math.fround(Math.exp(Math.fround(0.1)))])),
  );
  assert.is(graphDigest(folded.graph), graphDigest(expected));
});

test('a large result, a weight and a symbol are not folded', () => {
  const big: Build = (b, x) => {
    const wide = b.add(
      {
        name: 'Expand',
        attrs: {
          axes: [
            { name: 'big', size: 2000 },
            { name: 'b', size: 4 },
          ],
        },
      },
      ones(b, ['b', 4]),
    );
    return b.add({ name: 'MatMul', attrs: {} }, x, b.add(turn(1, 0), wide));
  };
  assertBecomes(foldConstants, big, big);
  const weighted: Build = (b, x) =>
    b.add(
      { name: 'Add', attrs: {} },
      x,
      apply(b, b.weight({ name: 'w', digest: 'w', type: type('f32') }), tanh),
    );
  assertBecomes(foldConstants, weighted, weighted);
  const symbolic: Build = (b, x) => {
    const places = b.add({ name: 'Iota', attrs: { axis: { name: 'example', size: 'example' } } });
    const column = b.add({ name: 'Unsqueeze', attrs: { at: [1, 2], names: ['_u', '_v'] } }, places);
    return b.add({ name: 'Add', attrs: {} }, x, b.add({ name: 'Cast', attrs: { to: 'f32' } }, column));
  };
  assertBecomes(foldConstants, symbolic, symbolic);
});

test('dead values go and equal values become one', () => {
  const b = new GraphBuilder();
  const x = b.input('x', type('f32', ['example', 'example']));
  const kept = b.build([{ name: 'y', value: b.add(tanh, x) }]);
  const extra = { op: { name: 'Exp', attrs: {} } as const, inputs: [x], type: b.typeOf(x) };
  const dead: Graph = { nodes: [...kept.nodes, extra], outputs: kept.outputs };
  assert.equal(pruneDead.run(dead, { sizes: SIZES, addInput: () => undefined }), kept);
  const [input, node] = kept.nodes;
  if (input === undefined || node === undefined) throw new Error('two nodes');
  const twice = {
    nodes: [input, node, node],
    outputs: [...kept.outputs, { name: 'z', value: b.add(tanh, b.add(tanh, x)) }],
  };
  const shared = shareContent.run(twice, { sizes: SIZES, addInput: () => undefined });
  assert.is(shared.nodes.length, 2);
  assert.equal(
    shared.outputs.map((o) => o.value),
    [1, 1],
  );
});

test.run();
