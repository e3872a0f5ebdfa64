// Models whose weights lie in files: the same results as any other way to run them.
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Graph, GraphBuilder } from '../../../src/compiler/ir/graph.js';
import { axis } from '../../../src/compiler/ir/tensor-type.js';
import { type HostTensor, numbersOf, tensorOf } from '../../../src/runtime/backend/host-tensor.js';
import { openOrt } from '../../../src/runtime/backend/ort.js';
import { isLarge, writeBeside } from '../../../src/runtime/backend/ort-large.js';
import { WeightFiles } from '../../../src/runtime/backend/weight-files.js';
import { assertClose } from '../../support/close.js';

const test = suite('large models');
let folder = '';

test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'eis-test-'));
});

test.after.each(() => rmSync(folder, { recursive: true, force: true }));

const D = 512;
const WIDE = 16_384;

/** y = (x Wᵀ + b) with W stored as [wide, d], and z = W itself at two rows: 32 MB of weights, one of them read in two ways. */
function wideGraph(wide: number): Graph {
  const b = new GraphBuilder();
  const x = b.input('x', { dtype: 'f32', axes: [axis('row', 'row'), axis('d', D)] });
  const rows = b.input('rows', { dtype: 'i64', axes: [axis('pick', 'pick')] });
  const weight = b.weight({
    name: 'W',
    digest: 'weight',
    type: { dtype: 'f32', axes: [axis('wide', wide), axis('d', D)] },
  });
  const bias = b.weight({ name: 'b', digest: 'bias', type: { dtype: 'f32', axes: [axis('wide', wide)] } });
  const turned = b.add({ name: 'Transpose', attrs: { perm: [1, 0] } }, weight);
  const product = b.add({ name: 'MatMul', attrs: {} }, x, turned);
  return b.build([
    { name: 'y', value: b.add({ name: 'Add', attrs: {} }, product, bias) },
    { name: 'z', value: b.add({ name: 'Gather', attrs: { axis: 0 } }, weight, rows) },
  ]);
}

function numbers(count: number, seed: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => (((i + seed) * 7919) % 1009) / 1009 - 0.5);
}

const weight: HostTensor = { dtype: 'f32', dims: [WIDE, D], data: numbers(WIDE * D, 1) };
const bias: HostTensor = { dtype: 'f32', dims: [WIDE], data: numbers(WIDE, 2) };
const lookup = (digest: string): HostTensor => (digest === 'bias' ? bias : weight);
const x: HostTensor = { dtype: 'f32', dims: [3, D], data: numbers(3 * D, 3) };
const feeds = new Map([
  ['x', x],
  ['rows', tensorOf('i64', [2], [5, 16_000])],
]);

function at({ data }: HostTensor, i: number): number {
  return Number(data[i] ?? Number.NaN);
}

function expectedProducts(by: number): readonly number[] {
  const y: number[] = [];
  for (let r = 0; r < 3; r++) {
    for (let c = 0; c < WIDE; c++) {
      let sum = 0;
      for (let k = 0; k < D; k++) sum += at(x, r * D + k) * at(weight, c * D + k) * by;
      y.push(sum + at(bias, c));
    }
  }
  return y;
}

function expectedRows(by: number): readonly number[] {
  return [5, 16_000].flatMap((r) => Array.from({ length: D }, (_, k) => at(weight, r * D + k) * by));
}

test('what a model with its weights in files computes is what its graph says, on every worker', async () => {
  const backend = await openOrt({ workers: 2, weightsFolder: folder });
  const executable = await backend.compile(wideGraph(WIDE), { weights: 'constants', lookupWeight: lookup });
  const results = await Promise.all(Array.from({ length: 4 }, () => executable.run(feeds)));
  const [y, z] = [expectedProducts(1), expectedRows(1)];
  for (const { outputs } of results) {
    assertClose(numbersOf(outputs.get('y') ?? bias), y, { rtol: 1e-5, atol: 1e-4 });
    assert.equal(numbersOf(outputs.get('z') ?? bias), z, 'moved, never changed');
  }
  await backend.dispose();
  assert.ok(readdirSync(folder).length > 0, 'the next run finds them');
});

test('other weights under the same digest give another session', async () => {
  const backend = await openOrt({ workers: 1, weightsFolder: folder });
  const graph = wideGraph(WIDE);
  const first = await backend.compile(graph, { weights: 'constants', lookupWeight: lookup });
  const doubled = { ...weight, data: (weight.data as Float32Array).map((v) => 2 * v) };
  const other = await backend.compile(graph, {
    weights: 'constants',
    lookupWeight: (digest) => (digest === 'bias' ? bias : doubled),
  });
  assert.is(backend.counts().sessions, 2);
  const [one, two] = [await first.run(feeds), await other.run(feeds)];
  assert.equal(numbersOf(one.outputs.get('z') ?? bias), expectedRows(1));
  assert.equal(numbersOf(two.outputs.get('z') ?? bias), expectedRows(2));
  assertClose(numbersOf(two.outputs.get('y') ?? bias), expectedProducts(2), { rtol: 1e-5, atol: 1e-4 });
  await backend.dispose();
});

test('the model beside the files is small, and equal graphs are one session', () => {
  const files = new WeightFiles('ort:cpu', folder);
  const written = writeBeside(wideGraph(WIDE), files, lookup);
  assert.ok(written.program.kind === 'onnx' && written.program.folder === folder);
  // The bias of 64 KB is a file too; the graph itself is about a kilobyte.
  assert.ok(written.program.bytes.length < 4000, `${written.program.bytes.length} bytes`);
  assert.is(readdirSync(folder).length, 3, 'the weight, the weight turned around, and the bias');
  assert.is(writeBeside(wideGraph(WIDE), files, lookup).key, written.key);
});

test('small models keep their weights: only from 32 MB on are there files', async () => {
  assert.ok(isLarge(wideGraph(WIDE)));
  assert.not.ok(isLarge(wideGraph(WIDE / 2)));
  const backend = await openOrt({ workers: 1, weightsFolder: join(folder, 'none') });
  const half = (digest: string): HostTensor =>
    digest === 'bias'
      ? { ...bias, dims: [WIDE / 2], data: bias.data.slice(0, WIDE / 2) }
      : { ...weight, dims: [WIDE / 2, D], data: weight.data.slice(0, (WIDE / 2) * D) };
  const executable = await backend.compile(wideGraph(WIDE / 2), { weights: 'constants', lookupWeight: half });
  executable.dispose();
  await backend.dispose();
  assert.not.ok(existsSync(join(folder, 'none')));
});

test.run();
