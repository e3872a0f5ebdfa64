// Transformers as PyTorch's two exporters write them, at several operator sets: the sites that are recognised hold what PyTorch
// computes there (test/oracle/models), and writing one changes what follows as it does in PyTorch.
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bug } from '../../../../src/compiler/base/bug.js';
import { type Graph, GraphBuilder, type ValueId } from '../../../../src/compiler/ir/graph.js';
import { axis } from '../../../../src/compiler/ir/tensor-type.js';
import { identityGraph, identityTolerance } from '../../../../src/compiler/model/identities.js';
import { instantiate } from '../../../../src/compiler/model/replay.js';
import type { Backend } from '../../../../src/runtime/backend/backend.js';
import { type HostTensor, numbersOf } from '../../../../src/runtime/backend/host-tensor.js';
import { openBackend } from '../../../../src/runtime/backend/registry.js';
import type { LoadedModel } from '../../../../src/runtime/model/load-model.js';
import { loadOnnx } from '../../../../src/runtime/model/load-onnx.js';
import {
  type ArchitectureFixture,
  architectureFixture,
  type Intervention,
} from '../../../support/architecture-fixtures.js';
import { assertClose } from '../../../support/close.js';

const test = suite('ONNX transformers against PyTorch');

const FOLDER = join(import.meta.dirname, '../../../oracle/onnx');
const SLACK = 8;
const EPSILON = 2 ** -23;
const BACKENDS = ['reference', 'ort:cpu'] as const;
const opened = new Map<string, Backend>();

type Case = {
  readonly model: string;
  /** Sites of the architecture that a file does not let one find, or that it computes otherwise. */
  readonly without: readonly string[];
  readonly causal: boolean;
  readonly output: string;
};

const cases: Readonly<Record<string, Case>> = {
  'gpt2-legacy-11': { model: 'gpt2', without: ['pos_embed'], causal: true, output: 'logits' },
  'gpt2-legacy-17': { model: 'gpt2', without: ['pos_embed'], causal: true, output: 'logits' },
  'gpt2-dynamo-18': { model: 'gpt2', without: ['pos_embed'], causal: true, output: 'logits' },
  'gpt2-dynamo-23': { model: 'gpt2', without: ['pos_embed'], causal: true, output: 'logits' },
  'llama-legacy-16': { model: 'llama', without: [], causal: true, output: 'logits' },
  'llama-dynamo-18': { model: 'llama', without: [], causal: true, output: 'logits' },
  'qwen3-dynamo-18': { model: 'qwen3', without: ['q_norm', 'k_norm'], causal: true, output: 'logits' },
  'neox-legacy-17': { model: 'neox-parallel', without: [], causal: true, output: 'logits' },
  'bert-legacy-13': { model: 'bert', without: BERT(), causal: false, output: 'logits' },
  'bert-dynamo-20': { model: 'bert', without: BERT(), causal: false, output: 'logits' },
  'vit-legacy-17': {
    model: 'vit',
    without: ['patch_embed', 'pos_embed', 'embed'],
    causal: false,
    output: 'logits',
  },
};

function BERT(): readonly string[] {
  return ['segment_embed', 'pos_embed', 'embed_sum', 'embed_norm', 'mlm_head', 'final_norm'];
}

function load(name: string): LoadedModel {
  const found = loadOnnx(join(FOLDER, `${name}.onnx`), `${name}.onnx`);
  return found.kind === 'ok' ? found.value : bug(`${name}: ${JSON.stringify(found.problem)}`);
}

async function run(
  backend: (typeof BACKENDS)[number],
  loaded: LoadedModel,
  graph: Graph,
  fixture: ArchitectureFixture,
): Promise<ReadonlyMap<string, HostTensor>> {
  const known = opened.get(backend) ?? (await openBackend(backend, { workers: 1, threads: 1 }));
  opened.set(backend, known);
  const executable = await known.compile(graph, {
    weights: 'inputs',
    lookupWeight: (digest) => loaded.weights.get(digest) ?? bug(`no weight ${digest}`),
  });
  const [input] = loaded.graph.inputs;
  const feeds = new Map([
    [input?.name ?? bug('no input'), fixture.expected.get('input') ?? bug('no stored input')],
  ]);
  const { outputs } = await executable.run(feeds);
  executable.dispose();
  return outputs;
}

