// Runs one ONNX node vector on one backend and says how it went. Tolerances are those of ONNX's own backend test runner.

import { halfValue } from '../../src/compiler/onnx/elements.js';
import { type Backend, BackendFailure } from '../../src/runtime/backend/backend.js';
import { type HostTensor, numbersOf } from '../../src/runtime/backend/host-tensor.js';
import type { VectorCase } from './onnx-vectors.js';

export type VectorOutcome =
  | { readonly kind: 'passed' }
  /** The backend said before it ran that it does not do this. */
  | { readonly kind: 'refused'; readonly text: string }
  | { readonly kind: 'failed'; readonly text: string };

/** onnx/backend/test/runner: `np.testing.assert_allclose(rtol=1e-3, atol=1e-7)`. */
const RTOL = 1e-3;
const ATOL = 1e-7;

export async function runVector(
  backend: Backend,
  one: Extract<VectorCase, { kind: 'ready' }>,
): Promise<VectorOutcome> {
  try {
    const executable = await backend.compile(one.graph, {
      weights: 'inputs',
      lookupWeight: one.lookupWeight,
    });
    try {
      for (const { feeds, expected } of one.runs) {
        const { outputs } = await executable.run(feeds);
        for (const [i, { name }] of one.graph.outputs.entries()) {
          const place = one.outputs.indexOf(name);
          const wanted = expected[place < 0 ? i : place];
          const difference = wanted === undefined ? 'no such output' : compare(outputs.get(name), wanted);
          if (difference !== undefined) return { kind: 'failed', text: `${name}: ${difference}` };
        }
      }
      return { kind: 'passed' };
    } finally {
      executable.dispose();
    }
  } catch (error) {
    if (!(error instanceof BackendFailure)) {
      return { kind: 'failed', text: error instanceof Error ? error.message : String(error) };
    }
    return { kind: error.problem.kind === 'compile' ? 'refused' : 'failed', text: error.problem.text };
  }
}

function compare(found: HostTensor | undefined, wanted: HostTensor): string | undefined {
  if (found === undefined) return 'not computed';
  if (found.dtype !== wanted.dtype) return `is ${found.dtype}, not ${wanted.dtype}`;
  if (found.dims.join() !== wanted.dims.join()) return `is [${found.dims}], not [${wanted.dims}]`;
  const [left, right] = [valuesOf(found), valuesOf(wanted)];
  for (const [i, b] of right.entries()) {
    const a = left[i] ?? Number.NaN;
    const isEqual = a === b || (Number.isNaN(a) && Number.isNaN(b));
    if (!isEqual && !(Math.abs(a - b) <= ATOL + RTOL * Math.abs(b))) return `element ${i} is ${a}, not ${b}`;
  }
  return undefined;
}

function valuesOf(tensor: HostTensor): readonly number[] {
  const numbers = numbersOf(tensor);
  return tensor.dtype === 'f16' ? numbers.map(halfValue) : numbers;
}
