// The bundled models on every backend that is here: as PyTorch computes them, and with interventions spliced in.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Graph, GraphBuilder, type Output, type ValueId } from '../../../src/compiler/ir/graph.js';
import { axis } from '../../../src/compiler/ir/tensor-type.js';
import { findSite } from '../../../src/compiler/model/component-tree.js';
import { instantiate } from '../../../src/compiler/model/replay.js';
import type { Backend } from '../../../src/runtime/backend/backend.js';
import { type HostTensor, tensorOf } from '../../../src/runtime/backend/host-tensor.js';
import { type LoadedModel, loadBundled } from '../../../src/runtime/model/load-model.js';
import { verifyModel } from '../../../src/runtime/model/verify-model.js';
import { randomNumbers } from '../../support/ir-run.js';
import { presentBackends } from '../../support/present-backends.js';

const test = suite('spliced models');
const present = await presentBackends;
const reference = need(present.backends.find((one) => one.name === 'reference'));

const EXAMPLES = 3;
const POSITIONS = 12;

for (const name of ['attn2', 'ioi3']) {
  const model = bundled(name);
  const graph = splice(model);
  const feeds = tokensOf(model);
  const wanted = run(reference, graph, model, feeds);

  test(`the interventions on ${name} change the logits by far more than the tolerance`, async () => {
    const outputs = await wanted;
    const clean = need(outputs.get('clean'));
    for (const [output, values] of outputs) {
      if (output === 'clean') continue;
      assert.ok(largestDifference(values, clean) > 20 * tolerance(model, outputs), output);
    }
  });

  for (const backend of present.backends) {
    test(`${backend.name} agrees with the reference on ${name} with interventions spliced in`, async () => {
      const outputs = await wanted;
      const found = await run(backend, graph, model, feeds);
      assert.equal([...found.keys()].sort(), [...outputs.keys()].sort());
      for (const [output, values] of outputs) {
        const difference = largestDifference(need(found.get(output)), values);
        const allowed = tolerance(model, outputs);
        assert.ok(difference <= allowed, `${output}: ${difference} is more than ${allowed}`);
      }
    });

    // The reference is checked in test/runtime/model; a device in software needs seconds for each model.
    if (backend.name === 'reference' || (backend.name === 'ort:webgpu' && name === 'attn2')) continue;
    test(`${backend.name} reproduces PyTorch's logits and activations of ${name}`, async () => {
      assert.equal((await verifyModel(model, backend)).problems, []);
    });
  }
}

/** Logits of clean and corrupt tokens, and of five interventions that read one world and write into another. */
function splice(model: LoadedModel): Graph {
  const b = new GraphBuilder();
  const type = { dtype: 'i64', axes: [axis('example', 'example'), axis('pos', 'pos')] } as const;
  const input = need(model.graph.inputs[0]).name;
  const [cleanTokens, corruptTokens] = [b.input('clean', type), b.input('corrupt', type)];
  const world = (tokens: ValueId, writes: Readonly<Record<string, (value: ValueId) => ValueId>>) =>
    instantiate(b, model.graph, {
      inputs: new Map([[input, tokens]]),
      symbols: new Map(),
      written: new Set(Object.keys(writes)),
      substitute: (paths, value) => paths.reduce((v, path) => writes[path]?.(v) ?? v, value),
    });
  const clean = world(cleanTokens, {});
  const corrupt = world(corruptTokens, {});
  const last = need(model.graph.geometry.layers) - 1;
  const scalar = (value: number) => b.constant({ dtype: 'f32', axes: [] }, [value]);
  const mean = (value: ValueId) => {
    const { axes } = b.typeOf(value);
    const average = b.add({ name: 'ReduceMean', attrs: { axes: [0], keepdims: true } }, value);
    return b.add({ name: 'Expand', attrs: { axes } }, average);
  };
  const worlds: Readonly<Record<string, Readonly<Record<string, (value: ValueId) => ValueId>>>> = {
    'zero z': { 'blocks.0.attn.z': (z) => b.add({ name: 'Mul', attrs: {} }, z, scalar(0)) },
    'patch z': { [`blocks.${last}.attn.z`]: () => corrupt.valueOf(`blocks.${last}.attn.z`) },
    'patch pattern': { 'blocks.0.attn.pattern': () => corrupt.valueOf('blocks.0.attn.pattern') },
    'mean attn_out': { [`blocks.${last}.attn_out`]: mean },
    'steer resid': {
      [`blocks.${last}.resid_pre`]: (x) =>
        b.add(
          { name: 'Add', attrs: {} },
          x,
          b.add({ name: 'Mul', attrs: {} }, corrupt.valueOf('embed'), scalar(4)),
        ),
    },
  };
  const outputs: Output[] = [
    { name: 'clean', value: clean.valueOf('logits') },
    { name: 'corrupt', value: corrupt.valueOf('logits') },
  ];
  for (const [name, writes] of Object.entries(worlds)) {
    for (const path of Object.keys(writes)) assert.ok(findSite(model.graph, path) !== undefined, path);
    outputs.push({ name, value: world(cleanTokens, writes).valueOf('logits') });
  }
  return b.build(outputs);
}

