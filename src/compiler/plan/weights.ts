// Weights in a stage's graph. Several models may be in it, and two models may use one name for different weights.
import { bug } from '../base/bug.js';
import type { Graph, Node, Output } from '../ir/graph.js';
import { bytesOfWeights } from '../ir/memory.js';

/**
 * Outputs in groups that share no weights, in order of first output. Outputs that need no weights at all join the first
 * group. Integer weights are tables (indices, shapes), not parameters: models that share only those are apart.
 */
export function splitByWeights(graph: Graph): readonly (readonly Output[])[] {
  const leader = graph.nodes.map((_, id) => id);
  const find = (id: number): number => {
    let root = id;
    while (leader[root] !== root) root = leader[root] ?? bug(`no value %${root}`);
    leader[id] = root;
    return root;
  };
  const weighted: boolean[] = [];
  for (const [id, { op, inputs, type }] of graph.nodes.entries()) {
    const carriers = inputs.filter((input) => weighted[input] === true);
    weighted.push(carriers.length > 0 || (op.name === 'Weight' && isFloat(type.dtype)));
    for (const input of carriers) leader[find(input)] = id;
  }
  const groups = new Map<number, Output[]>();
  const weightless: Output[] = [];
  for (const output of graph.outputs) {
    if (weighted[output.value] !== true) {
      weightless.push(output);
      continue;
    }
    const root = find(output.value);
    const group = groups.get(root);
    if (group === undefined) groups.set(root, [output]);
    else group.push(output);
  }
  const [first, ...others] = [...groups.values()];
  if (first === undefined) return weightless.length === 0 ? [] : [weightless];
  return [[...first, ...weightless], ...others];
}

function isFloat(dtype: Node['type']['dtype']): boolean {
  return dtype === 'f32' || dtype === 'f64' || dtype === 'f16';
}

/** A name per weight: a second weight of one name becomes `NAME@2`, in the order of the graph. */
export function uniqueWeightNames(graph: Graph): Graph {
  const digests = new Map<string, string[]>();
  const nodes = graph.nodes.map((node): Node => {
    if (node.op.name !== 'Weight') return node;
    const { attrs } = node.op;
    const known = digests.get(attrs.name) ?? [];
    digests.set(attrs.name, known);
    if (!known.includes(attrs.digest)) known.push(attrs.digest);
    const at = known.indexOf(attrs.digest);
    if (at === 0) return node;
    return { ...node, op: { name: 'Weight', attrs: { ...attrs, name: `${attrs.name}@${at + 1}` } } };
  });
  return { nodes, outputs: graph.outputs };
}

/** Bytes of all weights that the graph of a part reads. */
export function weightBytesOf({ graph }: { readonly graph: Graph }): number {
  return bytesOfWeights(graph);
}
