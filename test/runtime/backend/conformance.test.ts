// Every operator of the tensor graph on every backend that is here: one suite for all.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Tensor } from '../../../src/compiler/ir/tensor.js';
import { type Backend, BackendFailure } from '../../../src/runtime/backend/backend.js';
import { numbersOf, tensorOf } from '../../../src/runtime/backend/host-tensor.js';
import { assertClose } from '../../support/close.js';
import { deviationOf } from '../../support/deviations.js';
import { loadOpCases, type OpCase } from '../../support/op-cases.js';
import { opNames } from '../../support/op-names.js';
import { presentBackends } from '../../support/present-backends.js';

const test = suite('backend conformance');
const present = await presentBackends;

test('the engines that need no device are here', () => {
  const names = present.backends.map((one) => one.name);
  for (const name of ['ort:cpu', 'reference', 'tfjs:wasm', 'tfjs:cpu']) assert.ok(names.includes(name), name);
});

for (const backend of present.backends) {
  for (const op of opNames()) {
    for (const one of loadOpCases(op)) {
      if (deviationOf(backend.name, `${op}: ${one.name}`) !== undefined) continue;
      test(`${backend.name} runs ${op}, or says before that it does not: ${one.name}`, () =>
        runCase(backend, one));
    }
  }
}

async function runCase(backend: Backend, one: OpCase): Promise<void> {
  const compiled = await compile(backend, one);
  if (compiled instanceof BackendFailure) {
    assert.is(compiled.problem.kind, 'compile');
    assert.ok(mayRefuse(backend, one), `${backend.name} refuses: ${compiled.problem.text}`);
    return;
  }
  const feeds = new Map([...one.feeds].map(([name, t]) => [name, host(t)]));
  const found = (await compiled.run(feeds)).outputs.get('y');
  compiled.dispose();
  assert.equal(found?.dims, one.expected.dims);
  assert.is(found?.dtype, one.expected.dtype);
  assertClose(found === undefined ? [] : numbersOf(found), one.expected.data, { rtol: 4e-6, atol: 2e-6 });
}

async function compile(backend: Backend, one: OpCase) {
  try {
    return await backend.compile(one.graph, {
      weights: 'inputs',
      lookupWeight: () => host(one.weight ?? one.expected),
    });
  } catch (error) {
    if (error instanceof BackendFailure) return error;
    throw error;
  }
}

/** Opaque operators need an engine that reads ONNX; some engines lack element types, and say which. */
function mayRefuse(backend: Backend, one: OpCase): boolean {
  if (one.op === 'Opaque') return !backend.name.startsWith('ort:');
  const types = one.graph.nodes.map((node) => node.type.dtype);
  return types.some((dtype) => !backend.capabilities.dtypes.includes(dtype));
}

function host({ dtype, dims, data }: Tensor) {
  return tensorOf(dtype, dims, Array.from(data));
}

test.run();
