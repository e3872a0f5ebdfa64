import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { HostTensor } from '../../../src/runtime/backend/host-tensor.js';
import { openBackend } from '../../../src/runtime/backend/registry.js';
import { type LoadedModel, loadBundled } from '../../../src/runtime/model/load-model.js';
import { bundledFolder } from '../../../src/runtime/model/model-files.js';
import { verifyModel } from '../../../src/runtime/model/verify-model.js';

const test = suite('model/verify-model');

function bundled(name: string, folder?: string): LoadedModel {
  const result = loadBundled(name, folder);
  if (result.kind === 'problem') throw new Error(result.problem.kind);
  return result.value;
}

for (const backendName of ['reference', 'ort:cpu']) {
  test(`both bundled models reproduce PyTorch's logits and activations on ${backendName}`, async () => {
    const backend = await openBackend(backendName, { workers: 1 });
    for (const name of ['attn2', 'ioi3']) {
      const { checks, problems } = await verifyModel(bundled(name), backend);
      assert.equal(problems, []);
      assert.is(checks.filter(({ what }) => what.startsWith('logits')).length, 4);
      assert.ok(checks.some(({ what }) => what === 'blocks.1.attn.pattern'));
      assert.ok(checks.some(({ what }) => what === 'blocks.0: pattern · v = z'));
    }
    await backend.dispose();
  });
}

/** The model with one element of one weight moved a little: about what a wrong epsilon or scale would do. */
function nudged(model: LoadedModel, weight: string, by: number): LoadedModel {
  const changed = new Map<string, HostTensor>();
  for (const { op } of model.graph.graph.nodes) {
    if (op.name !== 'Weight' || op.attrs.name !== weight) continue;
    const old = model.weights.get(op.attrs.digest);
    if (!(old?.data instanceof Float32Array)) throw new Error(weight);
    const data = old.data.map((v) => v * (1 + by));
    changed.set(op.attrs.digest, { ...old, data });
  }
  return { ...model, weights: { get: (digest) => changed.get(digest) ?? model.weights.get(digest) } };
}

test('a model that computes something slightly else is refused', async () => {
  const backend = await openBackend('reference');
  const { problems } = await verifyModel(nudged(bundled('attn2'), 'blocks.1.attn.W_O', 1e-3), backend);
  assert.ok(problems.some((one) => one.kind === 'fixture-differs' && one.site.startsWith('logits')));
  assert.ok(problems.some((one) => one.kind === 'fixture-differs' && one.site === 'blocks.1.attn_out'));
  assert.not.ok(problems.some((one) => one.kind === 'fixture-differs' && one.site === 'blocks.1.attn.z'));
});

test('a fixtures file that is malformed, or that holds other numbers, is a problem', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'eis-fixtures-'));
  cpSync(join(bundledFolder(), 'attn2'), join(folder, 'attn2'), { recursive: true });
  const path = join(folder, 'attn2', 'fixtures.json');
  const backend = await openBackend('reference');
  const told = async (text: string) => {
    writeFileSync(path, text);
    return (await verifyModel(bundled('attn2', folder), backend)).problems.map((one) => one.kind);
  };
  const whole = JSON.parse(readFileSync(path, 'utf8'));
  assert.equal(await told('{"format":"other"}'), ['malformed']);
  assert.equal(await told(JSON.stringify({ ...whole, cases: [] })), ['malformed']);
  assert.equal(await told(JSON.stringify({ ...whole, cases: [{ ...whole.cases[1], logits: [[1, 2]] }] })), [
    'malformed',
  ]);
  const other = {
    ...whole.cases[1],
    logits_float64: whole.cases[1].logits_float64.map((row: number[]) => row.map((v) => -v)),
    logits: whole.cases[1].logits_float64.map((row: number[]) => row.map((v) => -v)),
  };
  assert.equal(await told(JSON.stringify({ ...whole, cases: [other] })), ['fixture-differs']);
  rmSync(folder, { recursive: true });
});

test.run();
