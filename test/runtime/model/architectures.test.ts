import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bug } from '../../../src/compiler/base/bug.js';
import { type Graph, GraphBuilder, type ValueId } from '../../../src/compiler/ir/graph.js';
import { axis } from '../../../src/compiler/ir/tensor-type.js';
import { identityGraph, identityTolerance } from '../../../src/compiler/model/identities.js';
import { instantiate } from '../../../src/compiler/model/replay.js';
import type { Backend } from '../../../src/runtime/backend/backend.js';
import { type HostTensor, numbersOf } from '../../../src/runtime/backend/host-tensor.js';
import { openBackend } from '../../../src/runtime/backend/registry.js';
import {
  type ArchitectureFixture,
  architectureFixture,
  architectureNames,
  type Intervention,
} from '../../support/architecture-fixtures.js';
import { assertClose } from '../../support/close.js';

const test = suite('model/architectures against PyTorch');

/** How much worse than PyTorch's own float32 another order of summation may be. */
const SLACK = 8;
const EPSILON = 2 ** -23;
const BACKENDS = ['reference', 'ort:cpu'] as const;
const KINDS = ['zero', 'mean', 'add', 'interchange', 'scale', 'freeze'] as const;
const opened = new Map<string, Backend>();

async function run(
  name: (typeof BACKENDS)[number],
  graph: Graph,
  fixture: ArchitectureFixture,
  feeds: ReadonlyMap<string, HostTensor>,
): Promise<ReadonlyMap<string, HostTensor>> {
  const backend = opened.get(name) ?? (await openBackend(name, { workers: 1, threads: 1 }));
  opened.set(name, backend);
  const executable = await backend.compile(graph, {
    weights: 'inputs',
    lookupWeight: (digest) => fixture.weights.get(digest) ?? bug(`no weight ${digest}`),
  });
  const { outputs } = await executable.run(feeds);
  executable.dispose();
  return outputs;
}

function given(map: ReadonlyMap<string, HostTensor>, key: string): HostTensor {
  return map.get(key) ?? bug(`no tensor ${key}`);
}

/**
 * PyTorch's float64 against our float32: within SLACK times what PyTorch's own float32 differs, and at least SLACK roundings of
 * the largest element, because a short sum can come out exact by luck.
 */
