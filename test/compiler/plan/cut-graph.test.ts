// A graph cut behind its model: the two parts together compute the same, and a change of what is measured leaves the model's part
// as it was.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { evaluateGraph } from '../../../src/compiler/ir/evaluate.js';
import { flopsOf } from '../../../src/compiler/ir/flops.js';
import { type Graph, GraphBuilder, type ValueId } from '../../../src/compiler/ir/graph.js';
import { unary } from '../../../src/compiler/ir/named.js';
import type { Tensor } from '../../../src/compiler/ir/tensor.js';
import { type CutGraph, cutGraph } from '../../../src/compiler/plan/cut-graph.js';
import { anonymousGraph, listingDigest } from '../../../src/compiler/plan/structure.js';
import { assertClose } from '../../support/close.js';
import { randomFeeds, randomWeights } from '../../support/ir-run.js';
import { tinyTransformer } from '../../support/tiny-transformer.js';

const test = suite('cut graph');
const sizes = new Map([
  ['example', 3],
  ['pos', 5],
]);

function measured(measure: (b: GraphBuilder, logits: ValueId) => ValueId): Graph {
  const b = new GraphBuilder();
  const axes = ['example', 'pos'].map((name) => ({ name, size: name }));
  const logits = tinyTransformer(b, b.input('tokens', { dtype: 'i64', axes }));
  return b.build([{ name: 'out', value: measure(b, logits) }]);
}

const exponential = measured((b, logits) => unary(b, 'Exp', logits));
const hyperbolic = measured((b, logits) => unary(b, 'Tanh', unary(b, 'Exp', logits)));

function there<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new Error(`there is no ${what}`);
  return value;
}
const cutOf = (graph: Graph): CutGraph => there(cutGraph(graph), 'cut');

test('both parts one after the other compute what the whole does', () => {
  for (const graph of [exponential, hyperbolic]) {
    const { model, rest, captured } = cutOf(graph);
    const feeds = randomFeeds(graph, sizes, 3);
    const weights = randomWeights(sizes);
    const want = evaluateGraph(graph, feeds, weights, 'f64').get('out');
    const values = evaluateGraph(model, feeds, weights, 'f64');
    const given = new Map<string, Tensor>(feeds);
    for (const name of captured) given.set(name, there(values.get(name), name));
    const got = evaluateGraph(rest, given, weights, 'f64').get('out');
    assert.equal(got?.dims, want?.dims);
    assertClose(got?.data ?? [], want?.data ?? [], { rtol: 1e-12, atol: 1e-12 });
  }
});

test('another measurement leaves the part of the model the same, digest for digest', () => {
  const digests = [exponential, hyperbolic].map((graph) =>
    listingDigest(anonymousGraph(cutOf(graph).model).graph, 'with weights'),
  );
  assert.is(digests[0], digests[1]);
});

test('nearly all of the work is in the part of the model', () => {
  const { model, rest } = cutOf(exponential);
  assert.ok(flopsOf(rest, sizes) < flopsOf(model, sizes) / 4);
});

test('a graph without weights is left whole', () => {
  const b = new GraphBuilder();
  const x = b.input('x', { dtype: 'f32', axes: [{ name: 'example', size: 'example' }] });
  assert.is(cutGraph(b.build([{ name: 'out', value: unary(b, 'Exp', x) }])), null);
});

test.run();
