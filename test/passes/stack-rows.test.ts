// Families of rows that write in different places, computed side by side: the same outputs, and each weight read once where they meet.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { addDims } from '../../src/compiler/ir/dim.js';
import { evaluateGraph } from '../../src/compiler/ir/evaluate.js';
import { type Graph, GraphBuilder, type ValueId } from '../../src/compiler/ir/graph.js';
import { inputsOf } from '../../src/compiler/ir/symbols.js';
import { type Tensor, tensor } from '../../src/compiler/ir/tensor.js';
import { type Dim, typeText } from '../../src/compiler/ir/tensor-type.js';
import { verifyGraph } from '../../src/compiler/ir/verify.js';
import { stackRows } from '../../src/compiler/pass/stack-rows.js';
import { assertClose } from '../support/close.js';
import {
  afterPasses,
  type ExperimentPlan,
  type FamilyPlan,
  type FamilyWrite,
  familyExperiment,
  feedsFor,
  productsOfRows,
  randomPlan,
  withPositions,
} from '../support/family-experiment.js';
import { randomWeights } from '../support/ir-run.js';

const test = suite('passes/stack-rows');
const weights = randomWeights(new Map());

const knockOut: FamilyWrite = { layer: 0, site: 'z', value: 'zero', where: 'end', byHead: true };
const familyAt = (layer: number, change: Partial<FamilyWrite> = {}): FamilyPlan => ({
  members: 2,
  worlds: [[{ ...knockOut, layer, ...change }]],
  metric: 'two logits',
});
const planOf = (...families: readonly FamilyPlan[]): ExperimentPlan => ({
  examples: 2,
  positions: 5,
  families,
});

function outputsText({ nodes, outputs }: Graph): readonly string[] {
  return outputs.map(({ name, value }) => {
    const type = nodes[value]?.type;
    return `${name}: ${type === undefined ? 'nothing' : typeText(type)}`;
  });
}

function assertAgree(
  got: ReadonlyMap<string, Tensor>,
  want: ReadonlyMap<string, Tensor>,
  what: string,
): void {
  assert.equal([...got.keys()], [...want.keys()], what);
  for (const [name, expected] of want) {
    assert.equal(got.get(name)?.dims, expected.dims, `${what}: ${name}`);
    assertClose(got.get(name)?.data ?? [], expected.data, { rtol: 1e-9, atol: 1e-9 });
  }
}

test('80 random experiments of 2 to 4 families keep their results', () => {
  let stacked = 0;
  let nonzero = 0;
  for (let seed = 0; seed < 80; seed++) {
    const plan = randomPlan(seed);
    const naive = familyExperiment(plan);
    const feeds = feedsFor(naive, plan, seed);
    const want = evaluateGraph(naive, feeds, weights, 'f64');
    const ready = afterPasses(naive);
    const graph = stackRows(ready.graph);
    verifyGraph(graph);
    assert.equal(outputsText(graph), outputsText(ready.graph));
    const got = evaluateGraph(graph, withPositions(feeds, { ...ready, graph }, seed % 3), weights, 'f64');
    assertAgree(got, want, `seed ${seed}`);
    const count = (one: Graph) => [...productsOfRows(one).values()].reduce((sum, n) => sum + n, 0);
    if (count(graph) < count(ready.graph)) stacked++;
    if (Math.abs(want.get('effect:0')?.data[0] ?? 0) > 1e-3) nonzero++;
  }
  assert.ok(stacked > 30, `${stacked} of 80 had something to stack`);
  assert.ok(nonzero > 40, `${nonzero} of 80 have an effect`);
});

test('where families meet, a weight is read by one product', () => {
  const plan = planOf(familyAt(0), familyAt(1), familyAt(1, { site: 'mlp', value: 'scaled' }));
  const before = afterPasses(familyExperiment(plan)).graph;
  const [apart, together] = [productsOfRows(before), productsOfRows(stackRows(before))];
  for (const name of ['2.W_Q', '2.W_K', '2.W_V', '2.W_O', '2.W_in', '2.W_out'])
    assert.equal([name, together.get(name)], [name, 1]);
  for (const name of ['2.W_O', '2.W_in', '2.W_out']) assert.equal([name, apart.get(name)], [name, 3]);
  for (const [name, times] of together) assert.ok(times <= (apart.get(name) ?? 0), name);
  // Each of the two tokens has its column of the unembedding.
  assert.equal([apart.get('W_U'), together.get('W_U')], [6, 2]);
});

