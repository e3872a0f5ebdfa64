// ONNX's own node test vectors: one small model each with inputs and the outputs to expect. The whole set is looked for on the machine
// (it is part of PyPI's `onnx` up to 1.19 and of Debian's libonnx-testdata); a subset lies in test/runtime/backend/vectors.jsonl.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Graph } from '../../src/compiler/ir/graph.js';
import { inputsOf } from '../../src/compiler/ir/symbols.js';
import { OnnxFailure } from '../../src/compiler/onnx/problem.js';
import { readOnnx } from '../../src/compiler/onnx/read.js';
import { decodeModel } from '../../src/compiler/onnx/wire.js';
import { type HostTensor, tensorFromBytes } from '../../src/runtime/backend/host-tensor.js';

export type VectorRun = {
  readonly feeds: ReadonlyMap<string, HostTensor>;
  readonly expected: readonly HostTensor[];
};
export type VectorCase =
  | {
      readonly kind: 'ready';
      readonly name: string;
      readonly operator: string;
      readonly graph: Graph;
      readonly outputs: readonly string[];
      readonly lookupWeight: (digest: string) => HostTensor;
      readonly runs: readonly VectorRun[];
    }
  /** Not ours to run: an operator, an element type or a form that the importer does not bring into the tensor graph. */
  | { readonly kind: 'outside'; readonly name: string; readonly operator: string; readonly reason: string };

/** The files of one vector: the model, and for each data set the TensorProtos of its inputs and outputs. */
export type VectorFiles = {
  readonly name: string;
  readonly model: Uint8Array;
  readonly sets: readonly {
    readonly inputs: readonly Uint8Array[];
    readonly outputs: readonly Uint8Array[];
  }[];
};

/** What the models with more than one node are listed under: mostly operators written out as functions of others. */
export const SEVERAL = 'several operators';

const ROOT = join(import.meta.dirname, '../..');

/** The folder with the whole set, or why there is none. */
export function findVectors(): { readonly folder: string } | { readonly missing: string } {
  const named = process.env.EISC_ONNX_NODE_TESTS;
  if (named !== undefined && named !== '') {
    return existsSync(named)
      ? { folder: named }
      : { missing: `EISC_ONNX_NODE_TESTS names ${named}, which does not exist` };
  }
  const lib = join(ROOT, '.venv/lib');
  const pythons = existsSync(lib) ? readdirSync(lib).map((p) => join(lib, p, 'site-packages')) : [];
  const places = [
    ...pythons.map((p) => join(p, 'onnx/backend/test/data/node')),
    '/usr/share/libonnx-testdata/data/node',
    '/usr/share/onnx/backend/test/data/node',
  ];
  const folder = places.find((p) => existsSync(p));
  return folder === undefined
    ? {
        missing:
          'no ONNX node test vectors here (`pip install onnx==1.18.0` into .venv, or set EISC_ONNX_NODE_TESTS)',
      }
    : { folder };
}

export function vectorNames(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, 'model.onnx')))
    .sort();
}

export function readVectorFolder(folder: string, name: string): VectorFiles {
  const home = join(folder, name);
  const sets = readdirSync(home)
    .filter((entry) => entry.startsWith('test_data_set_'))
    .sort()
    .map((set) => ({ inputs: protos(join(home, set), 'input'), outputs: protos(join(home, set), 'output') }));
  return { name, model: bytesAt(join(home, 'model.onnx')), sets };
}

/** A line of the committed file. */
export function vectorLine({ name, model, sets }: VectorFiles): string {
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  const stored = sets.map((one) => ({ inputs: one.inputs.map(text), outputs: one.outputs.map(text) }));
  return JSON.stringify({ name, model: text(model), sets: stored });
}

export function readVectorLine(line: string): VectorFiles {
  type Stored = { name: string; model: string; sets: { inputs: string[]; outputs: string[] }[] };
  const { name, model, sets }: Stored = JSON.parse(line);
  const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));
  return {
    name,
    model: bytes(model),
    sets: sets.map((one) => ({ inputs: one.inputs.map(bytes), outputs: one.outputs.map(bytes) })),
  };
}