/**
 * Each sum of n products in float32 is within (n + 1) u of the exact one, relative to the sum of absolute terms (Higham, Accuracy and
 * Stability, 3.5), and two evaluations may err to both sides. Along the longest path the sums follow one another: queries, scores,
 * mixing, output, and the two of the MLP in every block, then the unembedding. What lies on the residual stream passes on with gain
 * about one, so that the errors add; WGSL's exp (3 + 2|x| units) at most doubles them.
 */
function tolerance(model: LoadedModel, outputs: ReadonlyMap<string, HostTensor>): number {
  const { layers = 0, heads = 0, d_model = 0, d_head = 0, d_mlp = 0 } = model.graph.geometry;
  const perBlock = [d_model, d_head, POSITIONS, heads * d_head, d_model, d_mlp];
  const terms = layers * perBlock.reduce((n, one) => n + one + 2, 0) + d_model + 2;
  const largest = Math.max(...[...outputs.values()].flatMap((one) => Array.from(floats(one), Math.abs)));
  return 2 * 2 * terms * 2 ** -24 * largest;
}

async function run(
  backend: Backend,
  graph: Graph,
  model: LoadedModel,
  feeds: ReadonlyMap<string, HostTensor>,
) {
  const executable = await backend.compile(graph, {
    weights: 'inputs',
    lookupWeight: (digest) => need(model.weights.get(digest)),
  });
  const { outputs } = await executable.run(feeds);
  executable.dispose();
  return outputs;
}

function tokensOf(model: LoadedModel): ReadonlyMap<string, HostTensor> {
  const random = randomNumbers(5);
  const draw = () =>
    tensorOf(
      'i64',
      [EXAMPLES, POSITIONS],
      Array.from({ length: EXAMPLES * POSITIONS }, () =>
        Math.floor(random() * need(model.graph.geometry.vocab)),
      ),
    );
  return new Map([
    ['clean', draw()],
    ['corrupt', draw()],
  ]);
}

function bundled(name: string): LoadedModel {
  const result = loadBundled(name);
  if (result.kind === 'problem') throw new Error(result.problem.kind);
  return result.value;
}

function floats({ data }: HostTensor): Float32Array {
  if (!(data instanceof Float32Array)) throw new Error('logits are float32');
  return data;
}

function largestDifference(left: HostTensor, right: HostTensor): number {
  const [a, b] = [floats(left), floats(right)];
  assert.is(a.length, b.length);
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs((a[i] ?? Number.NaN) - (b[i] ?? Number.NaN));
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}

function need<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('missing');
  return value;
}

test.run();
