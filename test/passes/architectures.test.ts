// The same-results law on every architecture: a family of head ablations, each row with a head of its own, read at the last
// position; rotary positions, grouped keys, norms after the sums and images all go through the whole pipeline of passes.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Graph, GraphBuilder, type ValueId } from '../../src/compiler/ir/graph.js';
import { axis } from '../../src/compiler/ir/tensor-type.js';
import type { ModelGraph } from '../../src/compiler/model/model-graph.js';
import { instantiate } from '../../src/compiler/model/replay.js';
import { PIPELINE } from '../../src/compiler/pass/pipeline.js';
import { architectureFixture, architectureNames } from '../support/architecture-fixtures.js';
import { assertSameResults } from '../support/pass-law.js';

const test = suite('passes: every architecture');
const SIZES = new Map([
  ['example', 2],
  ['row:0', 6],
  ['pos', 5],
]);

for (const name of architectureNames()) {
  test(`${name}: a family of ablations of the last layer shares its prefix and keeps its results`, () => {
    const { model, output } = architectureFixture(name);
    const graph = family(model, output, `blocks.${(model.geometry.layers ?? 1) - 1}.attn.z`);
    const { flopsBefore, flopsAfter } = assertSameResults(graph, PIPELINE, SIZES);
    assert.ok(flopsAfter < 0.8 * flopsBefore, `${flopsAfter} of ${flopsBefore}`);
  });
}

/** Clean outputs per example, and per row the outputs with one head of z set to zero. */
function family(model: ModelGraph, output: string, site: string): Graph {
  const b = new GraphBuilder();
  const [input] = model.inputs;
  if (input === undefined) throw new Error('no input');
  const given = b.input(input.name, input.type);
  const rows = { dtype: 'i64', axes: [axis('example', 'row:0')] } as const;
  const lifted = b.add({ name: 'Gather', attrs: { axis: 0 } }, given, b.input('example_of_row:0', rows));
  const clean = instantiate(b, model, {
    inputs: new Map([[input.name, given]]),
    symbols: new Map(),
    written: new Set(),
    substitute: (_, inflight) => inflight,
  });
  const patched = instantiate(b, model, {
    inputs: new Map([[input.name, lifted]]),
    symbols: new Map([['example', 'row:0']]),
    written: new Set([site]),
    substitute: (_, z) => withoutHead(b, z, b.input('head_of_row:0', rows)),
  });
  const last = (value: ValueId): ValueId =>
    b.axesOf(value)[1]?.name === 'pos'
      ? b.add({ name: 'Slice', attrs: { axis: 1, start: -1, end: null, step: 1 } }, value)
      : value;
  return b.build([
    { name: 'clean', value: last(clean.valueOf(output)) },
    { name: 'patched', value: last(patched.valueOf(output)) },
  ]);
}

function withoutHead(b: GraphBuilder, z: ValueId, head: ValueId): ValueId {
  const heads = b.axesOf(z)[2] ?? axis('head', 1);
  const index = b.add({ name: 'Iota', attrs: { axis: heads } });
  const row = b.add({ name: 'Unsqueeze', attrs: { at: [1, 2, 3], names: ['pos', 'head', 'd_head'] } }, head);
  const column = b.add({ name: 'Unsqueeze', attrs: { at: [1], names: ['d_head'] } }, index);
  const chosen = b.add({ name: 'Equal', attrs: {} }, row, column);
  return b.add({ name: 'Where', attrs: {} }, chosen, b.constant({ dtype: 'f32', axes: [] }, [0]), z);
}

test.run();
