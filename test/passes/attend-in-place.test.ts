// Clean keys and values that members read where they are: the same outputs, and nothing of the clean run is copied to the rows.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { evaluateGraph } from '../../src/compiler/ir/evaluate.js';
import type { Graph } from '../../src/compiler/ir/graph.js';
import type { Tensor } from '../../src/compiler/ir/tensor.js';
import { verifyGraph } from '../../src/compiler/ir/verify.js';
import { attendInPlace } from '../../src/compiler/pass/attend-in-place.js';
import { stackRows } from '../../src/compiler/pass/stack-rows.js';
import { assertClose } from '../support/close.js';
import {
  afterPasses,
  copiedToRows,
  type ExperimentPlan,
  type FamilyWrite,
  familyExperiment,
  feedsFor,
  randomPlan,
  withPositions,
} from '../support/family-experiment.js';
import { randomWeights } from '../support/ir-run.js';

const test = suite('passes/attend-in-place');
const weights = randomWeights(new Map());

function assertAgree(got: ReadonlyMap<string, Tensor>, want: ReadonlyMap<string, Tensor>): void {
  assert.equal([...got.keys()], [...want.keys()]);
  for (const [name, expected] of want) {
    assert.equal(got.get(name)?.dims, expected.dims, name);
    assertClose(got.get(name)?.data ?? [], expected.data, { rtol: 1e-9, atol: 1e-9 });
  }
}

const knockOut: FamilyWrite = { layer: 0, site: 'z', value: 'zero', where: 'end', byHead: true };
const causal: ExperimentPlan = {
  examples: 3,
  positions: 5,
  families: [0, 1, 1].map((layer, id) => ({
    members: id + 1,
    worlds: [[{ ...knockOut, layer }]],
    metric: 'two logits',
  })),
};

test('80 random experiments keep their results, with families side by side and without', () => {
  let changed = 0;
  for (let seed = 0; seed < 80; seed++) {
    const plan = randomPlan(seed);
    const naive = familyExperiment(plan);
    const feeds = feedsFor(naive, plan, seed);
    const want = evaluateGraph(naive, feeds, weights, 'f64');
    const ready = afterPasses(naive);
    for (const before of [ready.graph, stackRows(ready.graph)]) {
      const graph = attendInPlace(before);
      verifyGraph(graph);
      assertAgree(
        evaluateGraph(graph, withPositions(feeds, { ...ready, graph }, seed % 5), weights, 'f64'),
        want,
      );
      if (copiedToRows(graph) < copiedToRows(before)) changed++;
    }
  }
  assert.ok(changed > 80, `${changed} of 160 graphs copied less`);
});

test('on a causal experiment no clean keys or values are copied to rows', () => {
  const naive = familyExperiment(causal);
  const ready = afterPasses(naive);
  const feeds = feedsFor(naive, causal, 8);
  const want = evaluateGraph(naive, feeds, weights, 'f64');
  for (const before of [ready.graph, stackRows(ready.graph)]) {
    assert.ok(copiedToRows(before) > 0);
    const graph = attendInPlace(before);
    assert.is(copiedToRows(graph), 0);
    for (const more of [0, 2, 4])
      assertAgree(
        evaluateGraph(graph, withPositions(feeds, { ...ready, graph }, more), weights, 'f64'),
        want,
      );
  }
});

test('the same graph is changed in the same way each time, and a second time not at all', () => {
  const { graph } = afterPasses(familyExperiment(causal));
  const once = attendInPlace(stackRows(graph));
  assert.equal(attendInPlace(stackRows(graph)), once);
  assert.equal(attendInPlace(once), once);
});

test('a graph without families keeps its operators', () => {
  const none: ExperimentPlan = { examples: 2, positions: 4, families: [] };
  const { graph } = afterPasses(familyExperiment(none));
  const text = ({ nodes }: Graph) => nodes.map(({ op, inputs }) => `${op.name} ${inputs.join()}`);
  assert.equal(text(attendInPlace(graph)), text(graph));
});

test('clean keys picked for other rows than those of the product stay copied', () => {
  // Rows that are no list of examples, member by member: a lift by an index of another name.
  const ready = afterPasses(familyExperiment(causal));
  const renamed: Graph = {
    outputs: ready.graph.outputs,
    nodes: ready.graph.nodes.map((node) =>
      node.op.name === 'Input' && node.op.attrs.name.startsWith('example_of_row:')
        ? {
            ...node,
            op: { name: 'Input', attrs: { ...node.op.attrs, name: `shuffled ${node.op.attrs.name}` } },
          }
        : node,
    ),
  };
  assert.is(copiedToRows(attendInPlace(renamed)), copiedToRows(renamed));
});

test.run();
