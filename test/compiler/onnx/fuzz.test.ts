// Thousands of damaged copies of real files, drawn from a seed: each is read or refused, with what it may cost bounded, and what is
// read can be named. The reader never throws.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { modelFromOnnx } from '../../../src/compiler/model/from-onnx.js';
import { readOnnx } from '../../../src/compiler/onnx/read.js';

const test = suite('damaged ONNX files');

const FOLDER = join(import.meta.dirname, '../../oracle/onnx');
const FILES = ['control-legacy-17', 'gru-legacy-17', 'lstm-legacy-14', 'resnet-legacy-9', 'resnet-dynamo-18'];
const LARGE = ['bert-dynamo-20', 'gpt2-dynamo-18', 'llama-dynamo-18'];

/** Numbers below 1, the same every time (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Bytes overwritten, a piece taken out, doubled, or moved, or the end cut off. */
function damaged(whole: Uint8Array, next: () => number): Uint8Array {
  const at = (limit: number): number => Math.floor(next() * limit);
  const bytes = Uint8Array.from(whole);
  const kind = at(5);
  if (kind === 0) return bytes.subarray(0, at(bytes.length));
  const from = at(bytes.length);
  const length = 1 + at(24);
  const piece = bytes.slice(from, from + length);
  if (kind === 1) return Uint8Array.from([...bytes.subarray(0, from), ...bytes.subarray(from + length)]);
  if (kind === 2) return Uint8Array.from([...bytes.subarray(0, from), ...piece, ...bytes.subarray(from)]);
  if (kind === 3) bytes.set(piece.subarray(0, bytes.length - at(bytes.length) - length), 0);
  else for (let i = 0; i < 1 + at(6); i++) bytes[at(bytes.length)] = at(256);
  return bytes;
}

function survives(name: string, copies: number): void {
  const whole = new Uint8Array(readFileSync(join(FOLDER, `${name}.onnx`)));
  const next = numbers(name.length);
  let read = 0;
  for (let copy = 0; copy < copies; copy++) {
    const bytes = damaged(whole, next);
    try {
      const found = readOnnx(bytes);
      if (found.kind === 'problem') {
        assert.not.match(found.problem.text, /internal error|undefined|NaN/);
        continue;
      }
      read += 1;
      const model = modelFromOnnx(name, found.value);
      assert.ok(model.sites.length > 0);
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      throw new Error(`${name}, copy ${copy}: ${text}`);
    }
  }
  // Weights are most of a file, and any change of theirs is a model too.
  assert.ok(read > 0 && read < copies, `${read} of ${copies} were read`);
}

for (const name of FILES) test(`700 damaged copies of ${name}`, () => survives(name, 700));
for (const name of LARGE) test(`60 damaged copies of ${name}`, () => survives(name, 60));

test.run();
