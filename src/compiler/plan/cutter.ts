// What calls of a part cost and hold: how many examples fit, into how many ranges the members are cut, where tails begin.
import { bug } from '../base/bug.js';
import { remembered } from '../base/remembered.js';
import { flopsOf } from '../ir/flops.js';
import type { Graph } from '../ir/graph.js';
import { memoryOf } from '../ir/memory.js';
import { type SymbolSizes, symbolsOf } from '../ir/symbols.js';
import { type MemberRange, type MemberSet, sizeOfSet } from './members.js';
import type { LengthBucket, RowLengths } from './row-lengths.js';
import type { ProgramPart } from './stage-program.js';
import { mergeTails, type TailGroup, type Tails, TailTable } from './tails.js';
import { weightBytesOf } from './weights.js';

export type PartitionRequest = {
  readonly lengths: RowLengths;
  /** What the intermediate values of one call may take. A single row and member may take more. */
  readonly memoryBytes: number;
  /** Most examples in a call; null: as many as fit. */
  readonly batch: number | null;
  readonly skip: readonly string[];
  /** How many calls a backend runs at the same time; 1 where absent. */
  readonly parallelRuns?: number;
};

export type Call = {
  /** Examples, by their place in the row set, ascending. */
  readonly rows: Int32Array;
  /** Which members of each context of the part. */
  readonly members: ReadonlyMap<number, MemberSet>;
  /** The first of the calls among which the members of these rows are divided. What is the same for all members is taken from it. */
  readonly isFirst: boolean;
  readonly sizes: SymbolSizes;
  readonly flops: number;
};
/** A call beyond this gains nothing in speed, and progress, interruption and parallel workers need several. */
const FLOPS_PER_CALL = 4e9;
/** Or, for large weights, so many times what reading them costs. */
const READS_PER_CALL = 32;
/** What starting a call costs (0.03 ms) and what reading its weights does (40 GB/s), at 100 GFLOP/s. Measured on two cores. */
const FLOPS_PER_CALL_START = 3e6;
const FLOPS_PER_WEIGHT_BYTE = 2.5;
/** Work is divided for the sake of idle workers while a call still takes so many times what it costs to make. */
const CALL_SHARE = 4;
/** One example with all its members may be this much; beyond it the members are cut, and what they share is computed again. */
const FLOPS_PER_EXAMPLE = 4e10;

/** What was counted of a graph, by its sizes. Graphs are cut more than once. */
type GraphFacts = {
  readonly symbols: readonly string[];
  readonly weightBytes: number;
  readonly flops: Map<string, number>;
  readonly bytes: Map<string, number>;
};
const factsOf = remembered(
  (graph: Graph): GraphFacts => ({
    symbols: symbolsOf(graph),
    weightBytes: weightBytesOf({ graph }),
    flops: new Map(),
    bytes: new Map(),
  }),
);

export class Cutter {
  readonly #part: ProgramPart;
  readonly #request: PartitionRequest;
  readonly #facts: GraphFacts;
  readonly tails: TailTable;
  /** What a call costs beside its FLOPs: the weights are read once. */
  readonly callFlops: number;
  peakBytes = 0;

  constructor(part: ProgramPart, request: PartitionRequest) {
    this.#part = part;
    this.#request = request;
    this.#facts = factsOf(part.graph);
    this.tails = new TailTable(part, request.lengths);
    this.callFlops = FLOPS_PER_CALL_START + FLOPS_PER_WEIGHT_BYTE * this.#facts.weightBytes;
  }

  get contexts(): ProgramPart['contexts'] {
    return this.#part.contexts;
  }

