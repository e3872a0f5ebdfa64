// Convolutional and recurrent networks, and control flow, as PyTorch exports them: the output is what PyTorch computed; what is
// recognised has the field's names; what is opaque runs, also after something before it was written.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bug } from '../../../../src/compiler/base/bug.js';
import { GraphBuilder } from '../../../../src/compiler/ir/graph.js';
import { instantiate } from '../../../../src/compiler/model/replay.js';
import type { Backend } from '../../../../src/runtime/backend/backend.js';
import { numbersOf, tensorOf } from '../../../../src/runtime/backend/host-tensor.js';
import { openBackend } from '../../../../src/runtime/backend/registry.js';
import type { LoadedModel } from '../../../../src/runtime/model/load-model.js';
import { loadOnnx } from '../../../../src/runtime/model/load-onnx.js';
import { assertClose } from '../../../support/close.js';

const test = suite('ONNX networks of other kinds');

const FOLDER = join(import.meta.dirname, '../../../oracle/onnx');
let backend: Backend;
test.before(async () => {
  backend = await openBackend('ort:cpu', { workers: 1, threads: 1 });
});
test.after(() => backend.dispose());

type Stored = {
  readonly input: {
    readonly name: string;
    readonly dims: readonly number[];
    readonly data: readonly number[];
  };
  readonly output: { readonly dims: readonly number[]; readonly data: readonly number[] };
};

function load(name: string): LoadedModel {
  const found = loadOnnx(join(FOLDER, `${name}.onnx`), `${name}.onnx`);
  return found.kind === 'ok' ? found.value : bug(`${name}: ${JSON.stringify(found.problem)}`);
}

function storedFor(name: string): Stored {
  return JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')); // written by export_models.py
}

/** The sites that are asked for, with one of them multiplied by a factor if any is. */
async function values(
  name: string,
  paths: readonly string[],
  doubled: string | null = null,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const loaded = load(name);
  const { input } = storedFor(name);
  const b = new GraphBuilder();
  const replay = instantiate(b, loaded.graph, {
    inputs: new Map(loaded.graph.inputs.map((one) => [one.name, b.input(one.name, one.type)])),
    symbols: new Map(),
    written: new Set(doubled === null ? [] : [doubled]),
    substitute: (_, inflight) =>
      b.add({ name: 'Mul', attrs: {} }, inflight, b.constant({ dtype: 'f32', axes: [] }, [2])),
  });
  const graph = b.build(paths.map((path) => ({ name: path, value: replay.valueOf(path) })));
  const executable = await backend.compile(graph, {
    weights: 'inputs',
    lookupWeight: (digest) => loaded.weights.get(digest) ?? bug(`no weight ${digest}`),
  });
  const dtype = loaded.graph.inputs[0]?.type.dtype ?? 'f32';
  const { outputs } = await executable.run(new Map([[input.name, tensorOf(dtype, input.dims, input.data)]]));
  executable.dispose();
  return new Map([...outputs].map(([path, value]) => [path, numbersOf(value)]));
}

for (const name of [
  'resnet-legacy-9',
  'resnet-dynamo-18',
  'lstm-legacy-14',
  'gru-legacy-17',
  'control-legacy-17',
]) {
  test(`${name} computes what PyTorch computed`, async () => {
    const { output } = storedFor(name);
    const found = await values(name, ['logits']);
    // Sums of at most 100 products: eight roundings of the largest each.
    assertClose(found.get('logits') ?? [], output.data, { rtol: 0, atol: 1e-5 });
  });
}

for (const name of ['resnet-legacy-9', 'resnet-dynamo-18']) {
  test(`${name}: convolutions, residual sums and pooled features are sites with channels and planes`, () => {
    const { sites, geometry } = load(name).graph;
    const own = sites.filter(({ path }) => /^(convs|blocks|pooled|logits)/.test(path));
    assert.equal(own.map(({ path }) => path).toSorted(), [
      'blocks.0.branch',
      'blocks.0.out',
      'blocks.0.sum',
      'blocks.1.branch',
      'blocks.1.out',
      'blocks.1.sum',
      'convs.0.act',
      'convs.0.out',
      'convs.1.act',
      'convs.1.out',
      'convs.2.out',
      'convs.3.act',
      'convs.3.out',
      'convs.4.out',
      'convs.5.out',
      'logits',
      'pooled',
    ]);
    assert.is(geometry.layers, 2);
    const axes = (path: string) => own.find((one) => one.path === path)?.axes.map((axis) => axis.name);
    assert.equal(axes('blocks.1.out'), ['example', 'channel', 'y', 'x']);
    assert.equal(axes('pooled'), ['example', 'channel']);
    assert.equal(axes('logits'), ['example', 'label']);
  });

  test(`${name}: doubling what leaves the last block doubles the pooled features and nothing before`, async () => {
    const paths = ['pooled', 'blocks.1.sum', 'blocks.0.out'];
    const clean = await values(name, paths);
    const written = await values(name, paths, 'blocks.1.out');
    const twice = (clean.get('pooled') ?? []).map((one) => 2 * one);
    assertClose(written.get('pooled') ?? [], twice, { rtol: 1e-6, atol: 1e-7 });
    assert.equal(written.get('blocks.1.sum'), clean.get('blocks.1.sum'));
    assert.equal(written.get('blocks.0.out'), clean.get('blocks.0.out'));
  });
}

test('what flows into a loop by name from around it can be written', async () => {
  // logits = W (8 t + 1 or - 1) + b with t = tanh(…), the sign that of the sum of the input: doubling t is what it is for the loop's result too.
  const name = 'control-legacy-17';
  const paths = ['/Tanh_output_0', 'x.3'];
  const clean = await values(name, paths);
  const written = await values(name, [...paths, 'x.15'], '/Tanh_output_0');
  const eightfold = (clean.get('/Tanh_output_0') ?? []).map((one) => 16 * one);
  assertClose(written.get('x.3') ?? [], eightfold, { rtol: 1e-6, atol: 0 });
  const sum = storedFor(name).input.data.reduce((a, b) => a + b, 0);
  // The branches capture x.3 from around them.
  const shifted = eightfold.map((one) => one + (sum > 0 ? 1 : -1));
  assertClose(written.get('x.15') ?? [], shifted, { rtol: 1e-6, atol: 0 });
});

test.run();
