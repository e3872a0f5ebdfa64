// Loading ONNX files: data beside the model are read in ranges and only inside its folder, what a pipeline cannot feed is refused,
// and sites that contradict each other are not offered.
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { modelDiagnostic } from '../../../../src/compiler/model/messages.js';
import { encodeModel, type WireExternal, type WriteModel } from '../../../../src/compiler/onnx/wire.js';
import { hooks } from '../../../../src/runtime/application/hooks.js';
import type { World } from '../../../../src/runtime/application/world.js';
import {
  bytesOf,
  type HostTensor,
  numbersOf,
  tensorOf,
} from '../../../../src/runtime/backend/host-tensor.js';
import { externalFiles } from '../../../../src/runtime/model/external-data.js';
import { loadOnnx } from '../../../../src/runtime/model/load-onnx.js';
import { readSafetensors } from '../../../../src/runtime/model/safetensors.js';

const test = suite('loading ONNX files');

const FIXTURES = join(import.meta.dirname, '../../../oracle/onnx');
const folder = mkdtempSync(join(tmpdir(), 'eis-onnx-'));
test.after(() => rmSync(folder, { recursive: true }));

const INPUT = { name: 'x', dtype: 'f32', dims: ['N', 3] } as const;
const OUTPUT = { name: 'y', dtype: 'f32', dims: null } as const;
const add = { opType: 'Add', inputs: ['x', 'w'], outputs: ['y'] };

function model(parts: Partial<WriteModel>): Uint8Array {
  return encodeModel({
    opsets: new Map([['', 17]]),
    nodes: [add],
    initializers: [],
    inputs: [INPUT],
    outputs: [OUTPUT],
    ...parts,
  });
}

function withData(name: string, external: WireExternal): string {
  const path = join(folder, name);
  const weight = { name: 'w', dtype: 'f32', dims: [3], bytes: null, external } as const;
  writeFileSync(path, model({ initializers: [weight] }));
  return path;
}

function told(path: string): string {
  const found = loadOnnx(path, 'm.onnx');
  if (found.kind === 'ok') return 'ok';
  const { code, message } = modelDiagnostic(found.problem);
  return `${code} ${message}`;
}

test('a tensor in a file beyond 2 GiB is read from its range, without the file', () => {
  const data = join(folder, 'large.bin');
  const offset = 3 * 2 ** 30;
  // A sparse file: nothing but the last twelve bytes takes space.
  writeFileSync(data, '');
  truncateSync(data, offset);
  writeFileSync(data, bytesOf(tensorOf('f32', [3], [1, 2, 3])), { flag: 'a' });
  const before = process.memoryUsage().arrayBuffers;
  const found = loadOnnx(withData('large.onnx', { location: 'large.bin', offset, length: 12 }), 'm.onnx');
  assert.is(found.kind, 'ok');
  if (found.kind !== 'ok') return;
  const [weight] = found.value.graph.graph.nodes.flatMap(({ op }) =>
    op.name === 'Weight' ? [op.attrs] : [],
  );
  const tensor = found.value.weights.get(weight?.digest ?? '');
  assert.equal(tensor === undefined ? [] : [...numbersOf(tensor)], [1, 2, 3]);
  assert.ok(process.memoryUsage().arrayBuffers - before < 2 ** 24, 'no more than a piece is in memory');
});

test('the digest of a range is the digest of the same weight inside the file', () => {
  writeFileSync(join(folder, 'w.bin'), bytesOf(tensorOf('f32', [4], [9, 1, 2, 3])));
  const outside = loadOnnx(withData('outside.onnx', { location: 'w.bin', offset: 4, length: 12 }), 'm.onnx');
  const bytes = bytesOf(tensorOf('f32', [3], [1, 2, 3]));
  writeFileSync(
    join(folder, 'inside.onnx'),
    model({ initializers: [{ name: 'w', dtype: 'f32', dims: [3], bytes }] }),
  );
  const inside = loadOnnx(join(folder, 'inside.onnx'), 'm.onnx');
  assert.is(
    outside.kind === 'ok' && outside.value.graph.digest,
    inside.kind === 'ok' && inside.value.graph.digest,
  );
});

for (const [what, location] of [
  ['a path upwards', '../secret.bin'],
  ['an absolute path', join(tmpdir(), 'secret.bin')],
  ['a path that goes down and up', 'a/../../secret.bin'],
  ['a path with backslashes', '..\\secret.bin'],
  ['a drive', 'C:\\secret.bin'],
  ['a link out of the folder', 'link.bin'],
  ['a link to a device', 'zero.bin'],
  ['a folder', 'sub'],
  ['no file', 'nothing.bin'],
] as const) {
  test(`${what} is refused`, () => {
    const secret = join(tmpdir(), 'secret.bin');
    const inner = join(folder, 'inner');
    mkdirSync(join(inner, 'sub'), { recursive: true });
    writeFileSync(secret, new Uint8Array(12));
    if (location === 'link.bin') symlinkSync(secret, join(inner, 'link.bin'));
    if (location === 'zero.bin') symlinkSync('/dev/zero', join(inner, 'zero.bin'));
    const path = withData('inner/m.onnx', { location, offset: 0, length: 12 });
    assert.match(told(path), /^EIS4505 /);
    rmSync(secret);
  });
}

