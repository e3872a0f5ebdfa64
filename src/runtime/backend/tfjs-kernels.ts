// Every operator on TensorFlow.js, as one total table, and what is refused before anything runs: operators without a kernel,
// and arithmetic of eight-bit integers, which would not wrap as it must. (Element types are refused by engine-backend.ts.)
import { bug } from '../../compiler/base/bug.js';
import { evaluateDim } from '../../compiler/ir/dim.js';
import type { Graph, Node } from '../../compiler/ir/graph.js';
import type { OpName } from '../../compiler/ir/op.js';
import { OP_KIND, type OpKind } from '../../compiler/ir/op-kind.js';
import { tfjsElementwise } from './tfjs-elementwise.js';
import { tfjsLayout } from './tfjs-layout.js';
import { tfjsLinear } from './tfjs-linear.js';
import { tfjsReduce } from './tfjs-reduce.js';
import { runFailure, type TfjsCall, type TfjsKernel, type TfTensor, type Unsupported } from './tfjs-rule.js';
import { toTfjs } from './tfjs-tensor.js';

const kernels = {
  Input: () => bug('an input is given, not computed'),
  Weight: () => bug('a weight is given, not computed'),
  Constant: (call, { type, data }) => {
    const numbers = data.map(Number);
    return toTfjs(call.tf, call.backend, 'a constant', { dtype: type.dtype, dims: call.dims, numbers });
  },
  Iota: ({ tf, dims }, { axis }) => {
    const count = dims[0] ?? evaluateDim(axis.size, new Map());
    return tf.tensor1d(
      Int32Array.from({ length: count }, (_, i) => i),
      'int32',
    );
  },
  Opaque: { unsupported: 'which only an engine that reads ONNX can run' },
  ...tfjsElementwise,
  ...tfjsLayout,
  ...tfjsLinear,
  ...tfjsReduce,
} satisfies { readonly [N in OpName]: TfjsKernel<N> | Unsupported };

/** Kinds in which eight-bit integers are only moved, compared or converted. */
const MOVES: Readonly<Record<OpKind, boolean>> = {
  source: true,
  unary: false,
  binary: false,
  compare: true,
  logic: true,
  where: true,
  linear: false,
  layout: true,
  index: true,
  reduce: false,
  normalise: false,
  pool: false,
  opaque: false,
};

/** Why a graph cannot run on TensorFlow.js, naming the operator; undefined when it can. */
export function tfjsRefusal(graph: Graph): string | undefined {
  for (const node of graph.nodes) {
    const refusal = refusalOf(graph, node);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function refusalOf(graph: Graph, { op, inputs }: Node): string | undefined {
  const kernel: TfjsKernel<never> | Unsupported = kernels[op.name];
  if (typeof kernel !== 'function') {
    const name = op.name === 'Opaque' ? op.attrs.opType : op.name;
    return `the operator \`${name}\`, ${kernel.unsupported}, is not supported`;
  }
  const narrow = inputs.map((i) => graph.nodes[i]?.type.dtype).find((d) => d === 'i8' || d === 'u8');
  const isMove = MOVES[OP_KIND[op.name]] || op.name === 'Identity' || op.name === 'Cast';
  if (narrow !== undefined && !isMove) {
    return `the operator \`${op.name}\` computes in ${narrow}, which is not supported`;
  }
  return undefined;
}

/** Runs one operator. Rejects int64 results that int32, in which they are carried, might not hold. */
export function runTfjsKernel(call: TfjsCall, attrs: Node['op']['attrs']): TfTensor {
  const kernel = kernels[call.name];
  if (typeof kernel !== 'function') return bug(`${call.name} was not refused`);
  checkInt64(call);
  const given = MOVES_BOOL[OP_KIND[call.name]]
    ? { ...call, inputs: call.inputs.map((x, i) => asNumbers(call, x, i)) }
    : call;
  // The kernel under a name takes the attributes of that name; TypeScript cannot follow the pair through the lookup.
  return (kernel as TfjsKernel<OpName>)(given, attrs as never);
}

/** Kinds that move booleans about: the WebAssembly kernels of Select and its like write beyond a boolean's one byte. */
const MOVES_BOOL: Readonly<Record<OpKind, boolean>> = {
  source: false,
  unary: false,
  binary: false,
  compare: false,
  logic: false,
  where: true,
  linear: false,
  layout: true,
  index: true,
  reduce: false,
  normalise: false,
  pool: false,
  opaque: false,
};

/** The condition of Where stays a boolean. */
function asNumbers({ tf, name }: TfjsCall, x: TfTensor, position: number): TfTensor {
  return x.dtype === 'bool' && !(name === 'Where' && position === 0) ? tf.cast(x, 'int32') : x;
}

const LARGEST = 2 ** 31 - 1;

/** A bound of what the operator can make from operands of these magnitudes, `count` elements being summed. */
const GROWTH: ReadonlyMap<OpName, (x: number, y: number, count: number) => number> = new Map([
  ['Add', (x, y) => x + y],
  ['Sub', (x, y) => x + y],
  ['Mul', (x, y) => x * y],
  ['Pow', (x, y) => x ** y],
  ['MatMul', (x, y, count) => x * y * count],
  ['Gemm', (x, y, count) => x * y * count],
  ['ReduceSum', (x, _, count) => x * count],
  ['ReduceProd', (x, _, count) => x ** count],
  ['CumSum', (x, _, count) => x * count],
  ['Cast', (x) => x],
] as const satisfies readonly (readonly [OpName, (x: number, y: number, count: number) => number])[]);

// Int64 holds indices and counts, which are few and small: looking at them costs little, and no sum wraps around unseen.
function checkInt64(call: TfjsCall): void {
  const bound = call.type.dtype === 'i64' ? GROWTH.get(call.name) : undefined;
  if (bound === undefined) return;
  const [x = 0, y = 0] = call.inputs.map(magnitude);
  const first = call.inputs[0];
  const count =
    call.name === 'Cast'
      ? 1
      : call.name === 'MatMul' || call.name === 'Gemm'
        ? Math.max(...(first?.shape ?? [1]))
        : (first?.size ?? 1);
  if (bound(x, y, Math.max(1, count)) <= LARGEST) return;
  throw runFailure(
    call.backend,
    `${call.name} of int64 may leave the range of int32, in which TensorFlow.js carries whole numbers`,
    'use `ort:cpu`',
  );
}

function magnitude(x: TfTensor): number {
  let largest = 0;
  for (const value of x.dataSync()) largest = Math.max(largest, Math.abs(Number(value)));
  return Number.isNaN(largest) ? Number.POSITIVE_INFINITY : largest;
}