function compare(fixture: ArchitectureFixture, key: string, ours: HostTensor): void {
  const stored = given(fixture.expected, key);
  assert.equal(ours.dims, stored.dims, key);
  const wanted = numbersOf(stored);
  const largest = Math.max(...wanted.filter(Number.isFinite).map(Math.abs));
  const measured = fixture.float32Error[key] ?? bug(`no error of ${key}`);
  try {
    assertClose(numbersOf(ours), wanted, { rtol: 0, atol: SLACK * Math.max(measured, EPSILON * largest) });
  } catch (error) {
    throw new Error(`${fixture.name} ${key}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function feedsOf({ model, expected }: ArchitectureFixture): ReadonlyMap<string, HostTensor> {
  const [input] = model.inputs;
  return new Map([[input?.name ?? bug('no input'), given(expected, 'input')]]);
}

for (const name of architectureNames()) {
  const fixture = architectureFixture(name);
  const { model, expected } = fixture;
  const stored = [...expected.keys()].filter((key) => key.startsWith('site/')).map((key) => key.slice(5));

  test(`${name}: every activation`, async () => {
    const computed = model.sites.map(({ path }) => path).filter((path) => !path.endsWith('.result'));
    assert.equal(computed.toSorted(), stored.toSorted());
    const graph: Graph = { nodes: model.graph.nodes, outputs: outputsOf(fixture, stored) };
    for (const backend of BACKENDS) {
      const values = await run(backend, graph, fixture, feedsOf(fixture));
      for (const path of stored) compare(fixture, `site/${path}`, given(values, path));
    }
  });

  for (const kind of KINDS) {
    test(`${name}: patched, ${kind}`, async () => {
      const { graph, feeds } = patched(fixture, kind);
      for (const backend of BACKENDS) {
        const values = await run(backend, graph, fixture, feeds);
        compare(fixture, `patched/${kind}`, given(values, 'patched'));
      }
    });
  }

  test(`${name}: the identities between sites hold`, async () => {
    const { graph, identities } = identityGraph(model);
    assert.ok(identities.length >= 3 * (model.geometry.layers ?? 0));
    const values = await run('reference', graph, fixture, feedsOf(fixture));
    const scalar = (output: string): number => numbersOf(given(values, output))[0] ?? Number.NaN;
    const positions = given(expected, 'site/embed').dims[1] ?? 1;
    for (const one of identities) {
      const tolerance = identityTolerance(one.terms({ pos: positions }), scalar(one.magnitude));
      assert.ok(scalar(one.difference) <= tolerance, `${one.text}: ${scalar(one.difference)} > ${tolerance}`);
    }
  });

  test(`${name}: per-head results sum to the attention output, and a written one is summed again`, async () => {
    const b = new GraphBuilder();
    const [input] = model.inputs;
    const path = 'blocks.0.attn.result';
    const replay = instantiate(b, model, {
      inputs: new Map([[input?.name ?? '', b.input(input?.name ?? '', input?.type ?? bug('no input'))]]),
      symbols: new Map(),
      written: new Set([path]),
      substitute: (_, inflight) => inflight,
    });
    const graph = b.build([
      { name: 'attn_out', value: replay.valueOf('blocks.0.attn_out') },
      { name: 'logits', value: replay.valueOf(fixture.output) },
    ]);
    assert.ok(graph.nodes.some(({ op }) => op.name === 'ReduceSum'));
    const values = await run('reference', graph, fixture, feedsOf(fixture));
    compare(fixture, 'site/blocks.0.attn_out', given(values, 'attn_out'));
    compare(fixture, `site/${fixture.output}`, given(values, 'logits'));
  });

  test(`${name}: no two sites are one value`, () => {
    const values = model.sites.map((site) => site.value);
    assert.is(new Set(values).size, values.length);
  });
}

function outputsOf(fixture: ArchitectureFixture, paths: readonly string[]): Graph['outputs'] {
  return paths.map((path) => ({
    name: path,
    value: fixture.model.sites.find((one) => one.path === path)?.value ?? bug(`no site ${path}`),
  }));
}

/** The model with one site written, as a reader would: by graph surgery. */
function patched(
  fixture: ArchitectureFixture,
  kind: (typeof KINDS)[number],
): { readonly graph: Graph; readonly feeds: ReadonlyMap<string, HostTensor> } {
  const { model, expected } = fixture;
  const [input] = model.inputs;
  if (input === undefined) return bug('no input');
  const b = new GraphBuilder();
  const intervention = fixture.interventions[kind] ?? bug(`no intervention ${kind}`);
  // `freeze` runs the other input, with a value of this one.
  const running = kind === 'freeze' ? 'other_input' : 'input';
  const clean = instantiate(b, model, {
    inputs: new Map([[input.name, b.input('input', input.type)]]),
    symbols: new Map(),
    written: new Set(),
    substitute: (_, inflight) => inflight,
  });
  const replay = instantiate(b, model, {
    inputs: new Map([[input.name, b.input(running, input.type)]]),
    symbols: new Map(),
    written: new Set([intervention.site]),
    substitute: (_, inflight) =>
      WRITES[kind]({ b, inflight, clean: clean.valueOf(intervention.site), intervention }),
  });
  const graph = b.build([{ name: 'patched', value: replay.valueOf(fixture.output) }]);
  const names = new Set(graph.nodes.flatMap(({ op }) => (op.name === 'Input' ? [op.attrs.name] : [])));
  return { graph, feeds: new Map([...names].map((one) => [one, given(expected, one)] as const)) };
}

type Write = {
  readonly b: GraphBuilder;
  readonly inflight: ValueId;
  readonly clean: ValueId;
  readonly intervention: Intervention;
};

const WRITES = {
  zero: ({ b, inflight, intervention }) =>
    onHead(b, inflight, intervention, b.constant({ dtype: 'f32', axes: [] }, [0])),
  mean: ({ b, inflight }) => {
    const mean = b.add({ name: 'ReduceMean', attrs: { axes: [0, 1], keepdims: true } }, inflight);
    return b.add({ name: 'Expand', attrs: { axes: b.axesOf(inflight) } }, mean);
  },
  add: ({ b, inflight, intervention }) => {
    const vector = intervention.vector ?? bug('no vector');
    const direction = b.constant({ dtype: 'f32', axes: [axis('d_model', vector.length)] }, vector);
    return b.add({ name: 'Add', attrs: {} }, inflight, direction);
  },
  interchange: ({ b, inflight, intervention }) => {
    // Of two rows, each reads the other.
    const row = b.add({ name: 'Iota', attrs: { axis: axis('example', 'example') } });
    const last = b.constant({ dtype: 'i64', axes: [] }, [1]);
    const swapped = b.add({ name: 'Sub', attrs: {} }, last, row);
    return onHead(
      b,
      inflight,
      intervention,
      b.add({ name: 'Gather', attrs: { axis: 0 } }, inflight, swapped),
    );
  },
  scale: ({ b, inflight, intervention }) => {
    const factor = b.constant({ dtype: 'f32', axes: [] }, [intervention.factor ?? bug('no factor')]);
    return b.add({ name: 'Mul', attrs: {} }, inflight, factor);
  },
  freeze: ({ clean }) => clean,
} as const satisfies Record<(typeof KINDS)[number], (write: Write) => ValueId>;

/** z with one head from elsewhere. */
function onHead(b: GraphBuilder, z: ValueId, { head }: Intervention, elsewhere: ValueId): ValueId {
  const heads = b.axesOf(z)[2] ?? bug('z without heads');
  const index = b.add({ name: 'Iota', attrs: { axis: heads } });
  const chosen = b.add(
    { name: 'Equal', attrs: {} },
    index,
    b.constant({ dtype: 'i64', axes: [] }, [head ?? bug('no head')]),
  );
  const column = b.add({ name: 'Unsqueeze', attrs: { at: [1], names: ['d_head'] } }, chosen);
  return b.add({ name: 'Where', attrs: {} }, column, elsewhere, z);
}

test.after(async () => {
  for (const backend of opened.values()) await backend.dispose();
});

test.run();
