// Runs the program of a stage: compiles its parts, cuts the work into calls, runs those over the backend's workers, and puts
// the outputs together by index. What the store has is not computed again; what is computed is stored as it comes.
import { bug } from '../../compiler/base/bug.js';
import type { Digest } from '../../compiler/base/digest.js';
import { remembered } from '../../compiler/base/remembered.js';
import { modelsIn } from '../../compiler/plan/cost.js';
import type { Call } from '../../compiler/plan/cutter.js';
import { sizeOfSet } from '../../compiler/plan/members.js';
import { callsOf, type PartitionedPart, partition } from '../../compiler/plan/partition.js';
import type { ProgramPart, StageProgram } from '../../compiler/plan/stage-program.js';
import { anonymousGraph, listingDigest } from '../../compiler/plan/structure.js';
import { type Backend, BackendFailure, type Executable } from '../backend/backend.js';
import type { HostTensor } from '../backend/host-tensor.js';
import type { Store } from '../store/cas.js';
import { type CallOutputs, groupCalls, groupKey, readGroup, writeGroup } from './call-cache.js';
import { CapturedCalls } from './captured-calls.js';
import { countComputed } from './count-computed.js';
import type { Feed, FeedWorld } from './feed.js';
import { feedsOf } from './feeds.js';
import { type Limit, limitTo } from './limit.js';
import { lengthsOf } from './stage-lengths.js';
import { OutputCollector, type RaggedValues, type StageOutputs, type StageValues } from './stage-values.js';

export type ExecuteEnv = FeedWorld & {
  readonly backend: Backend;
  readonly lookupWeight: (digest: string) => HostTensor;
  /** For the intermediate values of all calls that run at the same time. */
  readonly memoryBytes: number;
  /** Most examples in a call; absent: as many as fit. */
  readonly batch?: number;
  readonly skip: readonly string[];
  readonly store: Store | null;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: StageProgress) => void;
};

/** `rows` and `flops` count what was computed, not what came from the store. */
export type StageProgress = {
  readonly doneCalls: number;
  readonly totalCalls: number;
  readonly cachedCalls: number;
  readonly rows: number;
  readonly flops: number;
};

/** `rows`, `executions` and `flops` are of what was computed: calls from the store add nothing to any of them. */
export type StageCounts = {
  readonly calls: number;
  readonly cachedCalls: number;
  /** Rows through the graph, members times examples. */
  readonly rows: number;
  /** Model runs as a loop would make them: distinct worlds times rows. */
  readonly executions: number;
  /** Counted by the backend. */
  readonly flops: number;
  /** Estimated for the largest call. */
  readonly peakBytes: number;
  /** Keys of the store that hold these results, for the collector of garbage. */
  readonly keys: readonly Digest[];
};

export type StageResult = StageOutputs & {
  readonly counts: StageCounts;
  /** Rows with a number that is not finite, by output; outputs without any are left out. */
  readonly notFinite: ReadonlyMap<string, number>;
};

export async function executeStage(program: StageProgram, env: ExecuteEnv): Promise<StageResult> {
  const pieces = partitionProgram(program, env);
  const run = new StageRun(program, pieces, env);
  return run.result();
}

/** The calls of a stage on these rows: what `executeStage` runs and what a plan counts. */
export function partitionProgram(program: StageProgram, env: ExecuteEnv): readonly PartitionedPart[] {
  const request = {
    lengths: lengthsOf(program, env),
    memoryBytes: env.memoryBytes / env.backend.capabilities.parallelRuns,
    batch: env.batch ?? null,
    skip: env.skip,
    parallelRuns: env.backend.capabilities.parallelRuns,
  };
  return program.parts.flatMap((part) => partition(part, request));
}

/** A part that is compiled when the first of its calls is not in the store. */
export type Compiled = {
  readonly part: ProgramPart;
  readonly graph: ReturnType<typeof anonymousGraph>;
  readonly digest: Digest;
  compiled: Promise<Executable> | null;
};
type Piece = Compiled & {
  readonly calls: readonly Call[];
  readonly peakBytes: number;
  readonly captured: PartitionedPart['captured'];
  readonly collectors: readonly OutputCollector[];
  readonly source: CapturedCalls | null;
};

class StageRun {
  readonly #program: StageProgram;
  readonly #env: ExecuteEnv;
  readonly #pieces: readonly Piece[];
  readonly #limit: Limit;
  readonly #stop = new AbortController();
  readonly #keys: Digest[] = [];
  readonly #computed = new Set<Call>();
  readonly #totalCalls: number;
  #doneCalls = 0;
  #cachedCalls = 0;
  #computedRows = 0;
  #flops = 0;

