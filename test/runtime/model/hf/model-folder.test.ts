// Model folders: one file or shards, float32, float16 and bfloat16, and everything that is refused.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { wordsOf } from '../../../../src/compiler/model/messages.js';
import { tensorOf } from '../../../../src/runtime/backend/host-tensor.js';
import { openModelFolder } from '../../../../src/runtime/model/hf/model-folder.js';
import { loadHf } from '../../../../src/runtime/model/load-source.js';
import type { ModelFiles } from '../../../../src/runtime/model/model-source.js';
import { readSafetensors } from '../../../../src/runtime/model/safetensors.js';
import { writeSafetensors } from '../../../support/write-safetensors.js';

const test = suite('model/hf/model-folder');
const oracle = join(import.meta.dirname, '../../../oracle');
const root = mkdtempSync(join(tmpdir(), 'eisc-hf-'));
test.after(() => rmSync(root, { recursive: true, force: true }));
let count = 0;

/** A copy of a tiny model with some files written anew; a null removes one. */
function folder(name: string, files: Readonly<Record<string, Uint8Array | string | null>> = {}): string {
  const path = join(root, `m${count++}`);
  mkdirSync(path);
  for (const one of ['config.json', 'model.safetensors'])
    cpSync(join(oracle, 'models', name, one), join(path, one));
  for (const [file, content] of Object.entries(files)) {
    if (content === null) rmSync(join(path, file));
    else writeFileSync(join(path, file), content);
  }
  return path;
}

function opened(path: string): ModelFiles {
  const files = openModelFolder({ path, shown: 'm', origin: { kind: 'folder', path: 'm' } });
  if (files.kind === 'problem') throw new Error(JSON.stringify(files.problem));
  return files.value;
}

async function fault(path: string): Promise<string> {
  const found = await loadHf({ text: './m', path, revision: null, environment: {} });
  return found.kind === 'problem' ? wordsOf(found.problem).message : 'ok';
}

const gpt2 = readSafetensors(readFileSync(join(oracle, 'models/gpt2/model.safetensors')));
const tensors = gpt2.kind === 'ok' ? gpt2.tensors : new Map();

for (const name of ['gpt2', 'llama', 'mistral', 'qwen3', 'olmo2', 'bert', 'vit', 'neox-serial']) {
  test(`${name} is loaded, and its weights are those of the file`, async () => {
    const path = folder(name);
    const found = await loadHf({ text: './m', path, revision: null, environment: {} });
    if (found.kind === 'problem') throw new Error(JSON.stringify(found.problem));
    const whole = readSafetensors(readFileSync(join(path, 'model.safetensors')));
    const stored = whole.kind === 'ok' ? whole.tensors : new Map();
    let compared = 0;
    for (const { op } of found.value.graph.graph.nodes) {
      if (op.name !== 'Weight') continue;
      const weight = found.value.weights.get(op.attrs.digest);
      assert.equal(weight?.data, stored.get(op.attrs.name)?.data, op.attrs.name);
      compared += 1;
    }
    assert.ok(compared > 10);
  });
}

test('shards are read through their index', () => {
  const names = [...tensors.keys()];
  const half = names.length >> 1;
  const shards = { 'a-00001.safetensors': names.slice(0, half), 'a-00002.safetensors': names.slice(half) };
  const weightMap = Object.fromEntries(
    Object.entries(shards).flatMap(([file, list]) => list.map((one) => [one, file])),
  );
  const path = folder('gpt2', {
    'model.safetensors': null,
    'model.safetensors.index.json': JSON.stringify({ metadata: {}, weight_map: weightMap }),
    ...Object.fromEntries(
      Object.entries(shards).map(([file, list]) => [
        file,
        writeSafetensors(new Map(list.map((one) => [one, tensors.get(one)]))),
      ]),
    ),
  });
  const files = opened(path);
  assert.equal([...files.tensors.keys()].sort(), names.sort());
  for (const name of names) assert.equal(files.tensors.get(name)?.read(), tensors.get(name)?.data, name);
});

