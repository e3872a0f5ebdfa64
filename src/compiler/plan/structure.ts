// A graph without the names of its inputs, outputs and weights. Stages of replicated models differ in those names and in the
// weights' content alone; without them they are one structure and can share a backend session.
import { canonical } from '../base/canonical.js';
import { type Digest, digest } from '../base/digest.js';
import type { Graph, Node } from '../ir/graph.js';

export type AnonymousGraph = {
  readonly graph: Graph;
  /** Name in the anonymous graph, by name in the original. */
  readonly inputs: ReadonlyMap<string, string>;
  readonly outputs: ReadonlyMap<string, string>;
};

/** Inputs `i0`, weights `w0`, outputs `o0`, … in the order of the graph. */
export function anonymousGraph(graph: Graph): AnonymousGraph {
  const inputs = new Map<string, string>();
  const weights = new Map<string, string>();
  const nodes = graph.nodes.map((node): Node => {
    if (node.op.name === 'Input') {
      const name = numbered(inputs, node.op.attrs.name, 'i');
      return { ...node, op: { name: 'Input', attrs: { ...node.op.attrs, name } } };
    }
    if (node.op.name === 'Weight') {
      const name = numbered(weights, node.op.attrs.name, 'w');
      return { ...node, op: { name: 'Weight', attrs: { ...node.op.attrs, name } } };
    }
    return node;
  });
  const outputs = new Map(graph.outputs.map(({ name }, i) => [name, `o${i}`]));
  return {
    graph: { nodes, outputs: graph.outputs.map(({ value }, i) => ({ name: `o${i}`, value })) },
    inputs,
    outputs,
  };
}

function numbered(known: Map<string, string>, name: string, letter: string): string {
  const short = known.get(name) ?? `${letter}${known.size}`;
  known.set(name, short);
  return short;
}

export function anonymousStructure(graph: Graph): Digest {
  return listingDigest(anonymousGraph(graph).graph, 'without weights');
}

/**
 * Digest of a graph as it is listed, node by node: one hash instead of one per node, for graphs that are compared whole.
 * Without weights, only their names and types count.
 */
export function listingDigest(graph: Graph, weights: 'with weights' | 'without weights'): Digest {
  const lines = graph.nodes.map(({ op, inputs }) => {
    const erased = op.name === 'Weight' && weights === 'without weights';
    const attrs = erased ? { name: op.attrs.name, type: op.attrs.type } : op.attrs;
    return `${op.name} ${inputs.join(' ')} ${canonical(attrs)}`;
  });
  const outputs = graph.outputs.map(({ name, value }) => `${name} ${value}`);
  return digest(`plan/listing ${weights}`, [...lines, '', ...outputs]);
}