  constructor(program: StageProgram, pieces: readonly PartitionedPart[], env: ExecuteEnv) {
    this.#program = program;
    this.#env = env;
    this.#limit = limitTo(2 * env.backend.capabilities.parallelRuns); // one runs, the next is ready
    this.#totalCalls = pieces.reduce((sum, piece) => sum + callsOf(piece).length, 0);
    this.#pieces = pieces.map((piece) => {
      const collectors = piece.part.outputs.map(
        (output) => new OutputCollector(piece.part, output, env.rows.rows),
      );
      const { captured } = piece;
      const source =
        captured === null
          ? null
          : new CapturedCalls(
              toCompile(captured.part),
              captured,
              env,
              (shared, call, feeds) => this.#limit(() => this.#run(shared, call, feeds)),
              piece.calls,
            );
      return { ...piece, ...toCompile(piece.part), collectors, source };
    });
  }

  async result(): Promise<StageResult> {
    const { signal } = this.#env;
    const forward = () => this.#stop.abort(signal?.reason);
    if (signal?.aborted === true) forward();
    signal?.addEventListener('abort', forward);
    try {
      await this.#runAll();
    } finally {
      signal?.removeEventListener('abort', forward);
      for (const piece of this.#pieces) await release(piece);
    }
    return { ...this.#outputs(), counts: this.#counts(), notFinite: this.#notFinite() };
  }

  async #runAll(): Promise<void> {
    // Groups start one after the other and overlap, so that no worker waits for the end of a group.
    const groups = limitTo(2 * this.#env.backend.capabilities.parallelRuns);
    const work = this.#pieces.flatMap((piece) => groupCalls(piece.calls).map((calls) => ({ piece, calls })));
    const left = new Map(this.#pieces.map((piece) => [piece, 0]));
    for (const { piece } of work) left.set(piece, (left.get(piece) ?? 0) + 1);
    await allOrFirstFailure(
      work.map(({ piece, calls }) =>
        groups(async () => {
          try {
            await this.#group(piece, calls);
            const others = (left.get(piece) ?? 0) - 1;
            left.set(piece, others);
            if (others === 0) await release(piece); // sessions of large models are large
          } catch (error) {
            this.#stop.abort(); // the others end early; the first failure is the one to report
            throw error;
          }
        }),
      ),
    );
  }

  async #group(piece: Piece, calls: readonly Call[]): Promise<void> {
    const { store, backend } = this.#env;
    if (this.#stop.signal.aborted) throw abortedBy(backend.name);
    const prepared = calls.map((call) => {
      const captured = (output: string): Feed =>
        piece.source?.feed(call, output) ?? bug('nothing was captured');
      return { call, feeds: feedsOf(piece.part, call, this.#env, captured) };
    });
    const key = groupKey({
      graph: piece.digest,
      backend: `${backend.name} ${backend.version}`,
      namespace: store?.namespace,
      calls: prepared,
    });
    const known = store === null ? undefined : readGroup(store, key, piece.part, calls);
    if (known !== undefined) {
      for (const [i, call] of calls.entries()) this.#place(piece, call, known[i] ?? bug('no outputs'));
      this.#keys.push(key);
      const skipped = calls.length + (piece.source?.release(calls) ?? 0);
      this.#cachedCalls += skipped;
      this.#progress(skipped);
      return;
    }
    await piece.source?.ready(calls);
    const results = await allOrFirstFailure(
      prepared.map(({ call, feeds }) => this.#limit(() => this.#call(piece, call, feeds))),
    );
    if (store === null) return;
    writeGroup(store, key, piece.part, results);
    this.#keys.push(key);
  }

  async #call(piece: Piece, call: Call, feeds: readonly Feed[]): Promise<CallOutputs> {
    const result = await this.#run(piece, call, feeds);
    this.#place(piece, call, result);
    this.#computed.add(call);
    piece.source?.release([call]);
    return result;
  }

  async #run(piece: Compiled, call: Call, feeds: readonly Feed[]): Promise<CallOutputs> {
    piece.compiled ??= this.#compile(piece);
    const executable = await piece.compiled;
    if (this.#stop.signal.aborted) throw abortedBy(this.#env.backend.name);
    const named = piece.part.inputs.map(({ name }, i): readonly [string, HostTensor] => [
      piece.graph.inputs.get(name) ?? bug(`no input ${name}`),
      (feeds[i] ?? bug(`no feed for ${name}`)).make(),
    ]);
    const { outputs, flops } = await executable.run(new Map(named), undefined, { signal: this.#stop.signal });
    this.#flops += flops;
    this.#computedRows += rowsOf(call);
    this.#progress(1);
    return new Map(
      piece.part.outputs.map(({ name }) => {
        const short = piece.graph.outputs.get(name) ?? bug(`no output ${name}`);
        return [name, outputs.get(short) ?? bug(`no output ${name}`)] as const;
      }),
    );
  }

  #compile(piece: Compiled): Promise<Executable> {
    const { backend, lookupWeight } = this.#env;
    // Replicates come in numbers and differ in their weights alone.
    const isReplicate = modelsIn(piece.part, this.#program).some((one) => one.reinitialised !== null);
    const weights = isReplicate ? 'inputs' : 'constants';
    return backend.compile(piece.graph.graph, { weights, lookupWeight });
  }

  #place(piece: Piece, call: Call, outputs: CallOutputs): void {
    for (const collector of piece.collectors) {
      const { name } = collector.output;
      collector.place(call, outputs.get(name) ?? bug(`no output ${name}`));
    }
  }

  #progress(calls: number): void {
    this.#doneCalls += calls;
    this.#env.onProgress?.({
      doneCalls: this.#doneCalls,
      totalCalls: this.#totalCalls,
      cachedCalls: this.#cachedCalls,
      rows: this.#computedRows,
      flops: this.#flops,
    });
  }

  #outputs(): StageOutputs {
    const outputs = new Map<string, StageValues>();
    const ragged = new Map<string, RaggedValues>();
    for (const { collectors } of this.#pieces) {
      for (const collector of collectors) {
        const { name, context } = collector.output;
        const values = collector.values(context === null ? null : this.#membersOf(context));
        if (values.kind === 'dense') outputs.set(name, values);
        else ragged.set(name, values);
      }
    }
    return { outputs, ragged };
  }

  #membersOf(context: number): number {
    const found = this.#program.contexts.find((one) => one.id === context) ?? bug(`no context ${context}`);
    return found.members.members.length;
  }

  #notFinite(): ReadonlyMap<string, number> {
    const all = this.#pieces.flatMap(({ collectors }) => collectors);
    return new Map(
      all.flatMap((one) => (one.notFinite > 0 ? [[one.output.name, one.notFinite] as const] : [])),
    );
  }

  #counts(): StageCounts {
    return {
      calls: this.#totalCalls,
      cachedCalls: this.#cachedCalls,
      rows: this.#computedRows,
      executions: countComputed({
        program: this.#program,
        pieces: this.#pieces,
        rows: this.#env.rows.rows,
        membersOf: (id) => this.#membersOf(id),
        isComputed: (call) => this.#computed.has(call),
      }),
      flops: this.#flops,
      peakBytes: Math.max(0, ...this.#pieces.map((one) => one.peakBytes)),
      keys: this.#keys,
    };
  }
}

