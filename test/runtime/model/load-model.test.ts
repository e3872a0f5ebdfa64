import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { digestBytes } from '../../../src/compiler/base/digest.js';
import { evaluateGraph } from '../../../src/compiler/ir/evaluate.js';
import { tensor } from '../../../src/compiler/ir/tensor.js';
import { wordsOf } from '../../../src/compiler/model/messages.js';
import { writeOnnx } from '../../../src/compiler/onnx/write.js';
import { bytesOf, numbersOf, tensorOf } from '../../../src/runtime/backend/host-tensor.js';
import { type LoadedModel, loadBundled } from '../../../src/runtime/model/load-model.js';
import { loadOnnx } from '../../../src/runtime/model/load-onnx.js';
import {
  bundledFolder,
  bundledNames,
  type Loaded,
  sha256Of,
  weightDigest,
} from '../../../src/runtime/model/model-files.js';
import { readSafetensors } from '../../../src/runtime/model/safetensors.js';
import { assertClose } from '../../support/close.js';
import { writeSafetensors } from '../../support/write-safetensors.js';

const test = suite<{ folder: string }>('model/load-model');

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'eis-model-'));
  cpSync(join(bundledFolder(), 'attn2'), join(context.folder, 'attn2'), { recursive: true });
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true }));

function told(result: Loaded<LoadedModel>): string {
  if (result.kind === 'ok') return 'ok';
  const { code, message } = wordsOf(result.problem);
  return `${code} ${message}`;
}

function modelOf(result: Loaded<LoadedModel>): LoadedModel {
  if (result.kind === 'ok') return result.value;
  throw new Error(told(result));
}

type Json = { [key: string]: Json & string & number };
function edit(folder: string, change: (manifest: Json) => void): void {
  const path = join(folder, 'attn2', 'manifest.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8'));
  change(manifest);
  writeFileSync(path, JSON.stringify(manifest));
}

/** Rewrites the weight file and states its new digest. */
function editWeights(
  folder: string,
  change: (tensors: Map<string, ReturnType<typeof tensorOf>>) => void,
): void {
  const path = join(folder, 'attn2', 'model.safetensors');
  const read = readSafetensors(readFileSync(path));
  if (read.kind === 'problem') throw new Error(read.text);
  const tensors = new Map(read.tensors);
  change(tensors);
  const bytes = writeSafetensors(tensors);
  writeFileSync(path, bytes);
  edit(folder, (manifest) => Object.assign(manifest.weights ?? {}, { sha256: sha256Of(bytes) }));
}

test('both bundled models load, and their weights are found by digest', () => {
  assert.equal(bundledNames(), ['attn2', 'ioi3']);
  for (const name of bundledNames()) {
    const model = modelOf(loadBundled(name));
    for (const { op } of model.graph.graph.nodes) {
      if (op.name !== 'Weight') continue;
      const data = model.weights.get(op.attrs.digest);
      assert.equal(
        data?.dims,
        op.attrs.type.axes.map(({ size }) => size),
        op.attrs.name,
      );
    }
  }
});

test('the weight digest is the compiler’s', () => {
  const weight = tensorOf('f32', [2, 1], [1, -2]);
  assert.is(weightDigest(weight), digestBytes('weight f32[2,1]', bytesOf(weight)));
  assert.is.not(weightDigest(weight), weightDigest({ ...weight, dims: [1, 2] }));
});

test('the manifest’s prose is not the model’s identity, its numbers are', ({ folder }) => {
  const before = modelOf(loadBundled('attn2')).graph.digest;
  edit(folder, (manifest) => Object.assign(manifest, { why: 'Something else.' }));
  assert.is(modelOf(loadBundled('attn2', folder)).graph.digest, before);
  edit(folder, (manifest) => Object.assign(manifest.architecture ?? {}, { relative_bias_scale: 4 }));
  assert.is.not(modelOf(loadBundled('attn2', folder)).graph.digest, before);
});

test('an unknown name lists those that exist', () => {
  assert.is(told(loadBundled('attn3')), 'EIS4004 there is no bundled model `attn3`');
  assert.is(told(loadBundled('../models/attn2')), 'EIS4004 there is no bundled model `../models/attn2`');
});

test('a manifest that breaks its form is refused with the place', ({ folder }) => {
  const attempt = (change: (manifest: Json) => void): string => {
    cpSync(join(bundledFolder(), 'attn2', 'manifest.json'), join(folder, 'attn2', 'manifest.json'));
    edit(folder, change);
    return told(loadBundled('attn2', folder));
  };
  assert.match(
    attempt((m) => Object.assign(m.architecture ?? {}, { heads: 2.5 })),
    /EIS4006.*architecture\.heads/,
  );
  assert.match(
    attempt((m) => Object.assign(m.architecture ?? {}, { rotary: true })),
    /EIS4006.*rotary/,
  );
  assert.match(
    attempt((m) => Object.assign(m.weights ?? {}, { file: '../ioi3/model.safetensors' })),
    /EIS4006.*weights\.file/,
  );
  assert.match(
    attempt((m) => delete m.licence),
    /EIS4006.*licence/,
  );
  assert.match(
    attempt((m) => delete m.initialiser?.['embed.W_E']),
    /EIS4006 .*`initialiser` lacks `embed\.W_E`/,
  );
  assert.match(
    attempt((m) => Object.assign(m.architecture ?? {}, { act: 'relu' })),
    /EIS4006 .*`act`/,
  );
  assert.match(
    attempt((m) => Object.assign(m, { tokenizer: { kind: 'words', vocab: ['a'], bos: null } })),
    /1 words .* 256/,
  );
  writeFileSync(join(folder, 'attn2', 'manifest.json'), '{');
  assert.match(told(loadBundled('attn2', folder)), /EIS4006 .*not JSON/);
});