/** As in architectures.test.ts: within SLACK times what PyTorch's own float32 differs from its float64. */
function compare(fixture: ArchitectureFixture, key: string, ours: HostTensor | undefined): void {
  const stored = fixture.expected.get(key) ?? bug(`nothing stored for ${key}`);
  assert.equal(ours?.dims, stored.dims, key);
  const wanted = numbersOf(stored);
  const largest = Math.max(...wanted.filter(Number.isFinite).map(Math.abs));
  const atol = SLACK * Math.max(fixture.float32Error[key] ?? bug(`no error of ${key}`), EPSILON * largest);
  try {
    assertClose(ours === undefined ? [] : numbersOf(ours), wanted, { rtol: 0, atol });
  } catch (error) {
    throw new Error(`${key}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

for (const [name, { model, without, causal, output }] of Object.entries(cases)) {
  const fixture = architectureFixture(model);
  const loaded = load(name);
  const { graph } = loaded;
  const paths = new Set(graph.sites.map((site) => site.path));
  const stored = [...fixture.expected.keys()]
    .filter((key) => key.startsWith('site/'))
    .map((key) => key.slice(5));

  test(`${name}: every site that the architecture has is found`, () => {
    const missing = stored.filter((path) => !paths.has(path));
    const unexpected = missing.filter((path) => !without.some((one) => path.includes(one)));
    assert.equal(unexpected, []);
    assert.is(graph.family, 'transformer');
    assert.is(graph.causal, causal);
    const { layers, heads, kv_heads, d_model, d_head } = fixture.model.geometry;
    const found = graph.geometry;
    assert.equal([found.layers, found.heads, found.kv_heads], [layers, heads, kv_heads]);
    assert.equal([found.d_model, found.d_head], [d_model, d_head]);
    assert.is(graph.inputs.length, 1);
  });

  test(`${name}: every activation`, async () => {
    const shared = stored.filter((path) => paths.has(path));
    for (const path of shared) {
      const named = (one: typeof graph): string | undefined =>
        one.sites
          .find((site) => site.path === path)
          ?.axes.map((axis) => axis.name)
          .join();
      assert.is(named(graph), named(fixture.model), path);
    }
    const outputs = shared.map((path) => ({
      name: path,
      value: graph.sites.find((site) => site.path === path)?.value ?? bug(`no site ${path}`),
    }));
    for (const backend of BACKENDS) {
      const values = await run(backend, loaded, { nodes: graph.graph.nodes, outputs }, fixture);
      for (const path of shared) compare(fixture, `site/${path}`, values.get(path));
    }
  });

  test(`${name}: a written site changes the output as in PyTorch`, async () => {
    for (const kind of ['zero', 'mean', 'add', 'scale'] as const) {
      const intervention = fixture.interventions[kind] ?? bug(`no intervention ${kind}`);
      if (!paths.has(intervention.site)) continue;
      const b = new GraphBuilder();
      const replay = instantiate(b, graph, {
        inputs: new Map(graph.inputs.map((one) => [one.name, b.input(one.name, one.type)])),
        symbols: new Map(),
        written: new Set([intervention.site]),
        substitute: (_, inflight) => WRITES[kind](b, inflight, intervention),
      });
      const patched = b.build([{ name: 'patched', value: replay.valueOf(output) }]);
      const values = await run('reference', loaded, patched, fixture);
      compare(fixture, `patched/${kind}`, values.get('patched'));
    }
  });

  test(`${name}: the identities between sites hold`, async () => {
    const { graph: checks, identities } = identityGraph(graph);
    assert.ok(identities.length >= 3 * (graph.geometry.layers ?? 0));
    const values = await run('reference', loaded, checks, fixture);
    const scalar = (key: string): number => numbersOf(values.get(key) ?? bug(`no ${key}`))[0] ?? Number.NaN;
    for (const one of identities) {
      const tolerance = identityTolerance(one.terms({ pos: 6 }), scalar(one.magnitude));
      assert.ok(scalar(one.difference) <= tolerance, `${one.text}: ${scalar(one.difference)} > ${tolerance}`);
    }
  });

  test(`${name}: no two sites are one value`, () => {
    const own = graph.sites.filter((site) => site.part !== 'other').map((site) => site.value);
    assert.is(new Set(own).size, own.length);
  });
}

const WRITES = {
  zero: (b, z, { head }) => {
    const heads = b.axesOf(z)[2] ?? bug('z without heads');
    const index = b.add({ name: 'Iota', attrs: { axis: heads } });
    const number = b.constant({ dtype: 'i64', axes: [] }, [head ?? bug('no head')]);
    const chosen = b.add({ name: 'Equal', attrs: {} }, index, number);
    const column = b.add({ name: 'Unsqueeze', attrs: { at: [1], names: ['d_head'] } }, chosen);
    return b.add({ name: 'Where', attrs: {} }, column, b.constant({ dtype: 'f32', axes: [] }, [0]), z);
  },
  mean: (b, x) => {
    const mean = b.add({ name: 'ReduceMean', attrs: { axes: [0, 1], keepdims: true } }, x);
    return b.add({ name: 'Expand', attrs: { axes: b.axesOf(x) } }, mean);
  },
  add: (b, x, { vector = [] }) => {
    const direction = b.constant({ dtype: 'f32', axes: [axis('d_model', vector.length)] }, vector);
    return b.add({ name: 'Add', attrs: {} }, x, direction);
  },
  scale: (b, x, { factor }) => {
    const number = b.constant({ dtype: 'f32', axes: [] }, [factor ?? bug('no factor')]);
    return b.add({ name: 'Mul', attrs: {} }, x, number);
  },
} as const satisfies Record<string, (b: GraphBuilder, x: ValueId, intervention: Intervention) => ValueId>;

test.after(async () => {
  for (const backend of opened.values()) await backend.dispose();
});

test.run();
