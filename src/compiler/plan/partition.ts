// Cuts the work of a part into calls: rows of equal length together, as many examples as fit with all their members, and only
// where one example is too much also the members. Deterministic, and every (row, member) is in exactly one call.
import { remembered } from '../base/remembered.js';
import { pruneGraph } from '../ir/graph.js';
import { arrangedPart } from './arranged.js';
import { byStart } from './by-start.js';
import { type Call, Cutter, type PartitionRequest } from './cutter.js';
import { bucketsOf, lengthSources } from './row-lengths.js';
import { describePart, type ProgramPart } from './stage-program.js';

/** What the partition may be told not to do; these names stand beside those of the passes. */
export const PARTITION_CHOICES = {
  'batch-family': 'runs the members of a family side by side; without it, one member a call',
  'bucket-rows': 'runs rows of equal length together; without it, one example a call',
  capture: 'runs what the members share once, and feeds it to the calls of the members',
  'stack-rows': 'computes families that are changed in different layers side by side from where they meet',
  'attend-in-place':
    'lets all members read the clean keys and values where they are, without a copy for each',
} as const;

export type PartitionedPart = {
  readonly part: ProgramPart;
  readonly calls: readonly Call[];
  /** The largest of the calls. */
  readonly peakBytes: number;
  /** What the calls read that is computed once for several of them; null: each computes all it needs. */
  readonly captured: Captured | null;
};

/** A part that computes inputs of another: `of` says, for each call of the other, which call makes its inputs. */
export type Captured = {
  readonly part: ProgramPart;
  readonly calls: readonly Call[];
  readonly of: readonly number[];
};

/** All calls of a piece, what they read first. */
export function callsOf({ calls, captured }: PartitionedPart): readonly Call[] {
  return captured === null ? calls : [...captured.calls, ...calls];
}

/** A part is cut more than once. */
const contextsApart = remembered(byContext);
const halvesOf = remembered(halves);

/** Usually one piece. Several where the contexts of a part do not fit into memory together. */
export function partition(part: ProgramPart, request: PartitionRequest): readonly PartitionedPart[] {
  const { skip } = request;
  const buckets = bucketsOf(request.lengths, [...lengthSources(part.inputs).keys()]);
  const alone = skip.includes('batch-family');
  const ready = alone ? part : arrangedPart(part, skip);
  const cutter = new Cutter(ready, request);
  if (part.contexts.length > 1 && (alone || buckets.some((bucket) => cutter.chunksOf(bucket) === null))) {
    const pieces = alone ? contextsApart(part) : halvesOf(part);
    if (pieces.length > 1) return pieces.flatMap((piece) => partition(piece, request));
  }
  const calls = buckets.flatMap((bucket) => cutter.cut(bucket));
  const whole: PartitionedPart = { part: ready, calls, peakBytes: cutter.peakBytes, captured: null };
  const mayCapture = !alone && !skip.includes('capture') && cutter.tails.tellMembersApart;
  const apart = mayCapture ? byStart(part, buckets, request) : null;
  const fits = (piece: PartitionedPart) => piece.peakBytes <= Math.max(request.memoryBytes, whole.peakBytes);
  return [apart !== null && apart.cost < cutter.costOf(calls) && fits(apart.piece) ? apart.piece : whole];
}

/** The part once per context, with the outputs of that context; outputs of no context make a piece of their own. */
function byContext(part: ProgramPart): readonly ProgramPart[] {
  return contextsOf(part).map((id) => pieceOf(part, new Set([id])));
}

/** The part with half of its contexts, and with the others: neighbours share the most. */
function halves(part: ProgramPart): readonly ProgramPart[] {
  const ids = contextsOf(part);
  const middle = Math.ceil(ids.length / 2);
  return [ids.slice(0, middle), ids.slice(middle)].flatMap((half) =>
    half.length === 0 ? [] : [pieceOf(part, new Set(half))],
  );
}

function contextsOf(part: ProgramPart): readonly (number | null)[] {
  return [...new Set(part.outputs.map((one) => one.context))];
}

function pieceOf(part: ProgramPart, ids: ReadonlySet<number | null>): ProgramPart {
  const outputs = part.outputs.filter((one) => ids.has(one.context));
  const names = new Set(outputs.map((one) => one.name));
  const graph = pruneGraph({
    nodes: part.graph.nodes,
    outputs: part.graph.outputs.filter((one) => names.has(one.name)),
  });
  return describePart({
    graph,
    outputs,
    records: part.records,
    inputs: new Map(part.inputs.map((one) => [one.name, one])),
    contexts: part.contexts,
    tails: part.tails,
  });
}
