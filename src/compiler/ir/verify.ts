// The invariants of a graph. Run after every pass; a violation is a bug of that pass.
import { bug } from '../base/bug.js';
import type { Graph } from './graph.js';
import { inferType } from './infer.js';
import { typeText } from './tensor-type.js';

/** Throws unless: inputs come before their uses, arity and types are those inferred, outputs exist and have distinct names, an input
 * name has one type, and a weight name has one digest. */
export function verifyGraph(graph: Graph): void {
  const inputs = new Map<string, string>();
  const weights = new Map<string, string>();
  for (const [id, node] of graph.nodes.entries()) {
    const inputTypes = node.inputs.map((i) => {
      const source = graph.nodes[i];
      if (source === undefined || i >= id)
        return bug(`%${id} ${node.op.name} reads %${i}, which is not before it`);
      return source.type;
    });
    const inferred = typeText(inferType(node.op, inputTypes));
    if (inferred !== typeText(node.type))
      bug(`%${id} ${node.op.name} is stored as ${typeText(node.type)} but inferred as ${inferred}`);
    if (node.op.name === 'Input') unique(inputs, 'input', node.op.attrs.name, `%${id}`);
    if (node.op.name === 'Weight') unique(weights, 'weight', node.op.attrs.name, node.op.attrs.digest);
  }
  const names = new Set<string>();
  for (const { name, value } of graph.outputs) {
    if (graph.nodes[value] === undefined) bug(`the output \`${name}\` is %${value}, which does not exist`);
    if (names.has(name)) bug(`two outputs are named \`${name}\``);
    names.add(name);
  }
}

function unique(known: Map<string, string>, what: string, name: string, identity: string): void {
  const other = known.get(name);
  if (other !== undefined && other !== identity)
    bug(`two values of the ${what} \`${name}\`: ${other} and ${identity}`);
  known.set(name, identity);
}
