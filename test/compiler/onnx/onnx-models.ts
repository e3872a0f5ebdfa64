// Small ONNX models for the tests of the reader, and the oracle they are checked with: onnxruntime on the bytes themselves.
import * as ort from 'onnxruntime-node';
import * as assert from 'uvu/assert';
import type { DType } from '../../../src/compiler/ir/tensor-type.js';
import type { ImportedModel } from '../../../src/compiler/onnx/read.js';
import type { WireAttribute, WireTensor, WriteNode } from '../../../src/compiler/onnx/wire.js';
import type { Backend } from '../../../src/runtime/backend/backend.js';
import {
  bytesOf,
  type HostTensor,
  numbersOf,
  tensorFromBytes,
  tensorOf,
} from '../../../src/runtime/backend/host-tensor.js';
import { assertClose } from '../../support/close.js';

type Attributes = Readonly<Record<string, number | string | readonly number[]>>;
const FLOATS = new Set(['alpha', 'beta', 'epsilon', 'min', 'max', 'value', 'ratio']);

function attribute(name: string, value: number | string | readonly number[]): WireAttribute {
  if (typeof value === 'string') return { kind: 'string', value };
  if (typeof value !== 'number') return { kind: 'ints', value };
  return FLOATS.has(name) ? { kind: 'float', value } : { kind: 'int', value };
}

export function n(opType: string, inputs: string, outputs: string, attributes: Attributes = {}): WriteNode {
  const entries = Object.entries(attributes).map(([name, value]) => [name, attribute(name, value)] as const);
  const list = (text: string) =>
    text === '' ? [] : text.split(' ').map((name) => (name === '_' ? '' : name));
  return { opType, inputs: list(inputs), outputs: list(outputs), attributes: Object.fromEntries(entries) };
}

export function stored(
  name: string,
  dtype: DType,
  dims: readonly number[],
  values: readonly number[],
): WireTensor {
  return { name, dtype, dims, bytes: bytesOf(tensorOf(dtype, dims, values)) };
}

export function i64(name: string, ...values: readonly number[]): WireTensor {
  return stored(name, 'i64', [values.length], values);
}

export function wave(count: number, step = 0.7): number[] {
  return Array.from({ length: count }, (_, i) => Math.round(Math.sin(i * step + 0.3) * 400) / 200);
}

export async function runRaw(
  bytes: Uint8Array,
  feeds: ReadonlyMap<string, HostTensor>,
  output = 'y',
): Promise<ort.Tensor> {
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 4, intraOpNumThreads: 1 });
  const types = { f32: 'float32', i64: 'int64', i32: 'int32' } as const;
  const given: Record<string, ort.Tensor> = {};
  for (const [name, { dtype, data, dims }] of feeds) {
    if (dtype !== 'f32' && dtype !== 'i64' && dtype !== 'i32') throw new Error(dtype);
    const make = ort.Tensor as unknown as new (t: string, d: unknown, s: readonly number[]) => ort.Tensor; // overloads
    given[name] = new make(types[dtype], data, dims);
  }
  const found = (await session.run(given))[output];
  if (found === undefined) throw new Error(`no output ${output}`);
  return found as ort.Tensor; // none of these models has another kind of output
}

export async function compareWith(
  backend: Backend,
  model: ImportedModel,
  feeds: ReadonlyMap<string, HostTensor>,
  wanted: ort.Tensor,
  output = 'y',
): Promise<void> {
  const weights = new Map(
    [...model.weights.values()].map((w) => [w.digest, tensorFromBytes(w.dtype, w.dims, w.read())]),
  );
  const lookupWeight = (digest: string) => weights.get(digest) ?? tensorOf('f32', [], [0]);
  const executable = await backend.compile(model.graph, { weights: 'constants', lookupWeight });
  const found = (await executable.run(feeds)).outputs.get(output);
  executable.dispose();
  if (found === undefined) throw new Error(`no output ${output}`);
  assert.equal(found.dims, wanted.dims);
  assertClose(numbersOf(found), Array.from(wanted.data as Float32Array, Number), { rtol: 1e-5, atol: 1e-6 });
}
