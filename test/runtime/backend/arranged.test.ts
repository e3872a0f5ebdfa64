// Graphs with families side by side and clean keys read in place, on the engines: as the evaluator computes the naive experiment, whatever
// the number of examples, of members and of positions that differ.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { evaluateGraph } from '../../../src/compiler/ir/evaluate.js';
import type { Graph } from '../../../src/compiler/ir/graph.js';
import type { Tensor } from '../../../src/compiler/ir/tensor.js';
import { attendInPlace } from '../../../src/compiler/pass/attend-in-place.js';
import { stackRows } from '../../../src/compiler/pass/stack-rows.js';
import type { Backend } from '../../../src/runtime/backend/backend.js';
import { numbersOf, tensorOf } from '../../../src/runtime/backend/host-tensor.js';
import { assertClose } from '../../support/close.js';
import {
  afterPasses,
  copiedToRows,
  type ExperimentPlan,
  type FamilyWrite,
  familyExperiment,
  feedsFor,
  randomPlan,
  withPositions,
} from '../../support/family-experiment.js';
import { randomWeights } from '../../support/ir-run.js';
import { presentBackends } from '../../support/present-backends.js';

const test = suite('arranged graphs on backends');
const { backends } = await presentBackends;
const weights = randomWeights(new Map());
const knockOut: FamilyWrite = { layer: 0, site: 'z', value: 'zero', where: 'input', byHead: true };

/** Families of these sizes that are changed in layers 0, 1, 1. */
function planOf(examples: number, members: readonly number[]): ExperimentPlan {
  const families = members.map((count, id) => ({
    members: count,
    worlds: [[{ ...knockOut, layer: id === 0 ? 0 : 1 }]],
    metric: 'two logits' as const,
  }));
  return { examples, positions: 5, families };
}

async function assertAgrees(
  backend: Backend,
  graph: Graph,
  runs: readonly {
    readonly feeds: ReadonlyMap<string, Tensor>;
    readonly want: ReadonlyMap<string, Tensor>;
  }[],
): Promise<void> {
  const compiled = await backend.compile(graph, {
    weights: 'constants',
    lookupWeight: (digest) => {
      const found = graph.nodes.find(({ op }) => op.name === 'Weight' && op.attrs.digest === digest);
      const { dtype, dims, data } = weights({ digest, type: found?.type ?? { dtype: 'f32', axes: [] } });
      return tensorOf(dtype, dims, Array.from(data));
    },
  });
  for (const { feeds, want } of runs) {
    const given = [...feeds].map(
      ([name, { dtype, dims, data }]) => [name, tensorOf(dtype, dims, Array.from(data))] as const,
    );
    const { outputs } = await compiled.run(new Map(given));
    for (const [name, expected] of want) {
      const found = outputs.get(name);
      assert.equal(found?.dims, expected.dims, name);
      assertClose(found === undefined ? [] : numbersOf(found), expected.data, { rtol: 2e-4, atol: 2e-4 });
    }
  }
  compiled.dispose();
}

for (const backend of backends) {
  if (!['ort:cpu', 'tfjs:cpu', 'tfjs:wasm', 'reference'].includes(backend.name)) continue;

  test(`${backend.name}: one graph serves all numbers of examples, members and positions`, async () => {
    const shapes = [planOf(1, [1, 1, 1]), planOf(3, [1, 2, 3]), planOf(2, [3, 1, 2])] as const;
    const naive = familyExperiment(shapes[0]);
    const ready = afterPasses(naive);
    const graph = attendInPlace(stackRows(ready.graph));
    assert.ok(copiedToRows(ready.graph) > 0 && copiedToRows(graph) === 0);
    const runs = shapes.flatMap((shape, seed) => {
      const feeds = feedsFor(naive, shape, 30 + seed);
      const want = evaluateGraph(naive, feeds, weights, 'f64');
      // With 4 more, all positions differ and the lists of clean ones are empty.
      return [0, 1, 4].map((more) => ({ feeds: withPositions(feeds, { ...ready, graph }, more), want }));
    });
    await assertAgrees(backend, graph, runs);
  });

  test(`${backend.name}: random experiments`, async () => {
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const plan = randomPlan(seed);
      const naive = familyExperiment(plan);
      const feeds = feedsFor(naive, plan, seed);
      const want = evaluateGraph(naive, feeds, weights, 'f64');
      const ready = afterPasses(naive);
      const graph = attendInPlace(stackRows(ready.graph));
      await assertAgrees(backend, graph, [{ feeds: withPositions(feeds, { ...ready, graph }), want }]);
    }
  });
}

test.run();