test('an index that leads elsewhere, or that does not say what its shards hold, is refused', async () => {
  const index = (map: unknown, more: Readonly<Record<string, Uint8Array>> = {}) =>
    folder('gpt2', {
      'model.safetensors': null,
      'model.safetensors.index.json': JSON.stringify({ weight_map: map }),
      ...more,
    });
  const one = { 'a.safetensors': writeSafetensors(new Map([['x', tensorOf('f32', [1], [1])]])) };
  assert.match(await fault(index({ x: '../../etc/passwd' })), /no file of this folder/);
  assert.match(await fault(index({ x: '/etc/a.safetensors' })), /no file of this folder/);
  assert.match(await fault(index({ x: 'b/a.safetensors' })), /no file of this folder/);
  assert.match(await fault(index({ x: 7 })), /no file of this folder/);
  assert.match(await fault(index(undefined)), /no `weight_map`/);
  assert.match(
    await fault(index({ x: 'a.safetensors' })),
    /a.safetensors` cannot be read: there is no such file/,
  );
  assert.match(await fault(index({ x: 'a.safetensors', y: 'a.safetensors' }, one)), /`y` should be in/);
  assert.match(await fault(index({ '../x': 'a.safetensors' }, one)), /should be in/);
});

test('half precision of both kinds is exact', () => {
  const bits = Uint16Array.from([0x3c00, 0x3555, 0x8001, 0x7bff, 0xc000, 0x0000]);
  const write = (element: string): string => {
    const header = JSON.stringify({ x: { dtype: element, shape: [2, 3], data_offsets: [0, 12] } });
    const bytes = Buffer.alloc(8 + header.length + 12);
    bytes.writeBigUInt64LE(BigInt(header.length));
    bytes.write(header, 8);
    Buffer.from(bits.buffer).copy(bytes, 8 + header.length);
    return folder('gpt2', { 'model.safetensors': bytes });
  };
  // IEEE 754: 1, 0.33325195, -2^-24, 65504, -2, 0.
  assert.equal(Array.from(opened(write('F16')).tensors.get('x')?.read() ?? []), [
    1,
    0.333251953125,
    -(2 ** -24),
    65504,
    -2,
    0,
  ]);
  const wide = Array.from(bits, (half) => new Float32Array(Uint32Array.of(half << 16).buffer)[0] ?? 0);
  assert.equal(Array.from(opened(write('BF16')).tensors.get('x')?.read() ?? []), wide);
});

test('float64 and integers are refused where a weight is needed, and nowhere else', async () => {
  const key = 'transformer.wpe.weight';
  const old = tensors.get(key);
  if (old === undefined) throw new Error(key);
  const doubled = new Map([...tensors, [key, tensorOf('f64', old.dims, Array.from(old.data, Number))]]);
  assert.match(
    await fault(folder('gpt2', { 'model.safetensors': writeSafetensors(doubled) })),
    /`transformer.wpe.weight` has the element type F64/,
  );
  const masked = new Map([...tensors, ['transformer.h.0.attn.bias', tensorOf('bool', [1, 2], [1, 0])]]);
  assert.is(await fault(folder('gpt2', { 'model.safetensors': writeSafetensors(masked) })), 'ok');
});

test('weights that are not finite are named before anything runs', async () => {
  const key = 'transformer.wte.weight';
  const old = tensors.get(key);
  if (old === undefined) throw new Error(key);
  const data = Array.from(old.data, Number);
  data[5] = Number.NaN;
  const changed = new Map([...tensors, [key, tensorOf('f32', old.dims, data)]]);
  assert.match(
    await fault(folder('gpt2', { 'model.safetensors': writeSafetensors(changed) })),
    /`transformer.wte.weight` holds 1 number that is NaN/,
  );
});

test('a folder without its files, a pickle, and broken files are named', async () => {
  assert.match(await fault(join(root, 'nowhere')), /no such folder/);
  assert.match(await fault(folder('gpt2', { 'config.json': null })), /no config.json/);
  assert.match(await fault(folder('gpt2', { 'model.safetensors': null })), /no model.safetensors/);
  const pickle = folder('gpt2', { 'model.safetensors': null, 'pytorch_model.bin': 'x' });
  assert.match(await fault(pickle), /a pickle \(pytorch_model.bin\), which can run any code/);
  assert.match(await fault(folder('gpt2', { 'config.json': '{' })), /it is not JSON/);
  assert.match(await fault(folder('gpt2', { 'config.json': '{"model_type":"mamba"}' })), /`mamba`/);
  const whole = readFileSync(join(oracle, 'models/gpt2/model.safetensors'));
  assert.match(await fault(folder('gpt2', { 'model.safetensors': whole.subarray(0, 900) })), /cut short/);
  assert.match(
    await fault(folder('gpt2', { 'model.safetensors': whole.subarray(0, -4) })),
    /cut short or altered/,
  );
  const missing = new Map([...tensors].slice(1));
  assert.match(
    await fault(folder('gpt2', { 'model.safetensors': writeSafetensors(missing) })),
    /lack|miss|without/,
  );
  assert.match(await fault(folder('gpt2', { 'tokenizer.json': '[]' })), /tokenizer .* cannot be used/);
});

test('a folder has no revision', async () => {
  const found = await loadHf({
    text: './m',
    path: folder('gpt2'),
    revision: 'a'.repeat(40),
    environment: {},
  });
  assert.match(found.kind === 'problem' ? wordsOf(found.problem).message : '', /a folder has no revision/);
});

test('a text goes through the tokenizer of the folder', async () => {
  const json = readFileSync(join(oracle, 'model-files/tokenizers/gpt2.json'));
  const found = await loadHf({
    text: './m',
    path: folder('gpt2', { 'tokenizer.json': json }),
    revision: null,
    environment: {},
  });
  assert.is(found.kind === 'ok' ? found.value.graph.tokenizer.kind : '', 'subwords');
});

test.run();
