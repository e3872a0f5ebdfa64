// Every element type against what gguf-py makes of the same bytes: bit for bit.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  codecNames,
  codecOf,
  decodeElements,
  storedBytes,
} from '../../../../src/runtime/model/element-codec.js';
import { scalingOf } from '../../../../src/runtime/model/gguf/hf-config.js';
import { readSafetensors } from '../../../../src/runtime/model/safetensors.js';

const test = suite('model/gguf/block-codecs');
const folder = join(import.meta.dirname, '../../../oracle/model-files');
const file = readSafetensors(readFileSync(join(folder, 'blocks.safetensors')));
const tensors = file.kind === 'ok' ? file.tensors : new Map();

function decoded(type: string, key: string): { readonly ours: Uint32Array; readonly theirs: Uint32Array } {
  const codec = codecOf(type);
  const bytes = tensors.get(`${key}.bytes`)?.data;
  const values = tensors.get(`${key}.values`)?.data;
  if (codec === undefined || !(bytes instanceof Uint8Array) || !(values instanceof Float32Array))
    throw new Error(`no ${key} in the fixture`);
  const ours = decodeElements(codec, bytes.slice(), values.length);
  return { ours: new Uint32Array(ours.buffer), theirs: new Uint32Array(values.slice().buffer) };
}

/** -0 and 0 are the same number; gguf-py's Q6_K multiplies in another order and may differ in that sign only. */
function firstDifference(ours: Uint32Array, theirs: Uint32Array): number {
  return ours.findIndex((bits, i) => bits !== theirs[i] && ((bits | (theirs[i] ?? 0)) & 0x7fffffff) !== 0);
}

for (const type of codecNames()) {
  test(`${type} is what gguf-py says, for any bits of scales and quants`, () => {
    const { ours, theirs } = decoded(type, type);
    assert.ok(ours.length >= 512);
    assert.is(firstDifference(ours, theirs), -1);
  });
}

for (const type of ['Q8_0', 'Q4_0', 'Q4_1', 'Q5_0', 'Q5_1']) {
  test(`weights quantised to ${type} come back as gguf-py's`, () => {
    const { ours, theirs } = decoded(type, `${type}.weights`);
    assert.is(firstDifference(ours, theirs), -1);
  });
}

test('a scale that is NaN or infinite is seen in the bytes', () => {
  const codec = codecOf('Q4_K');
  const bytes = new Uint8Array(3 * 144);
  assert.is(codec?.notFinite(bytes), undefined);
  bytes[2 * 144 + 3] = 0x7c;
  assert.equal(codec?.notFinite(bytes), { count: 256, first: 512 });
  const floats = new Uint8Array(new Float32Array([1, Number.NaN, 2, Number.NEGATIVE_INFINITY]).buffer);
  assert.equal(codecOf('F32')?.notFinite(floats), { count: 2, first: 1 });
  assert.equal(codecOf('BF16')?.notFinite(new Uint8Array([0, 0, 0x80, 0xff])), { count: 1, first: 1 });
});

test('shapes that are no whole number of blocks have no size', () => {
  const codec = codecOf('Q8_0');
  if (codec === undefined) throw new Error('Q8_0');
  assert.is(storedBytes(codec, [3, 64]), 3 * 2 * 34);
  assert.is(storedBytes(codec, [64, 3]), undefined);
  assert.is(storedBytes(codec, []), undefined);
  assert.is(storedBytes(codec, [2 ** 40, 2 ** 40]), undefined);
});

test("Llama 3's factors are recognised as transformers computes them, and others are not", () => {
  const made: readonly { factor: number; theta: number; width: number; factors: number[] }[] = JSON.parse(
    readFileSync(join(folder, 'llama3-factors.json'), 'utf8'),
  );
  assert.is(made.length, 2);
  for (const { factor, theta, width, factors } of made) {
    const stored = Float32Array.from(factors);
    const found = scalingOf(stored, theta, width);
    assert.equal(found, {
      rope_type: 'llama3',
      factor,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 8192,
    });
    stored[width / 2 - 1] = (stored[width / 2 - 1] ?? 0) * 1.01;
    assert.is(scalingOf(stored, theta, width), undefined);
    assert.is(scalingOf(Float32Array.from(factors), theta, width * 2), undefined);
  }
});

test.run();
