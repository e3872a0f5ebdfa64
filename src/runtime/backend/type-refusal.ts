// An element type that an engine or its device lacks, told before anything runs, with the operator that makes it.
import type { Graph } from '../../compiler/ir/graph.js';
import { type DType, typeText } from '../../compiler/ir/tensor-type.js';

/** Why a graph cannot run where there are only these element types; undefined when it can. */
export function typeRefusal(graph: Graph, dtypes: readonly DType[]): string | undefined {
  const node = graph.nodes.find(({ type }) => !dtypes.includes(type.dtype));
  return node === undefined
    ? undefined
    : `the operator \`${node.op.name}\` makes ${typeText(node.type)}, and there is no element type ${node.type.dtype} here`;
}
