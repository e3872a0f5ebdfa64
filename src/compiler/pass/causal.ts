// Which values are constant above the diagonal of queries and keys: scores under a causal mask, and the pattern made of them.
import { bug } from '../base/bug.js';
import type { Graph, Node, ValueId } from '../ir/graph.js';
import { numbersOf } from '../ir/tensor.js';

/** `masked`: minus infinity (or so small that its exponential is 0) for later keys. `zero`: exactly zero there. */
export type Triangle = 'masked' | 'zero' | null;

export function isTriangular(triangle: Triangle | undefined): boolean {
  return triangle === 'zero';
}

/** Every family of a graph asks for the same. */
const known = new WeakMap<Graph, readonly Triangle[]>();

/** For each value; its last two axes are queries and keys where it is one. */
export function triangles(graph: Graph): readonly Triangle[] {
  const before = known.get(graph);
  if (before !== undefined) return before;
  const found: Triangle[] = [];
  for (const node of graph.nodes) found.push(triangleOf(node));
  known.set(graph, found);
  return found;

  function triangleOf({ op, inputs, type }: Node): Triangle {
    const at = (i: number): Triangle => found[inputs[i] ?? -1] ?? null;
    switch (op.name) {
      case 'Identity':
      case 'Rename':
        return at(0);
      case 'Gather':
        // Rows lifted or picked along an axis before the last two.
        return op.attrs.axis < type.axes.length - 2 ? at(0) : null;
      case 'Where':
        return maskedBy(inputs);
      case 'Softmax':
        return op.attrs.axis === type.axes.length - 1 && at(0) === 'masked' ? 'zero' : null;
      default:
        return null;
    }
  }

  function maskedBy([condition, a, b]: readonly ValueId[]): Triangle {
    if (condition === undefined || a === undefined || b === undefined) return null;
    const order = orderOf(graph, condition);
    if (order === 'later' && isFarBelow(graph, a)) return 'masked';
    return order === 'not later' && isFarBelow(graph, b) ? 'masked' : null;
  }
}

/** `later`: true wherever the key comes after the query. `not later`: true only where it does not. */
function orderOf(graph: Graph, id: ValueId): 'later' | 'not later' | null {
  const { op, inputs } = graph.nodes[id] ?? bug(`no value %${id}`);
  const [a, b] = inputs;
  if (a === undefined) return null;
  if (op.name === 'Unsqueeze' || op.name === 'Rename' || op.name === 'Identity' || op.name === 'Expand')
    return orderOf(graph, a);
  if (op.name === 'Not') {
    const inner = orderOf(graph, a);
    return inner === null ? null : inner === 'later' ? 'not later' : 'later';
  }
  if (b === undefined) return null;
  if (op.name === 'And') {
    // Narrowed further, as by a window: still true only where the key does not come later.
    return orderOf(graph, a) === 'not later' || orderOf(graph, b) === 'not later' ? 'not later' : null;
  }
  if (op.name === 'Or')
    return orderOf(graph, a) === 'later' || orderOf(graph, b) === 'later' ? 'later' : null;
  const [left, right] = [numberedAlong(graph, a), numberedAlong(graph, b)];
  const forward = left === 'query' && right === 'key';
  const backward = left === 'key' && right === 'query';
  switch (op.name) {
    case 'Less':
      return forward ? 'later' : backward ? 'not later' : null;
    case 'Greater':
      return backward ? 'later' : forward ? 'not later' : null;
    case 'LessOrEqual':
      return backward ? 'not later' : forward ? 'later' : null;
    case 'GreaterOrEqual':
      return forward ? 'not later' : backward ? 'later' : null;
    default:
      return null;
  }
}

/** 0, 1, … along the queries (second to last axis) or along the keys (last), with a unit axis in the place of the other. */
function numberedAlong(graph: Graph, id: ValueId): 'query' | 'key' | null {
  const { op, inputs, type } = graph.nodes[id] ?? bug(`no value %${id}`);
  const [data] = inputs;
  const source = data === undefined ? undefined : graph.nodes[data];
  if (op.name === 'Iota') return 'key'; // alone it broadcasts along the last axis
  if (op.name !== 'Unsqueeze' || source?.op.name !== 'Iota' || type.axes.length !== 2) return null;
  return op.attrs.at[0] === 1 ? 'query' : 'key';
}

function isFarBelow(graph: Graph, id: ValueId): boolean {
  const { op, inputs } = graph.nodes[id] ?? bug(`no value %${id}`);
  const [data] = inputs;
  if ((op.name === 'Unsqueeze' || op.name === 'Expand' || op.name === 'Identity') && data !== undefined)
    return isFarBelow(graph, data);
  return op.name === 'Constant' && Array.from(numbersOf(op.attrs.data)).every((value) => value < -1e30);
}
