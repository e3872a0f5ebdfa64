// Rebuilding a graph node by node through the builder, which shares equal values again.
import { bug } from '../base/bug.js';
import { type Graph, GraphBuilder, type Node, type ValueId } from '../ir/graph.js';

/** Builds a graph again. `visit` gets each node with its inputs already rebuilt and returns the value that replaces it. */
export function rewriteGraph(
  graph: Graph,
  visit: (builder: GraphBuilder, node: Node, inputs: readonly ValueId[]) => ValueId,
): Graph {
  const builder = new GraphBuilder();
  const rebuilt: ValueId[] = [];
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((i) => rebuilt[i] ?? bug(`value %${i} is used before it is defined`));
    rebuilt.push(visit(builder, node, inputs));
  }
  return builder.build(
    graph.outputs.map((o) => ({ name: o.name, value: rebuilt[o.value] ?? bug(`no value %${o.value}`) })),
  );
}
