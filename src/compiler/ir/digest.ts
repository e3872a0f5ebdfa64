// Digests of graphs: a Merkle hash per node, so that "equal up to layer 3" is one comparison. Names of values do not exist and so do
// not enter; input, weight and output names do.
import { bug } from '../base/bug.js';
import { type Digest, digest } from '../base/digest.js';
import type { Graph, Node } from './graph.js';

/** What a graph computes: operators, attributes, weights by their digest. */
export function graphDigest(graph: Graph): Digest {
  return digestOutputs('ir/graph', graph, nodeDigests(graph));
}

/** The same with weights erased to name and type: graphs of equal structure can share one backend session. */
export function structureDigest(graph: Graph): Digest {
  return digestOutputs('ir/structure', graph, digestsBy(graph, erasedAttributes));
}

/** For each node the digest of all it computes: operator, attributes, and its inputs' digests. */
export function nodeDigests(graph: Graph): readonly Digest[] {
  return digestsBy(graph, (node) => node.op.attrs);
}

function digestsBy(
  graph: Graph,
  attributes: (node: Node) => Node['op']['attrs'] | object,
): readonly Digest[] {
  const found: Digest[] = [];
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((i) => found[i] ?? bug(`value %${i} is used before it is defined`));
    found.push(digest('ir/node', [node.op.name, { ...attributes(node) }, inputs]));
  }
  return found;
}

function erasedAttributes({ op }: Node): object {
  return op.name === 'Weight' ? { name: op.attrs.name, type: op.attrs.type } : op.attrs;
}

function digestOutputs(domain: string, graph: Graph, digests: readonly Digest[]): Digest {
  return digest(
    domain,
    graph.outputs.map((o) => [o.name, digests[o.value] ?? bug(`no value %${o.value}`)]),
  );
}
