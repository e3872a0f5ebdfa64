// Models imported from ONNX as they are: families over the channels of every convolution, ranges written as numbers, tensors
// by glob. The model is a small convolutional net written to ONNX bytes and read back.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { GraphBuilder } from '../../../src/compiler/ir/graph.js';
import { elementwise, unary } from '../../../src/compiler/ir/named.js';
import { modelFromOnnx } from '../../../src/compiler/model/from-onnx.js';
import type { ModelGraph } from '../../../src/compiler/model/model-graph.js';
import { readOnnx } from '../../../src/compiler/onnx/read.js';
import { writeOnnx } from '../../../src/compiler/onnx/write.js';
import { openCompileHost } from '../../../src/runtime/compile-host.js';
import { realHost } from '../../../src/runtime/host.js';
import { check, checkedFile } from './checking.js';
import { fakeHost, root } from './fake-host.js';

const test = suite('imported models');

/** Bytes [example, 8] to two convolutions of 3 and 5 channels, their maxima, and one number per class. */
function smallNet(): ModelGraph {
  const b = new GraphBuilder();
  const pos = { name: 'pos', size: 8 } as const;
  const bytes = b.input('bytes', { dtype: 'i32', axes: [{ name: 'example', size: 'example' }, pos] });
  const numbers = b.add({ name: 'Cast', attrs: { to: 'f32' } }, bytes);
  const image = b.add({ name: 'Unsqueeze', attrs: { at: [1, 3], names: ['channel', 'x'] } }, numbers);
  const weight = (name: string, dims: readonly number[]) =>
    b.weight({
      name,
      digest: name,
      type: { dtype: 'f32', axes: dims.map((size, i) => ({ name: `_${i}`, size })) },
    });
  const conv = (x: typeof image, name: string, dims: readonly number[]) =>
    b.add(
      { name: 'Conv', attrs: { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], group: 1 } },
      x,
      weight(name, dims),
    );
  const first = unary(b, 'Relu', conv(image, 'k1', [3, 1, 3, 1]));
  const second = conv(first, 'k2', [5, 3, 2, 1]);
  const pooled = b.add({ name: 'GlobalMaxPool', attrs: {} }, second);
  const flat = b.add({ name: 'Squeeze', attrs: { axes: [2, 3] } }, pooled);
  const out = elementwise(b, 'Mul', flat, flat);
  const written = writeOnnx(b.build([{ name: 'scores', value: out }]), {
    weights: 'constants',
    lookup: (digest) => new Uint8Array(new Float32Array(digest === 'k1' ? 9 : 30).fill(0.5).buffer),
  });
  const read = readOnnx(written.bytes);
  if (read.kind !== 'ok') throw new Error('the written file cannot be read');
  return modelFromOnnx('net', read.value);
}

const net = smallNet();
const host = fakeHost({ models: { 'net.onnx': net } });
const program = (body: string): string => `eis 1
model m = onnx("net.onnx")
data files = bytes("files/**", label: folder) { head: 4, tail: 4, pad: 256, split: by(file, discover: 50%, confirm: 50%) }
metric correct unit point = m.tensor("scores")[channel: 2] > 1
${body}
`;

test('channels of every convolution are one ragged family', () => {
  const line =
    'metric drop[l in m.convs, c in l.channels] unit point = correct - correct @ (m with l.out[channel: c] <- 0)';
  const file = checkedFile(program(`${line}\nreport { table(drop) }`), host);
  const members = file.views[0]?.metrics[0]?.family.members ?? [];
  assert.equal(
    members.map(([, c]) => c),
    [0, 1, 2, 0, 1, 2, 3, 4],
  );
  assert.is(new Set(members.map(([l]) => l)).size, 2);
  assert.is(file.views[0]?.metrics[0]?.evidence, 'intervened');
});

test('a range written as numbers binds channels of a tensor named by a glob', () => {
  const body =
    'hook channel[c in 0..5] = m.tensor("score*")[channel: c]\nmetric x[c] = channel[c] @ (m with channel[c] <- 0)\nreport { table(x) }';
  assert.is(checkedFile(program(body), host).views[0]?.metrics[0]?.family.members.length, 5);
});

test('a tensor that is not there is named with the nearest, and one of many asks for a longer pattern', () => {
  assert.equal(check(program('hook x = m.tensor("scorse")'), host).errors, ['EIS4003']);
  assert.equal(check(program('hook x = m.tensor("**")'), host).errors, ['EIS4003']);
  assert.equal(check(program('hook x = m.tensor("scores")[channel: 9]'), host).errors, ['EIS2015']);
});

const magika = join(root, '../shared/data/magika');
if (existsSync(join(magika, 'model.onnx'))) {
  test('a deployed classifier checks as it is', async () => {
    const real = openCompileHost({ host: realHost(), folder: magika, controlRoot: () => '00'.repeat(32) });
    // Its own files stand in for a corpus; what the text calls GlobalMaxPool_output_0 has another name in this export.
    const text = `model magika = onnx("model.onnx")
data files = bytes("**/*", label: folder) { head: 1024, tail: 1024, pad: 256, split: by(file, discover: 50%, confirm: 50%) }
hook channel[c in 0..512] = magika.tensor("**/MagikaV2/Max_Squeeze__213:0")[channel: c]
metric score = magika.tensor("target_label")[channel: 3]
metric drop[c] = score - score @ (magika with channel[c] <- 0)
report { table(drop) }
`;
    check(text, real);
    assert.ok(await real.settle(), 'the reader of ONNX is loaded when a file asks for it');
    const said = check(text, real);
    assert.equal(said.errors, [], said.text);
    assert.is(said.checked?.views[0]?.metrics[0]?.family.members.length, 512);
  });
}

test.run();
