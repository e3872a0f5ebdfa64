// The graph of a part as it is run: families side by side from where they meet, and the clean run's keys read in place. Inputs and
// outputs stay what they are.
import type { Graph } from '../ir/graph.js';
import { attendInPlace } from '../pass/attend-in-place.js';
import { stackRows } from '../pass/stack-rows.js';
import { describePart, type ProgramPart } from './stage-program.js';

type Arranged = {
  /** After `stack-rows`. */
  readonly stacked: Graph;
  /** And after `attend-in-place`. */
  readonly inPlace: Graph;
};

/** `skip` may name `stack-rows` and `attend-in-place`. */
export function arrangedGraph(graph: Graph, skip: readonly string[]): Arranged {
  const stacked = skip.includes('stack-rows') ? graph : stackRows(graph);
  return { stacked, inPlace: skip.includes('attend-in-place') ? stacked : attendInPlace(stacked) };
}

/** By graph, then by what is skipped: a part is cut more than once. */
const known = new WeakMap<Graph, Map<string, ProgramPart>>();

export function arrangedPart(part: ProgramPart, skip: readonly string[]): ProgramPart {
  const made = known.get(part.graph) ?? new Map<string, ProgramPart>();
  known.set(part.graph, made);
  const key = skip.filter((one) => one === 'stack-rows' || one === 'attend-in-place').join();
  const result = made.get(key) ?? arrange(part, skip);
  made.set(key, result);
  return result;
}

function arrange(part: ProgramPart, skip: readonly string[]): ProgramPart {
  const { inPlace: graph } = arrangedGraph(part.graph, skip);
  if (graph === part.graph) return part;
  return describePart({ ...part, graph, inputs: new Map(part.inputs.map((one) => [one.name, one])) });
}
