// What the members of a family share, cut off from what is their own: the shared values become inputs of the rest, so that they are
// computed once however many calls the members are divided into.
import { bug } from '../base/bug.js';
import type { StageInput } from '../check/stage.js';
import { symbolsOfDim } from '../ir/dim.js';
import { type Graph, GraphBuilder, type ValueId } from '../ir/graph.js';
import { describePart, type ProgramOutput, type ProgramPart } from './stage-program.js';

export type SplitPart = { readonly shared: ProgramPart; readonly own: ProgramPart };

/** Null where members share nothing that is worth it. */
export function splitShared(part: ProgramPart): SplitPart | null {
  const { graph } = part;
  const own = ofMembers(graph);
  const perExample = dependsOnExamples(graph);
  const captured = new Set<ValueId>();
  for (const [id, { inputs }] of graph.nodes.entries()) {
    if (own[id] !== 1) continue;
    for (const input of inputs) if (isCaptured(input)) captured.add(input);
  }
  for (const { value } of graph.outputs) if (isCaptured(value)) captured.add(value);
  if (captured.size === 0) return null;
  const names = new Map([...captured].sort((a, b) => a - b).map((id, i) => [id, `captured:${i}`] as const));
  return { shared: sharedPart(part, names), own: ownPart(part, names) };

  /** Computed per example by some operator: inputs and weights are as near to one part as to the other. */
  function isCaptured(id: ValueId): boolean {
    return own[id] !== 1 && perExample[id] === 1 && graph.nodes[id]?.op.name !== 'Input';
  }
}

/** 1 for each value that is of rows of a family, or cut where their tails begin. */
function ofMembers(graph: Graph): Uint8Array {
  const found = new Uint8Array(graph.nodes.length);
  for (const [id, { inputs, type }] of graph.nodes.entries()) {
    const symbols = type.axes.flatMap(({ size }) => symbolsOfDim(size));
    const isOwn = symbols.some((one) => /^(row|member|dirty):\d+$/.test(one));
    if (isOwn || inputs.some((input) => found[input] === 1)) found[id] = 1;
  }
  return found;
}

/** 1 for each value that depends on an input: weights and what is made of them alone are constants of either part. */
function dependsOnExamples(graph: Graph): Uint8Array {
  const found = new Uint8Array(graph.nodes.length);
  for (const [id, { op, inputs }] of graph.nodes.entries())
    if (op.name === 'Input' || inputs.some((input) => found[input] === 1)) found[id] = 1;
  return found;
}

function sharedPart(part: ProgramPart, names: ReadonlyMap<ValueId, string>): ProgramPart {
  const builder = new GraphBuilder();
  const rebuilt = rebuild(part.graph, builder, new Map());
  const graph = builder.build(
    [...names].map(([id, name]) => ({ name, value: rebuilt[id] ?? bug(`no value %${id}`) })),
  );
  const outputs = graph.outputs.map(({ name, value }): ProgramOutput => {
    const { type } = graph.nodes[value] ?? bug(`no value %${value}`);
    return { name, context: null, purpose: { kind: 'captured' }, type };
  });
  return describePart({ ...part, graph, outputs, inputs: byName(part.inputs) });
}

function ownPart(part: ProgramPart, names: ReadonlyMap<ValueId, string>): ProgramPart {
  const builder = new GraphBuilder();
  const inputs: StageInput[] = [];
  const replaced = new Map<ValueId, ValueId>();
  for (const [id, name] of names) {
    const { type } = part.graph.nodes[id] ?? bug(`no value %${id}`);
    inputs.push({ name, type, spec: { kind: 'captured', output: name } });
    replaced.set(id, builder.input(name, type));
  }
  const rebuilt = rebuild(part.graph, builder, replaced);
  const graph = builder.build(
    part.graph.outputs.map(({ name, value }) => {
      const found = rebuilt[value] ?? bug(`no value %${value}`);
      // An output that is shared is handed through: no graph has an input for an output.
      return { name, value: names.has(value) ? builder.add({ name: 'Identity', attrs: {} }, found) : found };
    }),
  );
  return describePart({ ...part, graph, inputs: byName([...part.inputs, ...inputs]) });
}

function rebuild(
  graph: Graph,
  builder: GraphBuilder,
  replaced: ReadonlyMap<ValueId, ValueId>,
): readonly ValueId[] {
  const rebuilt: ValueId[] = [];
  for (const [id, { op, inputs }] of graph.nodes.entries()) {
    const known = replaced.get(id as ValueId); // a node's place is its value
    rebuilt.push(
      known ?? builder.add(op, ...inputs.map((input) => rebuilt[input] ?? bug(`no value %${input}`))),
    );
  }
  return rebuilt;
}

function byName(inputs: readonly StageInput[]): ReadonlyMap<string, StageInput> {
  return new Map(inputs.map((one) => [one.name, one]));
}
