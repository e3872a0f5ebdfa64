// Loads the operator conformance cases test/ops/<Op>.jsonc as one-operator graphs. Every backend runs the same cases.
import { readdirSync, readFileSync } from 'node:fs';
import { type Graph, GraphBuilder } from '../../src/compiler/ir/graph.js';
import type { ConstantData, Op, OpName } from '../../src/compiler/ir/op.js';
import { type Tensor, tensor } from '../../src/compiler/ir/tensor.js';
import type { DType } from '../../src/compiler/ir/tensor-type.js';

export type OpCase = {
  readonly op: OpName;
  readonly name: string;
  /** Inputs `x0`, `x1`, …; the result is the output `y`. */
  readonly graph: Graph;
  readonly feeds: ReadonlyMap<string, Tensor>;
  /** The one weight of the case for Weight, under the digest `case`. */
  readonly weight: Tensor | undefined;
  readonly expected: Tensor;
};

type StoredTensor = { readonly dtype: DType; readonly dims: readonly number[]; readonly data: ConstantData };
type StoredCase = {
  readonly name: string;
  readonly attrs: object;
  readonly inputs: readonly StoredTensor[];
  readonly output: StoredTensor;
};

const FOLDER = new URL('../ops/', import.meta.url);

/** The operators that have a file. */
export function operatorsWithCases(): readonly string[] {
  return readdirSync(FOLDER).flatMap((f) => (f.endsWith('.jsonc') ? [f.slice(0, -'.jsonc'.length)] : []));
}

export function loadOpCases(op: OpName): readonly OpCase[] {
  const text = readFileSync(new URL(`${op}.jsonc`, FOLDER), 'utf8');
  const stored: readonly StoredCase[] = JSON.parse(text.replace(/^\s*\/\/.*$/gm, ''));
  return stored.map((one) => build(op, one));
}

function build(op: OpName, stored: StoredCase): OpCase {
  const b = new GraphBuilder();
  const tensors = stored.inputs.map(read);
  const [only] = tensors;
  const types = tensors.map((t) => ({
    dtype: t.dtype,
    axes: t.dims.map((size, i) => ({ name: `_${i}`, size })),
  }));
  const facts = { name: op, expected: read(stored.output) };
  if (op === 'Input' || op === 'Weight') {
    const type = types[0] ?? { dtype: 'f32' as const, axes: [] };
    const y = op === 'Input' ? b.input('x0', type) : b.weight({ name: 'w', digest: 'case', type });
    const feeds = new Map(op === 'Input' && only !== undefined ? [['x0', only]] : []);
    const graph = b.build([{ name: 'y', value: y }]);
    return { ...facts, op, name: stored.name, graph, feeds, weight: op === 'Weight' ? only : undefined };
  }
  const inputs = types.map((type, i) => b.input(`x${i}`, anonymous(type, i)));
  // The files are written by make-cases.py in the attributes' own form; infer() rejects what does not fit.
  const y = b.add({ name: op, attrs: revive(op, stored.attrs) } as Op, ...inputs);
  const feeds = new Map(tensors.map((t, i) => [`x${i}`, t]));
  const graph = b.build([{ name: 'y', value: y }]);
  return { ...facts, op, name: stored.name, graph, feeds, weight: undefined };
}

/** JSON has no infinity: Pad's value is then written as text. */
function revive(op: OpName, attrs: object): object {
  return op === 'Pad' && 'value' in attrs ? { ...attrs, value: Number(attrs.value) } : attrs;
}

/** Every input has its own anonymous names, so that no case depends on them. */
function anonymous<
  T extends { readonly dtype: DType; readonly axes: readonly { name: string; size: number }[] },
>(type: T, input: number) {
  return { dtype: type.dtype, axes: type.axes.map((a, i) => ({ name: `_${input}_${i}`, size: a.size })) };
}

function read(stored: StoredTensor): Tensor {
  return tensor(stored.dtype, stored.dims, stored.data.map(Number));
}
