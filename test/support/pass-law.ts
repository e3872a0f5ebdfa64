// The same-results law: a pass changes what a graph costs and nothing that it computes.
import * as assert from 'uvu/assert';
import { evaluateGraph } from '../../src/compiler/ir/evaluate.js';
import { flopsOf } from '../../src/compiler/ir/flops.js';
import type { Graph } from '../../src/compiler/ir/graph.js';
import type { SymbolSizes } from '../../src/compiler/ir/symbols.js';
import { typeText } from '../../src/compiler/ir/tensor-type.js';
import { type Pass, runPasses } from '../../src/compiler/pass/pass.js';
import { assertClose } from './close.js';
import { randomFeeds, randomWeights } from './ir-run.js';

/** Runs the passes, checks on seeded inputs that every output has the same name, type and numbers, and returns the new graph. */
export function assertSameResults(
  graph: Graph,
  passes: readonly Pass[],
  sizes: SymbolSizes,
  seed = 5,
): { readonly graph: Graph; readonly flopsBefore: number; readonly flopsAfter: number } {
  const after = runPasses(graph, passes, { sizes }).graph;
  assert.equal(outputsText(after), outputsText(graph));
  const feeds = randomFeeds(graph, sizes, seed);
  const weights = randomWeights(sizes);
  // In f64, so that another order of summation shows as 1e-12 and an error as more.
  const want = evaluateGraph(graph, feeds, weights, 'f64');
  const got = evaluateGraph(after, feeds, weights, 'f64');
  for (const [name, expected] of want) {
    const found = got.get(name);
    assert.equal(found?.dims, expected.dims, name);
    assertClose(found?.data ?? [], expected.data, { rtol: 1e-9, atol: 1e-9 });
  }
  return { graph: after, flopsBefore: flopsOf(graph, sizes), flopsAfter: flopsOf(after, sizes) };
}

function outputsText(graph: Graph): readonly string[] {
  return graph.outputs.map(({ name, value }) => {
    const type = graph.nodes[value]?.type;
    return `${name}: ${type === undefined ? 'nothing' : typeText(type)}`;
  });
}
