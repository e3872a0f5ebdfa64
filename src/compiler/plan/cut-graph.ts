// Cuts a graph into what runs the model and what is computed from it, so that the values in between can be kept while what is
// computed from them changes. The cut lies before the last product with weights (the unembedding), which belongs to what is
// measured: passes narrow it to the columns that a metric reads.
import { bug } from '../base/bug.js';
import { flopsOfNodes } from '../ir/flops.js';
import { type Graph, type Node, pruneGraph, type ValueId } from '../ir/graph.js';
import { inputsOf, symbolsOf } from '../ir/symbols.js';

export type CutGraph = {
  readonly model: Graph;
  readonly rest: Graph;
  /** Outputs of `model` and inputs of `rest`. */
  readonly captured: readonly string[];
};

/** What every symbol is taken for where shares of work are compared: the size of a short prompt. */
const NOMINAL = 16;
/** The part that is computed anew may cost at most this share of the whole; else the last product stays with the model. */
const SHARE = 0.25;

/** Null where there is no such place: a graph without a model, or one whose rest cannot stand alone. */
export function cutGraph(graph: Graph): CutGraph | null {
  const facts = factsOf(graph);
  const flops = flopsOfNodes(graph, new Map(symbolsOf(graph).map((symbol) => [symbol, NOMINAL])));
  const total = flops.reduce((sum, one) => sum + one, 0);
  const early = ancestorsOf(graph, (id) => facts.isWeighted(id) && facts.isFollowed(id));
  const isAffordable = flops.reduce((sum, one, id) => sum + (early.has(id) ? 0 : one), 0) <= SHARE * total;
  const core = isAffordable && early.size > 0 ? early : ancestorsOf(graph, facts.isWeighted);
  if (core.size === 0) return null;
  const isCopied = (id: number): boolean => isSource(graph.nodes[id]);
  const crossing = new Set<number>();
  for (const [id, node] of graph.nodes.entries())
    if (!core.has(id)) for (const input of node.inputs) if (core.has(input)) crossing.add(input);
  for (const { value } of graph.outputs) if (core.has(value)) crossing.add(value);
  const places = [...crossing].filter((id) => !isCopied(id)).toSorted((a, b) => a - b);
  if (places.length === 0) return null;
  const names = new Map(places.map((id, i) => [id, `captured:${i}`] as const));
  const model = pruneGraph({
    nodes: graph.nodes,
    outputs: [...names].map(([id, name]) => ({ name, value: id as ValueId })), // a position in the list of nodes
  });
  const rest = pruneGraph({
    nodes: graph.nodes.map((node, id): Node => {
      const name = names.get(id);
      if (name === undefined) return node;
      return { op: { name: 'Input', attrs: { name, type: node.type } }, inputs: [], type: node.type };
    }),
    outputs: graph.outputs,
  });
  return bindsItsSymbols(rest) ? { model, rest, captured: [...names.values()] } : null;
}

/** Which values are products of weights and data, and whether another such product reads them. */
function factsOf({ nodes }: Graph) {
  const fromInput = new Uint8Array(nodes.length);
  const fromWeight = new Uint8Array(nodes.length);
  const weighted = new Uint8Array(nodes.length);
  for (const [id, { op, inputs }] of nodes.entries()) {
    const some = (flags: Uint8Array): boolean => inputs.some((one) => flags[one] === 1);
    fromInput[id] = op.name === 'Input' || some(fromInput) ? 1 : 0;
    fromWeight[id] = op.name === 'Weight' || some(fromWeight) ? 1 : 0;
    const bringsWeight = inputs.some((one) => fromWeight[one] === 1 && fromInput[one] === 0);
    weighted[id] = bringsWeight && fromInput[id] === 1 ? 1 : 0;
  }
  const followed = new Uint8Array(nodes.length);
  for (let id = nodes.length - 1; id >= 0; id--) {
    const reaches = weighted[id] === 1 || followed[id] === 1;
    for (const input of nodes[id]?.inputs ?? []) if (reaches) followed[input] = 1;
  }
  return {
    isWeighted: (id: number): boolean => weighted[id] === 1,
    isFollowed: (id: number): boolean => followed[id] === 1,
  };
}

/** The chosen values and all that they are computed from. */
function ancestorsOf({ nodes }: Graph, isChosen: (id: number) => boolean): ReadonlySet<number> {
  const found = new Set<number>();
  for (let id = nodes.length - 1; id >= 0; id--) {
    if (!found.has(id) && !isChosen(id)) continue;
    found.add(id);
    for (const input of nodes[id]?.inputs ?? bug('no such node')) found.add(input);
  }
  return found;
}

/** What both parts have for nothing. */
function isSource(node: Node | undefined): boolean {
  return node === undefined || node.inputs.length === 0;
}

/** Sizes are read from the inputs: a part that needs one which none of its inputs has cannot run alone. */
function bindsItsSymbols(graph: Graph): boolean {
  const bound = new Set(
    inputsOf(graph).flatMap(({ type }) =>
      type.axes.flatMap(({ size }) => (typeof size === 'string' ? [size] : [])),
    ),
  );
  return symbolsOf(graph).every((symbol) => bound.has(symbol));
}