function toCompile(part: ProgramPart): Compiled {
  return { part, ...namelessOf(part), compiled: null };
}

/** What is compiled, and what identifies it. */
const namelessOf = remembered((part: ProgramPart) => {
  const graph = anonymousGraph(part.graph);
  return { graph, digest: listingDigest(graph.graph, 'with weights') };
});

/** Rows through the graph in one call. */
function rowsOf({ rows, members }: Call): number {
  if (members.size === 0) return rows.length;
  return [...members.values()].reduce((sum, set) => sum + sizeOfSet(set) * rows.length, 0);
}

/** Disposing once more does nothing. */
async function release({ compiled, source }: Piece): Promise<void> {
  await compiled?.then(disposeOf, alreadyReported);
  await source?.shared.compiled?.then(disposeOf, alreadyReported);
}

function disposeOf(executable: Executable): void {
  executable.dispose();
}

/** A graph that did not compile failed its first call, which is what the run rejects with. */
function alreadyReported(): void {}

function abortedBy(backend: string): BackendFailure {
  return new BackendFailure({ kind: 'aborted', backend, text: 'the run was stopped' });
}

/** Waits for all, so that nothing runs on after a failure; being stopped counts as one only where there is no other. */
async function allOrFirstFailure<T>(work: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(work);
  const failures = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
  if (failures.length > 0) throw failures.find((one) => !isAborted(one)) ?? failures[0];
  return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
}

function isAborted(error: unknown): boolean {
  return error instanceof BackendFailure && error.problem.kind === 'aborted';
}
