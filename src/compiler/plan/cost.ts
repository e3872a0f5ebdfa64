// What a stage's program costs, and what a plain loop would: for each written world a full forward pass with all logits per
// member and example, for each clean world one per example. Nothing is shared between the runs of such a loop.
import type { ModelValue } from '../check/value.js';
import { flopsOf } from '../ir/flops.js';
import { symbolsOf } from '../ir/symbols.js';
import { representativeSizes } from '../pass/pass.js';
import type { PartitionRequest } from './cutter.js';
import { sizeOfSet } from './members.js';
import { callsOf, type PartitionedPart, partition } from './partition.js';
import type { ProgramPart, StageProgram } from './stage-program.js';
import { weightBytesOf } from './weights.js';

export type Cost = {
  readonly calls: number;
  /** Rows through the graphs: members times examples. */
  readonly rows: number;
  /** Runs of models as a loop would make them. */
  readonly executions: number;
  readonly flops: number;
  readonly loopFlops: number;
  /** Of the largest call, without weights. */
  readonly peakBytes: number;
  readonly weightBytes: number;
};

export const NO_COST: Cost = {
  calls: 0,
  rows: 0,
  executions: 0,
  flops: 0,
  loopFlops: 0,
  peakBytes: 0,
  weightBytes: 0,
};

/** Costs of steps that run one after the other. */
export function addCosts(a: Cost, b: Cost): Cost {
  return {
    calls: a.calls + b.calls,
    rows: a.rows + b.rows,
    executions: a.executions + b.executions,
    flops: a.flops + b.flops,
    loopFlops: a.loopFlops + b.loopFlops,
    peakBytes: Math.max(a.peakBytes, b.peakBytes),
    weightBytes: Math.max(a.weightBytes, b.weightBytes),
  };
}

/** `times`: how often what is about a model will run, where the file was checked with one replicate for all. */
export type CostRequest = PartitionRequest & { readonly times: (model: ModelValue) => number };

export type ProgramCost = {
  readonly cost: Cost;
  readonly pieces: readonly (PartitionedPart & { readonly times: number })[];
};

export function costOf(program: StageProgram, request: CostRequest): ProgramCost {
  const pieces = program.parts.flatMap((part) => {
    const times = Math.max(1, ...modelsIn(part, program).map(request.times));
    return partition(part, request).map((piece) => ({ ...piece, times }));
  });
  const membersOf = (id: number) =>
    program.contexts.find((one) => one.id === id)?.members.members.length ?? 1;
  let executions = 0;
  let loopFlops = 0;
  const forward = new Map<string, number>();
  for (const { model, positions, context } of program.executions) {
    const members = (context === null ? 1 : membersOf(context)) * request.times(model);
    executions += members * request.lengths.rows;
    for (const [length, count] of lengthCounts(request, positions)) {
      const key = `${model.graph.digest} ${length}`;
      const flops = forward.get(key) ?? forwardFlops(model, length);
      forward.set(key, flops);
      loopFlops += members * count * flops;
    }
  }
  const cost: Cost = {
    calls: sum(pieces, (piece) => callsOf(piece).length * piece.times),
    rows: sum(pieces, (piece) => piece.times * sum(callsOf(piece), (call) => rowsIn(call))),
    executions,
    flops: sum(pieces, (piece) => piece.times * sum(callsOf(piece), (call) => call.flops)),
    loopFlops,
    peakBytes: Math.max(0, ...pieces.map((one) => one.peakBytes)),
    weightBytes: Math.max(0, ...pieces.map(({ part }) => weightBytesOf(part))),
  };
  return { cost, pieces };
}

/** Models whose weights the part reads. */
export function modelsIn(part: ProgramPart, program: StageProgram): readonly ModelValue[] {
  const digests = new Set(
    part.graph.nodes.flatMap(({ op }) => (op.name === 'Weight' ? [op.attrs.digest] : [])),
  );
  const models = new Map(program.executions.map(({ model }) => [model.id, model] as const));
  return [...models.values()].filter((model) =>
    model.graph.graph.nodes.some(({ op }) => op.name === 'Weight' && digests.has(op.attrs.digest)),
  );
}

/** One full run of the model on one example, all its outputs included. */
function forwardFlops(model: ModelValue, length: number): number {
  const { graph } = model.graph;
  const given = new Map(symbolsOf(graph).map((symbol) => [symbol, symbol === 'example' ? 1 : length]));
  return flopsOf(graph, representativeSizes(graph, given));
}

/** How many rows have each length. A run whose rows nothing reads any more is not counted. */
function lengthCounts({ lengths }: PartitionRequest, symbol: string): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const length of lengths.lengths.get(symbol) ?? []) counts.set(length, (counts.get(length) ?? 0) + 1);
  return counts;
}

function rowsIn({ rows, members }: PartitionedPart['calls'][number]): number {
  if (members.size === 0) return rows.length;
  return [...members.values()].reduce((total, set) => total + sizeOfSet(set) * rows.length, 0);
}

function sum<T>(list: readonly T[], value: (item: T) => number): number {
  return list.reduce((total, item) => total + value(item), 0);
}
