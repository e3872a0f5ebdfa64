// The graph of a part as it is run: families side by side from where they meet, and the clean run's keys read in place. Inputs and
// outputs stay what they are.
import { remembered } from '../base/remembered.js';
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

/** By what is skipped: a part is cut more than once. */
const madeOf = remembered((_: Graph) => new Map<string, ProgramPart>());

export function arrangedPart(part: ProgramPart, skip: readonly string[]): ProgramPart {
  const made = madeOf(part.graph);
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