  cut(bucket: LengthBucket): readonly Call[] {
    const fewest = this.chunksOf(bucket) ?? this.#mostChunks();
    let best = this.#cutInto(bucket, fewest);
    // Where members begin to differ at different positions, fewer of them a call may be less work for each.
    for (const chunks of this.tails.tellMembersApart ? doublings(fewest, this.#mostChunks()) : []) {
      const other = this.#cutInto(bucket, chunks);
      if (this.costOf(other) < this.costOf(best)) best = other;
    }
    for (const call of best) this.peakBytes = Math.max(this.peakBytes, this.bytesAt(call.sizes));
    return best;
  }

  #cutInto(bucket: LengthBucket, chunks: number): readonly Call[] {
    const ranges = Array.from({ length: chunks }, (_, i) => this.#rangesOf(chunks, i));
    return ranges.flatMap((members, range) =>
      this.#tailGroups(bucket, members).flatMap(({ rows, tails }) => {
        return this.chunksOfRows(bucket, rows, members, tails).map(({ from, to }): Call => {
          const sizes = this.sizes(bucket, to - from, members, tails);
          const chunk = rows.subarray(from, to);
          return { rows: chunk, members, isFirst: range === 0, sizes, flops: this.flopsAt(sizes) };
        });
      }),
    );
  }

  /** Rows that begin to differ from the clean run at the same position; neighbours together where that costs less than a call. */
  #tailGroups(bucket: LengthBucket, members: ReadonlyMap<number, MemberSet>): readonly TailGroup[] {
    const groups = this.tails.groups(bucket, members, this.#request.skip.includes('bucket-rows'));
    const flops = ({ rows, tails }: TailGroup) =>
      this.flopsAt(this.sizes(bucket, rows.length, members, tails)) + this.callFlops;
    const merged: TailGroup[] = [];
    for (const group of groups) {
      const last = merged.at(-1);
      const together = last === undefined ? null : mergeTails(last, group);
      if (last !== undefined && together !== null && flops(together) <= flops(last) + flops(group))
        merged[merged.length - 1] = together;
      else merged.push(group);
    }
    return merged;
  }

  costOf(calls: readonly Call[]): number {
    return calls.reduce((sum, { flops }) => sum + flops + this.callFlops, 0);
  }

  /** Into how many ranges the members are cut so that one example fits; null where no cut of all contexts together does. */
  chunksOf(bucket: LengthBucket): number | null {
    const { skip, memoryBytes } = this.#request;
    const most = this.#mostChunks();
    if (skip.includes('batch-family')) return most;
    const all = this.tails.all(bucket);
    const bytesWith = (chunks: number) => this.bytesAt(this.sizes(bucket, 1, this.#rangesOf(chunks, 0), all));
    const largest = Math.max(FLOPS_PER_EXAMPLE, 2 * this.#mostFlops);
    let chunks = Math.min(most, Math.max(1, Math.ceil(this.#exampleFlops(bucket) / largest)));
    while (true) {
      const bytes = bytesWith(chunks);
      if (bytes <= memoryBytes) return chunks;
      // Members are not all of it: what they share does not shrink. So this may take a few steps.
      if (chunks === most) return null;
      chunks = Math.min(most, Math.max(chunks + 1, Math.ceil((chunks * bytes) / memoryBytes)));
    }
  }

  get #mostFlops(): number {
    return Math.max(FLOPS_PER_CALL, READS_PER_CALL * this.callFlops);
  }

  /** Of one example with all its members, as the rows of a bucket have it on average. */
  #exampleFlops(bucket: LengthBucket): number {
    const members = this.#rangesOf(1, 0);
    const groups = this.tails.groups(bucket, members, false);
    const flops = groups.map(
      ({ rows, tails }) => rows.length * this.flopsAt(this.sizes(bucket, 1, members, tails)),
    );
    return flops.reduce((sum, one) => sum + one, 0) / Math.max(1, bucket.rows.length);
  }

  /** The fewest members of a context: every call has at least one of each. */
  #mostChunks(): number {
    const { contexts } = this.#part;
    return contexts.length === 0 ? 1 : Math.min(...contexts.map((one) => one.members.members.length));
  }

  #rangesOf(chunks: number, at: number): ReadonlyMap<number, MemberSet> {
    return new Map(this.#part.contexts.map((one) => [one.id, share(one.members.members.length, chunks, at)]));
  }

  /** Rows cut into calls that keep all workers busy to the end, where that is worth the calls. */
  chunksOfRows(
    bucket: LengthBucket,
    rows: Int32Array,
    members: ReadonlyMap<number, MemberSet>,
    tails: Tails,
  ): readonly MemberRange[] {
    const fewest = Math.ceil(rows.length / this.examplesIn(bucket, rows, members, tails));
    const { parallelRuns = 1 } = this.#request;
    const even = parallelRuns * Math.ceil(fewest / parallelRuns);
    const flops = this.flopsAt(this.sizes(bucket, 1, members, tails)) * rows.length;
    return evenly(
      rows.length,
      even <= rows.length && flops > even * CALL_SHARE * this.callFlops ? even : fewest,
    );
  }

  /** As many examples as memory, the size of a call and the request allow. */
  examplesIn(
    bucket: LengthBucket,
    rows: Int32Array,
    members: ReadonlyMap<number, MemberSet>,
    tails: Tails,
  ): number {
    const { memoryBytes, batch, skip } = this.#request;
    if (skip.includes('bucket-rows')) return 1;
    const single = this.flopsAt(this.sizes(bucket, 1, members, tails));
    const fast = Math.max(1, Math.floor(this.#mostFlops / Math.max(1, single)));
    let most = Math.min(rows.length, batch ?? rows.length, fast);
    while (most > 1) {
      const bytes = this.bytesAt(this.sizes(bucket, most, members, tails));
      if (bytes <= memoryBytes) break;
      most = Math.max(1, Math.min(most - 1, Math.floor((most * memoryBytes) / bytes)));
    }
    return most;
  }

  sizes(
    bucket: LengthBucket,
    examples: number,
    members: ReadonlyMap<number, MemberSet>,
    tails: Tails,
  ): SymbolSizes {
    const sizes = new Map([...bucket.sizes, ...tails]);
    sizes.set('example', examples);
    for (const context of this.#part.contexts) {
      const count = sizeOfSet(members.get(context.id) ?? bug(`no members of context ${context.id}`));
      sizes.set(context.symbol, examples * count);
      sizes.set(`member:${context.id}`, count);
    }
    return sizes;
  }

  flopsAt(sizes: SymbolSizes): number {
    return this.#remembered(this.#facts.flops, sizes, () => flopsOf(this.#part.graph, sizes));
  }

  bytesAt(sizes: SymbolSizes): number {
    return this.#remembered(this.#facts.bytes, sizes, () => memoryOf(this.#part.graph, sizes).peakBytes);
  }

  #remembered(known: Map<string, number>, sizes: SymbolSizes, compute: () => number): number {
    const key = this.#facts.symbols
      .map((symbol) => sizes.get(symbol) ?? bug(`no size for the symbol ${symbol}`))
      .join();
    const value = known.get(key) ?? compute();
    known.set(key, value);
    return value;
  }
}

/** Numbers of chunks to try: twice as many each time, and at last one member a call. */
function doublings(from: number, most: number): readonly number[] {
  const found: number[] = [];
  for (let chunks = 2 * from; chunks < most; chunks *= 2) found.push(chunks);
  return from < most ? [...found, most] : [];
}

/** Range `at` of `chunks` nearly equal ones; the first is never smaller than another. */
function share(count: number, chunks: number, at: number): MemberRange {
  const small = Math.floor(count / chunks);
  const larger = count % chunks;
  const from = at * small + Math.min(at, larger);
  return { from, to: from + small + (at < larger ? 1 : 0) };
}

export function evenly(count: number, chunks: number): readonly MemberRange[] {
  return Array.from({ length: chunks }, (_, at) => share(count, chunks, at));
}
