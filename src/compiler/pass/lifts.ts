// Values of examples that are seen from the rows of a family, and what only lays values out otherwise.
import { bug } from '../base/bug.js';
import type { Graph, Node, ValueId } from '../ir/graph.js';

/** Gather(x, example of row) along axis 0. */
export function isLift(graph: Graph, { op, inputs, type }: Node): boolean {
  const [data, index] = inputs;
  if (op.name !== 'Gather' || op.attrs.axis !== 0 || data === undefined || index === undefined) return false;
  const from = graph.nodes[data]?.type.axes[0];
  return (
    from?.name === 'example' && type.axes[0]?.name === 'example' && graph.nodes[index]?.type.axes.length === 1
  );
}

/** The value behind what only lays values out otherwise or lifts them to rows. */
export function rootIdOf(graph: Graph, from: ValueId): ValueId {
  let id = from;
  while (true) {
    const node = graph.nodes[id] ?? bug(`no value %${id}`);
    const [first] = node.inputs;
    const passes =
      ['Unsqueeze', 'Squeeze', 'Rename', 'Expand', 'Identity', 'Transpose'].includes(node.op.name) ||
      isLift(graph, node);
    if (!passes || first === undefined) return id;
    id = first;
  }
}

export function rootOf(graph: Graph, id: ValueId): Node {
  return graph.nodes[rootIdOf(graph, id)] ?? bug(`no value %${id}`);
}
