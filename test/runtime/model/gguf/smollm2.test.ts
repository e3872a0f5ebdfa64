// The real SmolLM2-135M-Instruct, where `scripts/fetch-smollm2.ts` has fetched it: tensors as gguf-py dequantises them, ids as
// the tokenizer that transformers converts from the same file, and memory for one tensor at a time.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openGguf } from '../../../../src/runtime/model/gguf/open-gguf.js';
import { loadGguf } from '../../../../src/runtime/model/load-source.js';
import { quantisationText } from '../../../../src/runtime/model/model-source.js';
import { tokenizerOf } from '../../../../src/runtime/model/tokenizer.js';

const test = suite('model/gguf/smollm2');
const root = join(import.meta.dirname, '../../../..');
const path = join(root, '.models/SmolLM2-135M-Instruct.Q4_1.gguf');
const expected: {
  readonly tensors: Readonly<Record<string, string>>;
  readonly rows: readonly { readonly text: string; readonly ids: readonly number[] }[];
} = JSON.parse(readFileSync(join(root, 'test/oracle/model-files/smollm2.json'), 'utf8'));

test('the fixture speaks of the whole model', () => {
  assert.is(Object.keys(expected.tensors).length, 272);
  assert.ok(expected.rows.length > 250);
});

if (!existsSync(path)) {
  process.stdout.write('  SmolLM2 is not here: `node --import tsx scripts/fetch-smollm2.ts` fetches it\n');
} else {
  test('every tensor is what gguf-py makes of it', async () => {
    const files = await openGguf(path, 'smollm2.gguf');
    if (files.kind === 'problem') throw new Error(JSON.stringify(files.problem));
    const { tensors, quantisation } = files.value;
    assert.equal([...tensors.keys()].sort(), Object.keys(expected.tensors).sort());
    for (const [name, tensor] of tensors) {
      const { buffer, byteOffset, byteLength } = tensor.read();
      const hash = createHash('sha256')
        .update(new Uint8Array(buffer, byteOffset, byteLength))
        .digest('hex');
      assert.is(hash, expected.tensors[name], name);
    }
    assert.is(quantisationText(quantisation ?? {}), 'Q4_1 × 210, F32 × 61, Q8_0 × 1');
    // All weights together are 538 MB; the largest alone is 113.
    assert.ok(process.memoryUsage().arrayBuffers < 500e6, `${process.memoryUsage().arrayBuffers}`);
  });

  test('it is built, with three groups of keys and values for nine heads', async () => {
    const found = await loadGguf(path, 'smollm2.gguf');
    if (found.kind === 'problem') throw new Error(JSON.stringify(found.problem));
    const { heads, kv_heads, layers, vocab } = found.value.graph.geometry;
    assert.equal([layers, heads, kv_heads, vocab], [30, 9, 3, 49152]);
    const tokenizer = tokenizerOf(found.value.graph);
    for (const { text, ids } of expected.rows) {
      assert.equal(Array.from(tokenizer?.encode(text).ids ?? []), [...ids], JSON.stringify(text));
    }
  });
}

test.run();
