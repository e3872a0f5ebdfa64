// Floating-point operations of a graph at given symbol sizes. The convention: matrix products and convolutions count 2 per
// multiply-add; elementwise operators (exp and tanh too) 1 per element of the result; reductions 1 per element of the input; softmax 5,
// layer norm 8, batch norm 2 per element; pools 1 per tap; layout, indexing, sources and casts 0.
import { bug } from '../base/bug.js';
import type { Graph } from './graph.js';
import type { Op } from './op.js';
import { type NamesOf, OP_KIND, type OpKind } from './op-kind.js';
import { dimsOf, type SymbolSizes } from './symbols.js';
import { sizeOf } from './tensor.js';

type Dims = readonly number[];
type Count = (result: Dims, inputs: readonly Dims[], op: Op) => number;

const perResult: Count = (result) => sizeOf(result);
const perInput: Count = (_, inputs) => sizeOf(first(inputs));
const none: Count = () => 0;

const byKind = {
  source: none,
  unary: (result, _, op) => (op.name === 'Identity' || op.name === 'Cast' ? 0 : sizeOf(result)),
  binary: perResult,
  compare: perResult,
  logic: perResult,
  where: perResult,
  linear: (result, inputs, op) => linear(result, inputs, op),
  layout: none,
  index: none,
  reduce: perInput,
  normalise: (result, _, op) => sizeOf(result) * perElement(op),
  pool: (result, inputs, op) =>
    op.name === 'MaxPool' || op.name === 'AveragePool'
      ? sizeOf(result) * sizeOf(op.attrs.kernel)
      : sizeOf(first(inputs)),
  opaque: none,
} satisfies { readonly [K in OpKind]: Count };

/** The count of one operator, given the dims of its result and of its inputs. */
export function flopsOfOp(op: Op, result: Dims, inputs: readonly Dims[]): number {
  return byKind[OP_KIND[op.name]](result, inputs, op);
}

/** The count of every node, by id. */
export function flopsOfNodes(graph: Graph, sizes: SymbolSizes): readonly number[] {
  const dims = graph.nodes.map((n) => dimsOf(n.type, sizes));
  return graph.nodes.map((node, id) =>
    flopsOfOp(
      node.op,
      dims[id] ?? [],
      node.inputs.map((i) => dims[i] ?? []),
    ),
  );
}

/** The count of a whole graph. */
export function flopsOf(graph: Graph, sizes: SymbolSizes): number {
  return flopsOfNodes(graph, sizes).reduce((sum, n) => sum + n, 0);
}

const PER_ELEMENT = {
  CumSum: 1,
  Softmax: 5,
  LogSoftmax: 5,
  LayerNormalization: 8,
  BatchNormalization: 2,
} satisfies { readonly [N in NamesOf<'normalise'>]: number };

function perElement(op: Op): number {
  // Only operators of the kind `normalise` come here, and the table has them all.
  return PER_ELEMENT[op.name as NamesOf<'normalise'>];
}

function linear(result: Dims, inputs: readonly Dims[], op: Op): number {
  const elements = sizeOf(result);
  const bias = inputs.length > 2 ? elements : 0;
  if (op.name === 'Conv') return 2 * elements * sizeOf((inputs[1] ?? []).slice(1)) + bias;
  const inner = op.name === 'Gemm' && op.attrs.transA ? first(inputs)[0] : first(inputs).at(-1);
  return 2 * elements * (inner ?? bug('a product of scalars')) + bias;
}

function first(inputs: readonly Dims[]): Dims {
  return inputs[0] ?? bug('an operator without inputs has no input dims');
}