test('links between files of one folder, as caches have them, are followed', () => {
  const blobs = join(folder, 'blobs');
  const shown = join(folder, 'snapshots');
  mkdirSync(blobs);
  mkdirSync(shown);
  writeFileSync(join(blobs, 'b'), bytesOf(tensorOf('f32', [3], [1, 2, 3])));
  const path = withData('blobs/a', { location: 'w.bin', offset: 0, length: 12 });
  symlinkSync(path, join(shown, 'm.onnx'));
  symlinkSync(join(blobs, 'b'), join(shown, 'w.bin'));
  assert.is(told(join(shown, 'm.onnx')), 'ok');
});

test('a range past the end, and an offset past a range without a length, are refused', () => {
  writeFileSync(join(folder, 'short.bin'), new Uint8Array(8));
  assert.match(told(withData('s.onnx', { location: 'short.bin', offset: 0, length: 12 })), /^EIS4505 /);
  assert.match(told(withData('t.onnx', { location: 'short.bin', offset: 12, length: null })), /^EIS4505 /);
});

test('a data file that is changed after it was opened is not read', () => {
  const path = join(folder, 'changing.bin');
  writeFileSync(path, bytesOf(tensorOf('f32', [3], [1, 2, 3])));
  const file = externalFiles(join(folder, 's.onnx'))('changing.bin');
  assert.is(file?.size, 12);
  writeFileSync(path, new Uint8Array(11));
  assert.throws(() => file?.read(0, 12), /was changed/);
});

test('a second input that nothing stands for is listed and not run', async () => {
  const path = join(folder, 'two.onnx');
  writeFileSync(path, model({ inputs: [INPUT, { ...INPUT, name: 'w' }] }));
  assert.match(told(path), /^EIS4506 `m\.onnx`: the model has 2 inputs: `x`, `w`/);
  assert.is(loadOnnx(path, 'm.onnx', { inputs: 'any' }).kind, 'ok');
});

test('the listing shows recognised sites, what is filled in, what is run whole, and how to see the rest', async () => {
  const world = { cwd: FIXTURES } as World; // nothing else is asked of it
  const bert = await hooks(world, 'bert-legacy-13.onnx', {});
  assert.match(bert.text ?? '', /blocks\.\{0\.\.1\}\.attn\.pattern +\[example, head 4, query, key\]/);
  assert.match(bert.text ?? '', /note: attention_mask is 1 everywhere/);
  assert.match(bert.text ?? '', /note: \d+ more sites under the file's own names/);
  assert.not.match(bert.text ?? '', /Softmax_output/);
  const whole = await hooks(world, 'bert-legacy-13.onnx', { grep: '**' });
  assert.match(whole.text ?? '', /Softmax_output/);
  const control = await hooks(world, 'control-legacy-17.onnx', {});
  assert.match(control.text ?? '', /note: run whole, with nothing inside to name: Loop, If/);
});

function storedTensor(): HostTensor | undefined {
  const read = readSafetensors(readFileSync(join(FIXTURES, '../models/gpt2/model.safetensors')));
  return read.kind === 'problem' ? undefined : read.tensors.get('transformer.h.0.attn.c_attn.weight');
}

test('where an identity fails, only the names of the file are offered', () => {
  // Weights so large that sums leave the range of float32, and infinity less infinity is no number.
  const bytes = readFileSync(join(FIXTURES, 'gpt2-dynamo-18.onnx'));
  const stored = storedTensor();
  const from = stored === undefined ? -1 : bytes.indexOf(bytesOf(stored));
  assert.ok(from > 0);
  for (let i = 0; i < 200; i++) bytes.writeFloatLE(3e38, from + 4 * i);
  writeFileSync(join(folder, 'wild.onnx'), bytes);
  const found = loadOnnx(join(folder, 'wild.onnx'), 'm.onnx');
  assert.is(found.kind, 'ok');
  if (found.kind !== 'ok') return;
  assert.equal(
    found.value.warnings.map(({ kind }) => kind),
    ['identity-fails'],
  );
  assert.is(found.value.graph.sites.filter(({ path }) => path.startsWith('blocks.')).length, 0);
});

test('weights that are more than the run may use are refused, in the file and beside it', () => {
  const rows = 4000;
  const values = bytesOf(tensorOf('f32', [rows, 3], new Array<number>(3 * rows).fill(0.5)));
  const square = { opType: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] };
  const input = { name: 'x', dtype: 'f32', dims: ['N', rows] } as const;
  const weight = { name: 'w', dtype: 'f32', dims: [rows, 3] } as const;
  const inside = join(folder, 'inside.onnx');
  writeFileSync(
    inside,
    model({ nodes: [square], inputs: [input], initializers: [{ ...weight, bytes: values }] }),
  );
  const beside = join(folder, 'beside.onnx');
  const external = { location: 'beside.bin', offset: 0, length: values.length };
  writeFileSync(
    beside,
    model({ nodes: [square], inputs: [input], initializers: [{ ...weight, bytes: null, external }] }),
  );
  writeFileSync(join(folder, 'beside.bin'), values);
  for (const path of [inside, beside]) {
    const at = (memoryBytes: number) => {
      const found = loadOnnx(path, 'm.onnx', { inputs: 'one', memoryBytes });
      return found.kind === 'ok' ? 'ok' : modelDiagnostic(found.problem).code;
    };
    assert.equal([at(values.length - 1), at(2 * values.length)], ['EIS4038', 'ok'], path);
  }
});

test.run();