test('damaged, changed and ill-fitting weights are told apart', ({ folder }) => {
  const path = join(folder, 'attn2', 'model.safetensors');
  const whole = readFileSync(path);
  writeFileSync(path, whole.subarray(0, 5000));
  assert.match(told(loadBundled('attn2', folder)), /EIS4007 .*damaged/);
  const changed = Uint8Array.from(whole);
  changed[whole.length - 1] = (changed[whole.length - 1] ?? 0) ^ 1;
  writeFileSync(path, changed);
  assert.match(told(loadBundled('attn2', folder)), /EIS4010 /);
  rmSync(path);
  assert.match(told(loadBundled('attn2', folder)), /EIS4005 .*there is no such file/);
  writeFileSync(path, whole);
  editWeights(folder, (tensors) => tensors.delete('unembed.W_U'));
  assert.match(told(loadBundled('attn2', folder)), /EIS4008 .*`unembed\.W_U` is missing/);
  writeFileSync(path, whole);
  editWeights(folder, (tensors) => tensors.set('extra', tensorOf('f32', [1], [0])));
  assert.match(told(loadBundled('attn2', folder)), /EIS4008 .*`extra` is no tensor/);
  writeFileSync(path, whole);
  editWeights(folder, (tensors) => {
    const old = tensors.get('unembed.W_U');
    if (old !== undefined) tensors.set('unembed.W_U', { ...old, dims: [256, 128] });
  });
  assert.match(told(loadBundled('attn2', folder)), /EIS4008 .*shape \[256, 128\] instead of \[128, 256\]/);
});

test('NaN and infinite weights are counted and placed', ({ folder }) => {
  editWeights(folder, (tensors) => {
    const data = tensors.get('blocks.1.attn.W_Q')?.data;
    if (data instanceof Float32Array) data.set([Number.NaN, 1, Number.POSITIVE_INFINITY], 17);
  });
  const result = loadBundled('attn2', folder);
  assert.is(told(result), 'EIS4009 `blocks.1.attn.W_Q` holds 2 numbers that are NaN or infinite');
  assert.is(
    result.kind === 'problem' && result.problem.kind === 'not-finite' ? result.problem.first : -1,
    17,
  );
});

test('a model written as ONNX and read again gives the same logits', ({ folder }) => {
  const native = modelOf(loadBundled('attn2'));
  const lookup = (digest: string) => native.weights.get(digest) ?? tensorOf('f32', [0], []);
  const written = writeOnnx(native.graph.graph, {
    weights: 'constants',
    lookup: (digest) => bytesOf(lookup(digest)),
  });
  const path = join(folder, 'attn2.onnx');
  writeFileSync(path, written.bytes);
  const imported = modelOf(loadOnnx(path, 'attn2.onnx'));
  assert.is(imported.graph.family, 'onnx');
  assert.ok(imported.graph.sites.length > 50);
  const logitsOf = (model: LoadedModel) => {
    const out = evaluateGraph(
      model.graph.graph,
      new Map([[model.graph.inputs[0]?.name ?? '', tensor('i64', [2, 5], [9, 8, 7, 9, 8, 1, 2, 3, 1, 2])]]),
      ({ digest }) => {
        const host = model.weights.get(digest);
        return tensor(host?.dtype ?? 'f32', host?.dims ?? [], host === undefined ? [] : numbersOf(host));
      },
    );
    return [...out.values()][0]?.data ?? [];
  };
  assertClose(logitsOf(imported), logitsOf(native), { rtol: 1e-6, atol: 1e-6 });
});

test('a file that is no ONNX model is a problem', ({ folder }) => {
  const path = join(folder, 'x.onnx');
  writeFileSync(path, new Uint8Array([1, 2, 3]));
  assert.match(told(loadOnnx(path, 'x.onnx')), /^EIS450\d `x\.onnx`/);
  assert.match(
    told(loadOnnx(join(folder, 'y.onnx'), 'y.onnx')),
    /^EIS4005 `y\.onnx` cannot be read: there is no such file/,
  );
  mkdirSync(join(folder, 'z.onnx'));
  assert.match(told(loadOnnx(join(folder, 'z.onnx'), 'z.onnx')), /^EIS4005 .*folder/);
});

test.run();
