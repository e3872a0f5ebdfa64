// Computes what depends on small constants only. Shrinks the number of nodes that are run; weights are left to the backend.
import { evaluateOp } from '../ir/evaluate.js';
import type { GraphBuilder, Node, ValueId } from '../ir/graph.js';
import { dimsOf } from '../ir/symbols.js';
import { constantData, numbersOf, sizeOf, type Tensor, tensor } from '../ir/tensor.js';
import type { TensorType } from '../ir/tensor-type.js';
import type { Pass } from './pass.js';
import { rewriteGraph } from './rewrite.js';

/** A larger result is cheaper to compute again than to carry in the graph and its digests. */
const MAX_ELEMENTS = 1024;
const NO_SIZES: ReadonlyMap<string, number> = new Map();

export const foldConstants: Pass = {
  name: 'fold-constants',
  about: 'computes what depends on small constants only',
  run: (graph) =>
    rewriteGraph(
      graph,
      (builder, node, inputs) => fold(builder, node, inputs) ?? builder.add(node.op, ...inputs),
    ),
};

function fold(builder: GraphBuilder, { op, type }: Node, inputs: readonly ValueId[]): ValueId | undefined {
  if (inputs.length === 0 || op.name === 'Opaque' || !isStatic(type)) return undefined;
  const dims = dimsOf(type, NO_SIZES);
  if (sizeOf(dims) > MAX_ELEMENTS) return undefined;
  const tensors: Tensor[] = [];
  for (const input of inputs) {
    const source = builder.nodeOf(input);
    if (source.op.name !== 'Constant') return undefined;
    tensors.push(tensor(source.type.dtype, dimsOf(source.type, NO_SIZES), numbersOf(source.op.attrs.data)));
  }
  const result = evaluateOp(op, tensors, { dtype: type.dtype, dims });
  return builder.constant(type, constantData(result.data));
}

function isStatic(type: TensorType): boolean {
  return type.axes.every((a) => typeof a.size === 'number');
}