test('families that begin to differ by other rules are not computed together, and are still right', () => {
  const plan = planOf(familyAt(0), familyAt(1, { where: 'input' }), familyAt(1, { where: 'everywhere' }));
  const naive = familyExperiment(plan);
  const ready = afterPasses(naive);
  const feeds = feedsFor(naive, plan, 3);
  const graph = stackRows(ready.graph);
  const got = evaluateGraph(graph, withPositions(feeds, { ...ready, graph }), weights, 'f64');
  assertAgree(got, evaluateGraph(naive, feeds, weights, 'f64'), 'three rules');
});

test('a graph of one family is returned as it is', () => {
  const { graph } = afterPasses(familyExperiment(planOf(familyAt(1))));
  assert.is(stackRows(graph), graph);
});

test('the same graph is stacked in the same way each time', () => {
  for (let seed = 200; seed < 210; seed++) {
    const { graph } = afterPasses(familyExperiment(randomPlan(seed)));
    const once = stackRows(graph);
    assert.equal(stackRows(graph), once);
    assert.equal(
      stackRows(afterPasses(familyExperiment(randomPlan(seed))).graph),
      once,
      'built again from the experiment',
    );
  }
});

for (const third of [false, true]) {
  test(`${third ? 'three' : 'two'} families that read weights in opposite order: joining all products would make a cycle`, () => {
    const b = new GraphBuilder();
    const weight = (name: string) =>
      b.weight({
        name,
        digest: name,
        type: {
          dtype: 'f32',
          axes: [
            { name: 'x', size: 3 },
            { name: 'y', size: 3 },
          ],
        },
      });
    const rows = (id: number) =>
      b.input(`rows:${id}`, {
        dtype: 'f32',
        axes: [
          { name: 'example', size: `row:${id}` },
          { name: 'x', size: 3 },
        ],
      });
    const times = (x: ValueId, name: string) =>
      b.add(
        { name: 'Rename', attrs: { names: ['example', 'x'] } },
        b.add({ name: 'MatMul', attrs: {} }, b.add({ name: 'Tanh', attrs: {} }, x), weight(name)),
      );
    const first = times(times(rows(0), 'W1'), 'W2');
    const second = times(times(rows(1), 'W2'), 'W1');
    const outputs = [
      { name: 'first', value: first },
      { name: 'second', value: second },
    ];
    // It reads W2 twice, which then says nothing of how far a family has come.
    if (third) outputs.push({ name: 'third', value: times(times(times(rows(2), 'W2'), 'W1'), 'W2') });
    const graph = b.build(outputs);
    const stacked = stackRows(graph);
    verifyGraph(stacked);
    const sizes = [2, 3, 1];
    const feeds = new Map(
      inputsOf(graph).map(({ name }, id) => {
        const count = sizes[id] ?? 0;
        return [
          name,
          tensor(
            'f32',
            [count, 3],
            Array.from({ length: 3 * count }, (_, i) => Math.sin(i + 7 * id)),
          ),
        ];
      }),
    );
    assertAgree(
      evaluateGraph(stacked, feeds, weights, 'f64'),
      evaluateGraph(graph, feeds, weights, 'f64'),
      'in opposite order',
    );
  });
}

test('parts of a stack are cut out by rows that families of any size have', () => {
  // The first of two operators takes all families, the next only the last two: its operand is cut after the first's rows.
  const b = new GraphBuilder();
  const vector = { dtype: 'f32', axes: [{ name: 'x', size: 3 }] } as const;
  const [u, v] = ['u', 'v'].map((name) => b.weight({ name, digest: name, type: vector }));
  const outputs = [0, 1, 2, 3].map((id) => {
    const rows = b.input(`rows:${id}`, {
      dtype: 'f32',
      axes: [
        { name: 'example', size: `row:${id}` },
        { name: 'x', size: 3 },
      ],
    });
    if (u === undefined || v === undefined) throw new Error('no weights');
    const sum = b.add({ name: 'Add', attrs: {} }, rows, u);
    return { name: `y:${id}`, value: id < 2 ? sum : b.add({ name: 'Mul', attrs: {} }, sum, v) };
  });
  const graph = b.build(outputs);
  const stacked = stackRows(graph);
  const all = [0, 1, 2, 3].map((id) => `row:${id}`).reduce<Dim>(addDims, 0);
  assert.ok(stacked.nodes.some(({ op, type }) => op.name === 'Add' && type.axes[0]?.size === all));
  for (const sizes of [
    [1, 1, 1, 1],
    [4, 1, 2, 3],
    [1, 5, 1, 2],
  ]) {
    const feeds = new Map(
      sizes.map((count, id) => [
        `rows:${id}`,
        tensor(
          'f32',
          [count, 3],
          Array.from({ length: 3 * count }, (_, i) => 10 * id + i),
        ),
      ]),
    );
    assertAgree(
      evaluateGraph(stacked, feeds, weights, 'f64'),
      evaluateGraph(graph, feeds, weights, 'f64'),
      sizes.join(),
    );
  }
});

test.run();
