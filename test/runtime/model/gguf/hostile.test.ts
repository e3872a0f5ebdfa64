// GGUF files that are cut, altered or made up: a problem in words, no exception, and memory in proportion to the file.
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { wordsOf } from '../../../../src/compiler/model/messages.js';
import { openGguf } from '../../../../src/runtime/model/gguf/open-gguf.js';
import { ModelFileChanged } from '../../../../src/runtime/model/model-source.js';

const test = suite('model/gguf/hostile');
const folder = mkdtempSync(join(tmpdir(), 'eisc-gguf-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));
const sound = readFileSync(join(import.meta.dirname, '../../../oracle/model-files/gguf/llama-tied.gguf'));

async function fault(bytes: Uint8Array): Promise<string> {
  const path = join(folder, 'x.gguf');
  writeFileSync(path, bytes);
  const found = await openGguf(path, 'x.gguf');
  return found.kind === 'problem' ? wordsOf(found.problem).message : 'ok';
}

/** Fields and tensors as bytes, little-endian. */
class Writer {
  readonly #bytes: number[] = [...Buffer.from('GGUF')];
  u32(value: number): this {
    for (let i = 0; i < 4; i++) this.#bytes.push((value >>> (8 * i)) & 255);
    return this;
  }
  u64(value: bigint): this {
    for (let i = 0n; i < 8n; i++) this.#bytes.push(Number((value >> (8n * i)) & 255n));
    return this;
  }
  text(value: string): this {
    this.u64(BigInt(Buffer.byteLength(value)));
    this.#bytes.push(...Buffer.from(value));
    return this;
  }
  done(padding = 64): Uint8Array {
    return Uint8Array.from([...this.#bytes, ...new Array<number>(padding).fill(0)]);
  }
}

const start = (tensors: bigint, fields: bigint) => new Writer().u32(3).u64(tensors).u64(fields);
const architecture = (w: Writer, name: string) => w.text('general.architecture').u32(8).text(name);

test('the whole file is read', async () => {
  assert.is(await fault(sound), 'ok');
});

test('a file of another kind, version or byte order is named', async () => {
  assert.match(await fault(new Uint8Array()), /does not begin with GGUF/);
  assert.match(await fault(Buffer.from('PK\u0003\u0004 and more than twenty-four bytes')), /does not begin/);
  assert.match(await fault(Buffer.from('GGUF')), /4 bytes; it is cut short/);
  assert.match(await fault(new Writer().u32(1).u64(0n).u64(0n).done()), /version 1/);
  assert.match(await fault(new Writer().u32(9).u64(0n).u64(0n).done()), /version 9/);
  assert.match(await fault(new Writer().u32(0x03000000).u64(0n).u64(0n).done()), /big-endian/);
});

test('counts, dims, lengths and offsets of 2^63 are named', async () => {
  const huge = 2n ** 63n;
  assert.match(await fault(start(huge, 0n).done()), /9223372036854775808 tensors in \d+ bytes/);
  assert.match(await fault(start(0n, huge).done()), /9223372036854775808 fields in \d+ bytes/);
  const tensor = (dims: readonly bigint[], type: number, offset: bigint) => {
    const w = architecture(start(1n, 1n), 'llama').text('token_embd.weight').u32(dims.length);
    for (const dim of dims) w.u64(dim);
    return w.u32(type).u64(offset).done();
  };
  assert.match(await fault(tensor([huge, 1n], 0, 0n)), /exceeds the maximum/);
  assert.match(await fault(tensor([2n ** 32n, 2n ** 32n], 0, 0n)), /cannot have|cut short/);
  assert.match(await fault(tensor([2n ** 31n], 0, 0n)), /cut short or altered/);
  assert.match(await fault(tensor([1n], 0, huge)), /cut short or altered/);
  assert.match(await fault(tensor([33n], 8, 0n)), /Q8_0 cannot have/);
  assert.match(
    await fault(tensor([1n, 1n, 1n, 1n, 1n, 1n, 1n, 1n, 1n], 0, 0n)),
    /9 exceeds maximum|n_?dims/i,
  );
  assert.match(await fault(tensor([1n], 16, 0n)), /IQ2_XXS, which is not read/);
  assert.match(await fault(tensor([1n], 99, 0n)), /number 99, which is not read/);
  const text = start(0n, 1n).text('general.architecture').u32(8).u64(huge).done();
  assert.match(await fault(text), /exceeds maximum/);
  const list = start(0n, 1n).text('a').u32(9).u32(4).u64(huge).done();
  assert.match(await fault(list), /exceeds maximum/);
});

test('a list that says it has a million entries in a short file is cut short', async () => {
  const before = process.memoryUsage().rss;
  const list = start(0n, 1n).text('a').u32(9).u32(4).u64(999_999n).done();
  assert.match(await fault(list), /cut short|architecture/);
  assert.ok(process.memoryUsage().rss - before < 300e6, `${process.memoryUsage().rss - before} bytes`);
});

test('an architecture that is not built, and parts of a file, are named', async () => {
  assert.match(
    await fault(architecture(start(0n, 1n), 'mamba').done()),
    /architecture mamba; read are llama/,
  );
  assert.match(await fault(start(0n, 0n).done()), /architecture undefined/);
  const part = architecture(start(0n, 2n), 'llama').text('split.count').u32(2);
  const bytes = part.done(0);
  assert.match(
    await fault(Uint8Array.from([...bytes, 3, 0, ...new Array<number>(64).fill(0)])),
    /several parts/,
  );
});

test('every cut of the header, and cuts of the data, are problems', async () => {
  const header = sound.indexOf('output_norm.weight') + 60;
  for (let length = 0; length < header; length += 23) {
    assert.is.not(await fault(sound.subarray(0, length)), 'ok', `${length} bytes`);
  }
  for (const length of [header, sound.length >> 1, sound.length - 33]) {
    assert.is.not(await fault(sound.subarray(0, length)), 'ok', `${length} bytes`);
  }
});

test('a changed header never throws', async () => {
  for (let at = 4; at < 3000; at += 37) {
    for (const value of [0, 0x39, 0xff]) {
      const changed = Uint8Array.from(sound);
      changed[at] = value;
      await fault(changed); // an answer of either kind; an exception fails the test
    }
  }
});

test('a file that is changed or cut after it was opened is not read as what it was', async () => {
  const path = join(folder, 'changing.gguf');
  writeFileSync(path, sound);
  const found = await openGguf(path, 'changing.gguf');
  if (found.kind === 'problem') throw new Error(found.problem.kind);
  const last = [...found.value.tensors.values()].at(-1);
  assert.ok((last?.read().length ?? 0) > 0);
  const changed = Uint8Array.from(sound);
  for (let at = sound.length - 4096; at < sound.length; at++) changed[at] = (changed[at] ?? 0) ^ 1;
  writeFileSync(path, changed);
  assert.throws(
    () => last?.read(),
    (error: unknown) => error instanceof ModelFileChanged,
  );
  truncateSync(path, 5000);
  assert.throws(
    () => last?.read(),
    (error: unknown) => error instanceof ModelFileChanged,
  );
});

test.run();
