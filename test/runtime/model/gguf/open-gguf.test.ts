// A model written to GGUF with gguf-py's names and the converter's rows is the same model as its folder.
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseHfConfig } from '../../../../src/compiler/model/architectures/parse-hf-config.js';
import { openGguf } from '../../../../src/runtime/model/gguf/open-gguf.js';
import { openModelFolder } from '../../../../src/runtime/model/hf/model-folder.js';
import { loadGguf } from '../../../../src/runtime/model/load-source.js';
import type { ModelFiles } from '../../../../src/runtime/model/model-source.js';

const test = suite('model/gguf/open-gguf');
const oracle = join(import.meta.dirname, '../../../oracle');
const names = [
  'llama-tied',
  'qwen2',
  'qwen3',
  'olmo',
  'olmo2',
  'gpt2',
  'neox-parallel',
  'neox-serial',
  'minilm',
];

function folderOf(name: string): ModelFiles {
  const path = join(oracle, 'models', name);
  const files = openModelFolder({ path, shown: name, origin: { kind: 'folder', path: name } });
  if (files.kind === 'problem') throw new Error(JSON.stringify(files.problem));
  return files.value;
}

async function ggufOf(name: string): Promise<ModelFiles> {
  const files = await openGguf(join(oracle, `model-files/gguf/${name}.gguf`), `${name}.gguf`);
  if (files.kind === 'problem') throw new Error(JSON.stringify(files.problem));
  return files.value;
}

for (const name of names) {
  test(`${name}: the same tensors, bit for bit, under the same names`, async () => {
    const wanted = folderOf(name).tensors;
    const { tensors, quantisation } = await ggufOf(name);
    const kept = [...wanted.keys()].filter((key) => !key.startsWith('pooler.'));
    assert.equal([...tensors.keys()].sort(), kept.sort());
    for (const key of kept) {
      const [ours, theirs] = [tensors.get(key), wanted.get(key)];
      assert.equal(ours?.dims, theirs?.dims, key);
      assert.ok(Buffer.compare(bytes(ours?.read()), bytes(theirs?.read())) === 0, key);
    }
    assert.is(quantisation, null);
  });

  test(`${name}: the same configuration`, async () => {
    const stated = parseHfConfig(folderOf(name).config);
    const read = parseHfConfig((await ggufOf(name)).config);
    assert.ok(stated.kind === 'ok' && read.kind === 'ok', JSON.stringify([stated, read]));
    if (stated.kind !== 'ok' || read.kind !== 'ok') return;
    // Neither how wide the weights were drawn is in a GGUF file, nor the activation, which is that of the published models.
    const unsaid = { initialStd: null, ...(name === 'neox-serial' ? { activation: 'gelu' } : {}) };
    assert.equal(read.config, { ...stated.config, ...unsaid });
  });

  test(`${name}: it is built`, async () => {
    const model = await loadGguf(join(oracle, `model-files/gguf/${name}.gguf`), `${name}.gguf`);
    assert.is(model.kind, 'ok', JSON.stringify(model.kind === 'problem' ? model.problem : ''));
  });
}

test('a tensor that stands as it is has the digest of the same tensor in a folder', async () => {
  const key = 'model.norm.weight';
  const gguf = (await ggufOf('qwen3')).tensors.get(key)?.digest;
  assert.is(gguf, folderOf('qwen3').tensors.get(key)?.digest);
  const moved = 'model.layers.0.self_attn.q_proj.weight';
  assert.is.not(
    (await ggufOf('llama-tied')).tensors.get(moved)?.digest,
    folderOf('llama-tied').tensors.get(moved)?.digest,
  );
});

function bytes(data: Float32Array | undefined): Uint8Array {
  return data === undefined
    ? new Uint8Array()
    : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

test.run();
