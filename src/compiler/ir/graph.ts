// The tensor graph: single assignment, topologically ordered, hash-consed. Values are equal exactly if their ids are.
// Nodes enter only through the builder, which checks arity and infers the type.
import { bug } from '../base/bug.js';
import { canonical } from '../base/canonical.js';
import { inferType } from './infer.js';
import type { ConstantData, Op, OpAttrs } from './op.js';
import type { Axis, TensorType } from './tensor-type.js';

export type ValueId = number & { readonly brand: 'ValueId' };
export type Node = { readonly op: Op; readonly inputs: readonly ValueId[]; readonly type: TensorType };
export type Output = { readonly name: string; readonly value: ValueId };
export type Graph = { readonly nodes: readonly Node[]; readonly outputs: readonly Output[] };

export class GraphBuilder {
  readonly #nodes: Node[] = [];
  readonly #byKey = new Map<string, ValueId>();
  /** A number for each canonical form of attributes: keys of nodes stay short. Replays bring the same objects again and again. */
  readonly #numbers = new WeakMap<Op['attrs'], number>();
  readonly #byText = new Map<string, number>();

  /** Adds a node, or returns the existing one when an equal node is already present (hash-consing). */
  add(op: Op, ...inputs: readonly ValueId[]): ValueId {
    const key = `${op.name} ${inputs.join(' ')} ${this.#numberOf(op.attrs)}`;
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const type = inferType(
      op,
      inputs.map((i) => this.typeOf(i)),
    );
    // A node's position in the list is its identity; the brand is given here and nowhere else.
    const id = this.#nodes.length as ValueId;
    this.#nodes.push({ op, inputs, type });
    this.#byKey.set(key, id);
    return id;
  }

  #numberOf(attrs: Op['attrs']): number {
    const known = this.#numbers.get(attrs);
    if (known !== undefined) return known;
    const text = canonical(attrs);
    const number = this.#byText.get(text) ?? this.#byText.size;
    this.#byText.set(text, number);
    this.#numbers.set(attrs, number);
    return number;
  }

  input(name: string, type: TensorType): ValueId {
    return this.add({ name: 'Input', attrs: { name, type } });
  }

  weight(attrs: OpAttrs['Weight']): ValueId {
    return this.add({ name: 'Weight', attrs });
  }

  constant(type: TensorType, data: ConstantData): ValueId {
    return this.add({ name: 'Constant', attrs: { type, data } });
  }

  nodeOf(id: ValueId): Node {
    return this.#nodes[id] ?? bug(`no value %${id}`);
  }

  typeOf(id: ValueId): TensorType {
    return this.nodeOf(id).type;
  }

  axesOf(id: ValueId): readonly Axis[] {
    return this.typeOf(id).axes;
  }

  get size(): number {
    return this.#nodes.length;
  }

  /** The graph of the given outputs: only what they need, renumbered in order. */
  build(outputs: readonly Output[]): Graph {
    return pruneGraph({ nodes: this.#nodes, outputs });
  }
}

/** Drops every node that no output needs. Keeps the order of the rest. */
export function pruneGraph(graph: Graph): Graph {
  const needed = new Uint8Array(graph.nodes.length);
  for (const { value } of graph.outputs) needed[value] = 1;
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    if (needed[i] === 1) for (const input of graph.nodes[i]?.inputs ?? []) needed[input] = 1;
  }
  const renumbered: ValueId[] = [];
  const nodes: Node[] = [];
  for (const [i, node] of graph.nodes.entries()) {
    if (needed[i] !== 1) continue;
    renumbered[i] = nodes.length as ValueId; // position is identity, see `add`
    nodes.push({ ...node, inputs: node.inputs.map((v) => at(renumbered, v)) });
  }
  return { nodes, outputs: graph.outputs.map((o) => ({ name: o.name, value: at(renumbered, o.value) })) };
}

function at(list: readonly ValueId[], index: number): ValueId {
  return list[index] ?? bug(`value %${index} is used before it is defined`);
}
