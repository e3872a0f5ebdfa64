// `eisc plan` says what a run would stop at: an operator or element type that the backend refuses to compile.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Graph, GraphBuilder } from '../../../src/compiler/ir/graph.js';
import { elementwise, unary } from '../../../src/compiler/ir/named.js';
import { writeOnnx } from '../../../src/compiler/onnx/write.js';
import { plan } from '../../../src/runtime/application/plan.js';
import { type Backend, BackendFailure, type BackendProblem } from '../../../src/runtime/backend/backend.js';
import { graphRefusal } from '../../../src/runtime/backend/graph-refusal.js';
import { tensorOf } from '../../../src/runtime/backend/host-tensor.js';
import { openBackend } from '../../../src/runtime/backend/registry.js';
import { realHost } from '../../../src/runtime/host.js';
import { loadOpCases } from '../../support/op-cases.js';
import { opNames } from '../../support/op-names.js';

const test = suite('application/plan refusal');
const folder = mkdtempSync(join(tmpdir(), 'eis-refusal-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

/** What compiling says; null where it succeeds. */
async function compiled(backend: Backend, graph: Graph): Promise<BackendProblem | null> {
  try {
    const lookupWeight = () => tensorOf('f32', [], [0]);
    (await backend.compile(graph, { weights: 'inputs', lookupWeight })).dispose();
    return null;
  } catch (error) {
    if (error instanceof BackendFailure) return error.problem;
    throw error;
  }
}

for (const name of ['tfjs:cpu', 'reference'] as const) {
  test(`${name}: what the tables say of each operator's vectors is what compiling says`, async () => {
    const backend = await openBackend(name, { workers: 1 });
    let refused = 0;
    try {
      for (const one of opNames().flatMap((op) => loadOpCases(op))) {
        const problem = await compiled(backend, one.graph);
        assert.equal(await graphRefusal(name, [one.graph]), problem, one.name);
        if (problem !== null) refused += 1;
      }
    } finally {
      await backend.dispose();
    }
    if (name === 'tfjs:cpu') assert.ok(refused > 0);
  });
}

test('the first graph that is refused is told, and an unknown backend refuses none', async () => {
  const opaque = (opType: string): Graph => {
    const b = new GraphBuilder();
    const type = { dtype: 'f32', axes: [{ name: '_a', size: 2 }] } as const;
    const attrs = { opType, domain: '', attributes: '', output: 0, outputs: 1, type };
    return b.build([{ name: 'y', value: b.add({ name: 'Opaque', attrs }, b.input('x', type)) }]);
  };
  const graphs = [opaque('Mish'), opaque('Celu')];
  for (const name of ['tfjs:wasm', 'reference'])
    assert.match((await graphRefusal(name, graphs))?.text ?? '', /`Mish`/);
  assert.is(await graphRefusal('ort:cpu', graphs), null);
  assert.is(await graphRefusal('nonsense', graphs), null);
});

/** Eight bytes to three numbers, in float64 on the way. */
function doubleNet(): Uint8Array {
  const b = new GraphBuilder();
  const axes = [
    { name: 'example', size: 'example' },
    { name: 'pos', size: 8 },
  ] as const;
  const wide = b.add({ name: 'Cast', attrs: { to: 'f64' } }, b.input('bytes', { dtype: 'i32', axes }));
  const narrow = b.add({ name: 'Cast', attrs: { to: 'f32' } }, elementwise(b, 'Mul', wide, wide));
  const image = b.add({ name: 'Unsqueeze', attrs: { at: [1, 3], names: ['channel', 'x'] } }, narrow);
  const type = { dtype: 'f32', axes: [3, 1, 3, 1].map((size, i) => ({ name: `_${i}`, size })) } as const;
  const conv = b.add(
    { name: 'Conv', attrs: { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], group: 1 } },
    unary(b, 'Relu', image),
    b.weight({ name: 'k', digest: 'k', type }),
  );
  const pooled = b.add({ name: 'GlobalMaxPool', attrs: {} }, conv);
  const value = b.add({ name: 'Squeeze', attrs: { axes: [2, 3] } }, pooled);
  return writeOnnx(b.build([{ name: 'scores', value }]), {
    weights: 'constants',
    lookup: () => new Uint8Array(new Float32Array(9).fill(0.5).buffer),
  }).bytes;
}

test('a plan names what the run would stop at, and for a backend that has it there is a plan', async () => {
  writeFileSync(join(folder, 'eis.project.json'), '{}\n');
  writeFileSync(join(folder, 'net.onnx'), doubleNet());
  for (const kind of ['a', 'b']) {
    mkdirSync(join(folder, 'files', kind), { recursive: true });
    for (let i = 0; i < 8; i++)
      writeFileSync(
        join(folder, 'files', kind, `${i}`),
        Uint8Array.from({ length: 9 }, (_, j) => 7 * i + j),
      );
  }
  writeFileSync(
    join(folder, 'p.eis'),
    `eis 1
model m = onnx("net.onnx")
data files = bytes("files/**", label: folder) { head: 4, tail: 4, pad: 256, split: by(file, discover: 50%, confirm: 50%) }
metric high unit point = m.tensor("scores")[channel: 2] > 1
report { table(high) }
`,
  );
  const planned = (backend: string) =>
    plan({ cwd: folder, host: realHost() }, 'p.eis', {
      ...{ backend, memoryBytes: 256e6, withoutPasses: [], settings: new Map(), explain: false },
    });
  const fine = await planned('ort:cpu');
  assert.equal([fine.diagnostics.filter((one) => one.severity === 'error'), fine.text === null], [[], false]);
  const refused = await planned('tfjs:cpu');
  assert.is(refused.text, null);
  const errors = refused.diagnostics.filter((one) => one.severity === 'error');
  assert.equal(
    errors.map((one) => one.code),
    ['EIS5502'],
  );
  assert.match(errors[0]?.message ?? '', /^`tfjs:cpu`: the operator `Cast` makes f64/);
  assert.match(errors[0]?.help?.text ?? '', /`ort:cpu`/);
});

test.run();
