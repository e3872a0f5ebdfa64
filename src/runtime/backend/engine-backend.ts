// A backend whose engine runs in worker threads: programs, sessions shared by all models that differ only in their weights, weights
// sent once, what it cost counted. The adapters (ort.ts, tfjs.ts) say how a graph becomes a program of their engine.
import { bug } from '../../compiler/base/bug.js';
import type { Graph } from '../../compiler/ir/graph.js';
import { bytesOfWeights } from '../../compiler/ir/memory.js';
import {
  type Backend,
  type BackendCounts,
  BackendFailure,
  type Capabilities,
  type CompileOptions,
  type Executable,
  type RunOptions,
  type RunResult,
} from './backend.js';
import { EnginePool, type PoolWeight } from './engine-pool.js';
import type { EngineProgram } from './engine-protocol.js';
import type { EngineFacts, ThreadSettings } from './engine-thread.js';
import { bindFeeds, flopCounter, totalBytes } from './feeds.js';
import type { HostTensor } from './host-tensor.js';
import { typeRefusal } from './type-refusal.js';

/** A graph as an engine takes it. Programs of equal key are equal; `wire` is how the program spells a name of the graph. */
export type WrittenProgram = {
  readonly program: EngineProgram;
  readonly key: string;
  readonly inputs: readonly { readonly name: string; readonly wire: string }[];
  /** Weights that each run is given; none when the program holds them. */
  readonly weights: readonly { readonly name: string; readonly wire: string; readonly digest: string }[];
  readonly outputs: readonly { readonly name: string; readonly wire: string }[];
};

export type EngineAdapter = {
  readonly settings: ThreadSettings;
  readonly workers: number;
  readonly capabilities: Capabilities;
  /** The text of `Backend.version` from what the engine says. */
  readonly versionText: (version: string) => string;
  /** Throws BackendFailure for a graph that the engine cannot run. */
  readonly write: (graph: Graph, options: CompileOptions) => WrittenProgram;
  /** Called when all workers have ended. */
  readonly dispose?: () => void;
};

/** Sessions that nothing uses now but that the next model of the same structure will: so many, with so many bytes of weights. */
const IDLE_SESSIONS = 8;
const IDLE_BYTES = 5e8;

/** Starts the first worker. Rejects with BackendFailure `not-available` when the engine or its device is not there. */
export async function openEngine(adapter: EngineAdapter): Promise<Backend> {
  const pool = new EnginePool(adapter.settings, adapter.workers);
  try {
    return new EngineBackend(adapter, pool, await pool.start());
  } catch (error) {
    await pool.close();
    throw error;
  }
}

type Session = { readonly key: string; users: number; readonly bytes: number };
type Counts = { runs: number; flops: number; bytes: number };

class EngineBackend implements Backend {
  readonly name: string;
  readonly version: string;
  readonly capabilities: Capabilities;
  readonly #adapter: EngineAdapter;
  readonly #pool: EnginePool;
  readonly #sessions = new Map<string, Session>();
  readonly #weightUsers = new Map<string, number>();
  readonly #givenKeys = new WeakMap<HostTensor, string>();
  readonly #counts: Counts = { runs: 0, flops: 0, bytes: 0 };
  #given = 0;

  constructor(adapter: EngineAdapter, pool: EnginePool, facts: EngineFacts) {
    const { capabilities, settings, versionText } = adapter;
    this.name = settings.backend;
    this.version = versionText(facts.version);
    const dtypes = capabilities.dtypes.filter((dtype) => !facts.lacks.includes(dtype));
    this.capabilities = { ...capabilities, dtypes };
    this.#adapter = adapter;
    this.#pool = pool;
  }

  async compile(graph: Graph, options: CompileOptions): Promise<Executable> {
    this.#refuseTypes(graph);
    const written = this.#adapter.write(graph, options);
    const { key, program } = written;
    const session = this.#sessions.get(key) ?? { key, users: 0, bytes: this.#bytesOf(graph, options) };
    this.#sessions.delete(key); // and put back last: the map is in order of use
    this.#sessions.set(key, session);
    session.users++;
    try {
      await this.#pool.compile(key, program);
    } catch (error) {
      session.users--;
      this.#sessions.delete(key);
      throw error;
    }
    return this.#executable(graph, options, written, session);
  }

