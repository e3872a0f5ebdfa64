import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { GraphBuilder, type ValueId } from '../../../src/compiler/ir/graph.js';
import { axis } from '../../../src/compiler/ir/tensor-type.js';
import { verifyGraph } from '../../../src/compiler/ir/verify.js';
import { instantiate } from '../../../src/compiler/model/replay.js';
import { assertClose } from '../../support/close.js';
import { runSites, tinyModel } from './tiny-model.js';

const test = suite('model/replay');
const ROWS = [[3, 1, 6, 1, 0]];
const NONE = {
  symbols: new Map<string, string>(),
  written: new Set<string>(),
  substitute: (_: readonly string[], inflight: ValueId) => inflight,
};

function clean(b: GraphBuilder, model: ReturnType<typeof tinyModel>['model']) {
  return new Map(model.inputs.map(({ name, type }) => [name, b.input(name, type)]));
}

test('two clean worlds on the same rows are one', () => {
  const { model } = tinyModel();
  const b = new GraphBuilder();
  const first = instantiate(b, model, { ...NONE, inputs: clean(b, model) }).valueOf('logits');
  const size = b.size;
  const second = instantiate(b, model, { ...NONE, inputs: clean(b, model) }).valueOf('logits');
  assert.is(first, second);
  assert.is(b.size, size);
});

test('only what is asked for is replayed', () => {
  const { model } = tinyModel();
  const b = new GraphBuilder();
  const replay = instantiate(b, model, { ...NONE, inputs: clean(b, model) });
  replay.valueOf('blocks.0.resid_pre');
  const early = b.size;
  assert.ok(early < 10, `${early} nodes for the embedding`);
  replay.valueOf('logits');
  assert.ok(b.size > 100);
});

test('a write that equals the value in flight changes nothing', () => {
  const tiny = tinyModel();
  const plain = runSites(tiny, ROWS, ['logits']).get('logits')?.data ?? [];
  for (const { path } of tiny.model.sites) {
    const same = runSites(tiny, ROWS, ['logits'], {
      [path]: (_, v, b) => b.add({ name: 'Identity', attrs: {} }, v),
    });
    assertClose(same.get('logits')?.data ?? [], plain, { rtol: 1e-6, atol: 1e-7 });
  }
});

test('every site feeds the logits: squashing it moves them', () => {
  const tiny = tinyModel();
  const plain = runSites(tiny, ROWS, ['logits']).get('logits')?.data ?? new Float64Array();
  for (const { path } of tiny.model.sites) {
    const squashed = runSites(tiny, ROWS, ['logits'], {
      [path]: (_, v, b) => b.add({ name: 'Tanh', attrs: {} }, v),
    });
    const moved = (squashed.get('logits')?.data ?? plain).some(
      (v, i) => Math.abs(v - (plain[i] ?? 0)) > 1e-4,
    );
    assert.ok(moved, `${path} is read by nobody`);
  }
});

test('zeroing z removes the head as zeroing its weights would', () => {
  const tiny = tinyModel({ attn_bias: false });
  const written = runSites(tiny, ROWS, ['logits'], {
    'blocks.1.attn.z': (_, v, b) => b.add({ name: 'Sub', attrs: {} }, v, v),
  });
  const weights = new Map(tiny.weights);
  const W_O = weights.get('blocks.1.attn.W_O');
  if (W_O !== undefined)
    weights.set('blocks.1.attn.W_O', { ...W_O, data: new Float64Array(W_O.data.length) });
  const edited = runSites({ ...tiny, weights }, ROWS, ['logits']);
  assertClose(written.get('logits')?.data ?? [], edited.get('logits')?.data ?? [1], { rtol: 1e-9 });
});

test('writing the per-head results is writing their sum', () => {
  const tiny = tinyModel();
  const zero = (path: string) =>
    runSites(tiny, ROWS, ['logits', 'blocks.0.attn_out'], {
      [path]: (_, v, b) => b.add({ name: 'Sub', attrs: {} }, v, v),
    });
  const byResult = zero('blocks.0.attn.result');
  const b_O = tiny.weights.get('blocks.0.attn.b_O')?.data ?? new Float64Array();
  const expected = Array.from({ length: 5 }, () => [...b_O]).flat();
  assertClose(byResult.get('blocks.0.attn_out')?.data ?? [], expected, { rtol: 1e-12 });
  assertClose(byResult.get('logits')?.data ?? [], zero('blocks.0.attn.z').get('logits')?.data ?? [1], {
    rtol: 1e-12,
  });
});

test('a later write sees the earlier one in flight', () => {
  const tiny = tinyModel();
  const zero = runSites(tiny, ROWS, ['blocks.0.attn.z'], {
    'blocks.0.attn.v': (_, v, b) => b.add({ name: 'Sub', attrs: {} }, v, v),
    'blocks.0.attn.z': (_, v, b) => b.add({ name: 'Add', attrs: {} }, v, v),
  });
  assertClose(zero.get('blocks.0.attn.z')?.data ?? [1], new Float64Array(30));
});

test('a write at a position changes no earlier position of a causal model', () => {
  const tiny = tinyModel();
  const plain = runSites(tiny, ROWS, ['logits']).get('logits')?.data ?? new Float64Array();
  const written =
    runSites(tiny, ROWS, ['logits'], {
      'blocks.0.resid_pre': (_, v, b) => {
        const index = b.add({ name: 'Iota', attrs: { axis: axis('pos', 'pos') } });
        const third = b.add({ name: 'Equal', attrs: {} }, index, b.constant({ dtype: 'i64', axes: [] }, [3]));
        const mask = b.add({ name: 'Unsqueeze', attrs: { at: [1], names: ['d_model'] } }, third);
        return b.add({ name: 'Where', attrs: {} }, mask, b.constant({ dtype: 'f32', axes: [] }, [0.5]), v);
      },
    }).get('logits')?.data ?? plain;
  assertClose(written.slice(0, 21), plain.slice(0, 21), { rtol: 1e-12 });
  assert.ok(Math.abs((written[21] ?? 0) - (plain[21] ?? 0)) > 1e-4);
});

test('a replay on other rows has their symbols in every type', () => {
  const { model } = tinyModel({ positions: 'relative_bias' });
  const b = new GraphBuilder();
  const tokens = b.input('rows', { dtype: 'i64', axes: [axis('example', 'row:0'), axis('pos', 'pos:abc')] });
  const symbols = new Map([
    ['example', 'row:0'],
    ['pos', 'pos:abc'],
  ]);
  const replay = instantiate(b, model, { ...NONE, inputs: new Map([['tokens', tokens]]), symbols });
  const graph = b.build(model.sites.map(({ path }) => ({ name: path, value: replay.valueOf(path) })));
  verifyGraph(graph);
  for (const node of graph.nodes) {
    for (const { size } of node.type.axes) assert.not.match(String(size), /example|pos$/);
  }
});

test('an unknown site is our own mistake', () => {
  const { model } = tinyModel();
  const b = new GraphBuilder();
  const replay = instantiate(b, model, { ...NONE, inputs: clean(b, model) });
  assert.throws(() => replay.valueOf('blocks.9.attn.z'), /internal error: no site blocks\.9\.attn\.z/);
});

test.run();
