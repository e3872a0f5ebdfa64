import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { opNames } from '../../../src/compiler/ir/op-kind.js';
import type { Tensor } from '../../../src/compiler/ir/tensor.js';
import type { Backend } from '../../../src/runtime/backend/backend.js';
import { numbersOf, tensorOf } from '../../../src/runtime/backend/host-tensor.js';
import { openBackend } from '../../../src/runtime/backend/registry.js';
import { assertClose } from '../../support/close.js';
import { loadOpCases, type OpCase } from '../../support/op-cases.js';

const test = suite('backend conformance');
const backends = await Promise.all(['ort:cpu', 'reference'].map((name) => openBackend(name)));

for (const backend of backends) {
  for (const op of opNames()) {
    // The reference refuses opaque operators; backend.test.ts checks how.
    if (op === 'Opaque' && backend.name === 'reference') continue;
    for (const one of loadOpCases(op)) {
      test(`${backend.name} runs ${op}: ${one.name}`, () => runCase(backend, one));
    }
  }
}

test.after(async () => {
  for (const backend of backends) await backend.dispose();
});

async function runCase(backend: Backend, one: OpCase): Promise<void> {
  const executable = await backend.compile(one.graph, {
    weights: 'inputs',
    lookupWeight: () => host(one.weight ?? one.expected),
  });
  const feeds = new Map([...one.feeds].map(([name, t]) => [name, host(t)]));
  const found = (await executable.run(feeds)).outputs.get('y');
  executable.dispose();
  assert.equal(found?.dims, one.expected.dims);
  assert.is(found?.dtype, one.expected.dtype);
  assertClose(found === undefined ? [] : numbersOf(found), one.expected.data, { rtol: 4e-6, atol: 2e-6 });
}

function host({ dtype, dims, data }: Tensor) {
  return tensorOf(dtype, dims, Array.from(data));
}

test.run();