  /** An element type that the engine or its device lacks is told before anything runs, with the operator that makes it. */
  #refuseTypes(graph: Graph): void {
    const text = typeRefusal(graph, this.capabilities.dtypes);
    if (text === undefined) return;
    throw new BackendFailure({
      kind: 'compile',
      backend: this.name,
      text,
      help: 'use the backend `ort:cpu`',
    });
  }

  counts(): BackendCounts {
    return { ...this.#counts, sessions: this.#sessions.size };
  }

  async dispose(): Promise<void> {
    await this.#pool.close();
    this.#adapter.dispose?.();
  }

  #executable(graph: Graph, options: CompileOptions, written: WrittenProgram, session: Session): Executable {
    const countFlops = flopCounter(graph);
    const own = this.#ownWeights(graph, written, options);
    const used = new Set<string>();
    let isOpen = true;
    const wireNames = new Map(written.outputs.map(({ name, wire }) => [wire, name]));

    const run = async (
      feeds: ReadonlyMap<string, HostTensor>,
      replaced: ReadonlyMap<string, HostTensor> = new Map(),
      { signal }: RunOptions = {},
    ): Promise<RunResult> => {
      if (!isOpen) return bug('run of a disposed executable');
      if (options.weights === 'constants' && replaced.size > 0)
        return bug('weights were compiled as constants');
      if (signal?.aborted === true) throw this.#aborted();
      const sizes = bindFeeds(graph, feeds);
      const weights = this.#replace(own, replaced);
      for (const { key } of weights) this.#use(key, used);
      const named = written.inputs.map(
        ({ name, wire }) => [wire, feeds.get(name) ?? bug(`no feed ${name}`)] as const,
      );
      const results = await this.#pool.run({
        session: session.key,
        program: written.program,
        feeds: named,
        weights,
        signal,
      });
      const outputs = new Map(
        results.map(([wire, t]) => [wireNames.get(wire) ?? bug(`unknown output ${wire}`), t]),
      );
      const flops = countFlops(sizes);
      const bytes = totalBytes(named.map(([, t]) => t)) + totalBytes(outputs.values());
      this.#counts.runs++;
      this.#counts.flops += flops;
      this.#counts.bytes += bytes;
      return { outputs, flops, bytes };
    };

    const dispose = () => {
      if (!isOpen) return;
      isOpen = false;
      for (const key of used) this.#unuse(key);
      session.users--;
      this.#releaseIdle();
    };
    return { run, dispose };
  }

  /** Read or drawn only when a worker lacks them, and held by nobody here. */
  #ownWeights(graph: Graph, written: WrittenProgram, options: CompileOptions): readonly OwnWeight[] {
    const types = new Map(
      graph.nodes.flatMap(({ op }) =>
        op.name === 'Weight' ? [[op.attrs.name, op.attrs.type] as const] : [],
      ),
    );
    return written.weights.map(({ name, wire, digest }) => {
      const { dtype, axes } = types.get(name) ?? bug(`no weight ${name}`);
      const shape = `${dtype}[${axes.map(({ size }) => size).join()}]`;
      // Equal bytes may be weights of different shape, so the shape is part of the key.
      return {
        weight: name,
        wire,
        shape,
        key: `${digest} ${shape}`,
        make: () => options.lookupWeight(digest),
      };
    });
  }

  #replace(own: readonly OwnWeight[], replaced: ReadonlyMap<string, HostTensor>): readonly PoolWeight[] {
    for (const name of replaced.keys())
      if (!own.some((w) => w.weight === name)) bug(`no weight \`${name}\` to replace`);
    return own.map(({ weight, wire, shape, key, make }) => {
      const given = replaced.get(weight);
      if (given === undefined) return { name: wire, key, make };
      const other = `${given.dtype}[${given.dims.join()}]`;
      if (other !== shape) return bug(`\`${weight}\` is ${shape} but was given ${other}`);
      return { name: wire, key: this.#keyOf(given), make: () => given };
    });
  }

  /** A replaced weight is known by the object that holds it, so that it too is sent once. */
  #keyOf(given: HostTensor): string {
    const key = this.#givenKeys.get(given) ?? `given ${this.#given++}`;
    this.#givenKeys.set(given, key);
    return key;
  }

  #use(key: string, used: Set<string>): void {
    if (used.has(key)) return;
    used.add(key);
    this.#weightUsers.set(key, (this.#weightUsers.get(key) ?? 0) + 1);
  }

  #unuse(key: string): void {
    const users = (this.#weightUsers.get(key) ?? 1) - 1;
    if (users > 0) this.#weightUsers.set(key, users);
    else {
      this.#weightUsers.delete(key);
      this.#pool.forgetWeight(key);
    }
  }

  #releaseIdle(): void {
    const latestFirst = [...this.#sessions.values()].filter((s) => s.users === 0).reverse();
    let bytes = 0;
    let kept = 0;
    for (const session of latestFirst) {
      if (kept < IDLE_SESSIONS && bytes + session.bytes <= IDLE_BYTES) {
        bytes += session.bytes;
        kept += 1;
        continue;
      }
      this.#sessions.delete(session.key);
      this.#pool.releaseSession(session.key);
    }
  }

  /** What the weights of a session may take: each worker arranges its own copy for the processor. */
  #bytesOf(graph: Graph, { weights }: CompileOptions): number {
    return weights === 'inputs' ? 0 : this.capabilities.parallelRuns * bytesOfWeights(graph);
  }

  #aborted(): BackendFailure {
    return new BackendFailure({ kind: 'aborted', backend: this.name, text: 'the run was stopped' });
  }
}

type OwnWeight = {
  readonly weight: string;
  readonly wire: string;
  readonly shape: string;
  readonly key: string;
  readonly make: () => HostTensor;
};
