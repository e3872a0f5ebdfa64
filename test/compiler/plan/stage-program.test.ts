import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { GraphBuilder, type ValueId } from '../../../src/compiler/ir/graph.js';
import { elementwise } from '../../../src/compiler/ir/named.js';
import { distinctExecutions } from '../../../src/compiler/plan/executions.js';
import { programOf } from '../../../src/compiler/plan/stage-program.js';
import { anonymousGraph, listingDigest } from '../../../src/compiler/plan/structure.js';
import { splitByWeights, uniqueWeightNames } from '../../../src/compiler/plan/weights.js';
import { induction, objects, tinyStudy } from '../../runtime/execute/tiny-study.js';

const test = suite('stage-program');
const study = tinyStudy(induction);
const type = { dtype: 'f32', axes: [{ name: 'example', size: 'example' }] } as const;
const scalar = { dtype: 'f32', axes: [] } as const;

/** y = x * w for each pair of a weight's name and digest, and z = x. */
function weighted(pairs: readonly (readonly [string, string])[], input = 'x') {
  const b = new GraphBuilder();
  const x = b.input(input, type);
  const outputs: { name: string; value: ValueId }[] = pairs.map(([name, digest], i) => ({
    name: `y${i}`,
    value: elementwise(b, 'Mul', x, b.weight({ name, digest, type: scalar })),
  }));
  return b.build([...outputs, { name: 'z', value: b.add({ name: 'Neg', attrs: {} }, x) }]);
}

test('outputs that share weights stay together; those without weights join the first', () => {
  const graph = weighted([
    ['W', 'a'],
    ['W', 'b'],
    ['V', 'c'],
  ]);
  assert.equal(
    splitByWeights(graph).map((group) => group.map((one) => one.name)),
    [['y0', 'z'], ['y1'], ['y2']],
  );
  const b = new GraphBuilder();
  const x = b.input('x', type);
  const [v, w] = ['v', 'w'].map((digest) =>
    elementwise(b, 'Mul', x, b.weight({ name: digest, digest, type: scalar })),
  );
  if (v === undefined || w === undefined) throw new Error('no values');
  const both = elementwise(b, 'Add', v, w);
  const shared = b.build([
    { name: 'v', value: v },
    { name: 'w', value: w },
    { name: 'both', value: both },
  ]);
  assert.is(splitByWeights(shared).length, 1);
});

test('two weights of one name get two names, in the order of the graph', () => {
  const names = uniqueWeightNames(
    weighted([
      ['W', 'a'],
      ['W', 'b'],
      ['V', 'a'],
    ]),
  ).nodes.flatMap(({ op }) => (op.name === 'Weight' ? [`${op.attrs.name} ${op.attrs.digest}`] : []));
  assert.equal(names, ['W a', 'W@2 b', 'V a']);
});

test('structure leaves out names and weights, and nothing else', () => {
  const structure = (pairs: readonly (readonly [string, string])[], input?: string) =>
    listingDigest(anonymousGraph(weighted(pairs, input)).graph, 'without weights');
  assert.is(structure([['W', 'a']]), structure([['V', 'b']], 'other'));
  assert.is.not(
    structure([['W', 'a']]),
    structure([
      ['W', 'a'],
      ['V', 'a'],
    ]),
  );
  const content = (digest: string) => listingDigest(weighted([['W', digest]]), 'with weights');
  assert.is(content('a'), content('a'));
  assert.is.not(content('a'), content('b'));
});

test('replicates have one structure, also where they pool in one stage', () => {
  const programs = study.stages.map((stage) => programOf(stage, { skip: [] }));
  const replicates = programs.filter((_, i) =>
    [...study.checked.stages.stages.keys()][i]?.includes('replicate'),
  );
  assert.is(replicates.length, 2);
  assert.is(new Set(replicates.map((one) => one.parts[0]?.structure)).size, 1);
  const pools = programs.filter((one) => one.split === 'reference');
  assert.equal(
    pools.map((one) => one.parts.length),
    [3],
  );
  for (const { parts } of programs) {
    for (const { graph } of parts) {
      const digests = graph.nodes.flatMap(({ op }) => (op.name === 'Weight' ? [op.attrs.name] : []));
      assert.is(new Set(digests).size, digests.length);
    }
  }
});

test('a part has the inputs and contexts that it still needs', () => {
  const [main] = study.stages;
  if (main === undefined) throw new Error('no stage');
  const all = programOf(main, { skip: [] });
  const clean = programOf(main, { skip: [], wanted: (one) => one.name.startsWith('view:prefix_matching:0') });
  assert.is(
    all.parts.flatMap((one) => one.inputs).some(({ spec }) => spec.kind === 'normal'),
    true,
  );
  const [part] = clean.parts;
  assert.ok((part?.inputs.length ?? 0) < (all.parts[0]?.inputs.length ?? 0));
  assert.equal(
    part?.contexts.map((one) => one.id),
    [0],
  );
  assert.not(part?.inputs.some(({ spec }) => spec.kind === 'normal' || spec.kind === 'pooled'));
  assert.equal(programOf(main, { skip: [], wanted: () => false }).parts, []);
});

test('equal runs count once: clean ones per example, written ones per member', () => {
  const [main] = study.stages;
  if (main === undefined) throw new Error('no stage');
  const executions = distinctExecutions(main, main.outputs);
  // The clean run, and in each layer the knock-out and the direction beside it.
  const among = (id: number | null) => executions.filter(({ context }) => context === id).length;
  assert.equal([among(null), among(0), among(1)], [1, 2, 2]);
  assert.ok(main.executions.length > executions.length, 'the check met some of them more than once');
  const view = main.outputs.filter((one) => one.name.startsWith('view:'));
  assert.is(distinctExecutions(main, view).length, 1);
});

test('a skipped pass is skipped in every part', () => {
  const other = tinyStudy(objects);
  for (const stage of other.stages) {
    for (const { records } of programOf(stage, { skip: ['share-prefix'] }).parts) {
      assert.equal(
        records.filter((one) => one.skipped).map((one) => one.name),
        ['share-prefix'],
      );
    }
  }
});

test.run();