/** Reads a vector as a graph with feeds and expectations, or says why it is not ours to run. */
export function openVector({ name, model: bytes, sets }: VectorFiles): VectorCase {
  let operator = name.replace(/^test_/, '');
  const outside = (reason: string): VectorCase => ({ kind: 'outside', name, operator, reason });
  try {
    const wire = decodeModel(bytes);
    const [only, ...others] = wire.graph.nodes;
    operator = only !== undefined && others.length === 0 ? only.opType : SEVERAL;
    const files = sets.map(({ inputs, outputs }) => ({
      inputs: inputs.map(storedTensor),
      outputs: outputs.map((one) => storedTensor(one).tensor),
    }));
    const read = importModel(bytes, files[0]?.inputs ?? []);
    if (typeof read === 'string') return outside(read);
    const needed = new Set(inputsOf(read.graph).map((one) => one.name));
    const runs = files.map(({ inputs, outputs }) => ({
      feeds: new Map(
        inputs.flatMap(({ tensor }, i) => {
          const given = wire.graph.inputs[i]?.name ?? '';
          return needed.has(given) ? [[given, tensor] as const] : [];
        }),
      ),
      expected: outputs,
    }));
    if (read.graph.outputs.length !== runs[0]?.expected.length) return outside('it has optional outputs');
    const weights = new Map(
      [...read.weights.values()].map((w) => [w.digest, tensorFromBytes(w.dtype, w.dims, w.read())]),
    );
    const lookupWeight = (digest: string): HostTensor => {
      const found = weights.get(digest);
      if (found === undefined) throw new Error(`no weight ${digest}`);
      return found;
    };
    return { kind: 'ready', name, operator, graph: read.graph, outputs: read.outputs, lookupWeight, runs };
  } catch (error) {
    if (error instanceof OnnxFailure) return outside(error.problem.text);
    throw error;
  }
}

type StoredTensor = { readonly tensor: HostTensor; readonly wire: Uint8Array };

function importModel(bytes: Uint8Array, inputs: readonly StoredTensor[]) {
  const wire = decodeModel(bytes);
  const plain = readOnnx(bytes);
  if (plain.kind === 'ok' && plain.value.opaque.length === 0) return plain.value;
  // The vectors give as inputs what files store: shapes, axes, bounds. Stored, they can be read before anything runs.
  const stored = inputs.flatMap(({ tensor, wire: own }, i) => {
    const name = wire.graph.inputs[i]?.name ?? '';
    const isParameter = i > 0 || tensor.dtype === 'i64';
    return isParameter && tensor.data.length <= 64 ? [withName(own, name)] : [];
  });
  const baked = readOnnx(withInitializers(bytes, stored));
  if (baked.kind === 'problem') return baked.problem.text;
  const [opaque] = baked.value.opaque;
  return opaque === undefined
    ? baked.value
    : `the operator \`${opaque.opType}\` is not part of the tensor graph`;
}

function protos(folder: string, kind: 'input' | 'output'): readonly Uint8Array[] {
  const found: Uint8Array[] = [];
  for (let i = 0; existsSync(join(folder, `${kind}_${i}.pb`)); i++) {
    found.push(bytesAt(join(folder, `${kind}_${i}.pb`)));
  }
  return found;
}

function bytesAt(path: string): Uint8Array {
  return new Uint8Array(readFileSync(path));
}

function storedTensor(wire: Uint8Array): StoredTensor {
  return { wire, tensor: readTensor(wire) };
}

/** A lone TensorProto, read as the only initialiser of a model around it. */
function readTensor(wire: Uint8Array): HostTensor {
  const graph = field(5, withName(wire, 'x'));
  const opset = new Uint8Array([0x10, 18]);
  const [tensor] = decodeModel(joined(field(7, graph), field(8, opset))).graph.initializers;
  if (tensor?.bytes == null)
    throw new OnnxFailure({ kind: 'dtype', text: 'a value that is no plain tensor' });
  return tensorFromBytes(tensor.dtype, tensor.dims, tensor.bytes);
}

/** Field 8 of TensorProto is its name; the last one given counts. */
function withName(tensor: Uint8Array, name: string): Uint8Array {
  return joined(tensor, field(8, new TextEncoder().encode(name)));
}

/** The same model with tensors added to its graph (field 7 of ModelProto, field 5 of GraphProto). */
function withInitializers(model: Uint8Array, stored: readonly Uint8Array[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let at = 0;
  while (at < model.length) {
    const start = at;
    const key = readVarint(model, at);
    at = key.next;
    const kind = key.value & 7;
    if (kind === 0) at = readVarint(model, at).next;
    else if (kind === 1) at += 8;
    else if (kind === 5) at += 4;
    else {
      const length = readVarint(model, at);
      at = length.next + length.value;
      if (key.value >> 3 === 7) {
        parts.push(field(7, joined(model.subarray(length.next, at), ...stored.map((t) => field(5, t)))));
        continue;
      }
    }
    parts.push(model.subarray(start, at));
  }
  return joined(...parts);
}

function field(id: number, bytes: Uint8Array): Uint8Array {
  return joined(varint((id << 3) | 2), varint(bytes.length), bytes);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Uint8Array.from([...bytes, rest]);
}

function readVarint(bytes: Uint8Array, start: number): { readonly value: number; readonly next: number } {
  let value = 0;
  let next = start;
  for (let scale = 1; ; scale *= 128) {
    const byte = bytes[next++] ?? 0;
    value += (byte % 128) * scale;
    if (byte < 128) return { value, next };
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
