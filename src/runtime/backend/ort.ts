// The onnxruntime-node backend: graphs as ONNX bytes, sessions in worker threads, one session for all models that differ only
// in their weights. onnxruntime-node itself is imported only by the worker.
import { availableParallelism } from 'node:os';
import { bug } from '../../compiler/base/bug.js';
import { digestBytes } from '../../compiler/base/digest.js';
import type { Graph } from '../../compiler/ir/graph.js';
import { type WrittenModel, writeOnnx } from '../../compiler/onnx/write.js';
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
import { bindFeeds, flopCounter, totalBytes } from './feeds.js';
import { bytesOf, type HostTensor } from './host-tensor.js';
import { OrtPool, type PoolWeight } from './ort-pool.js';

/** `workers` run in parallel, each with `threads` threads. Two workers of one thread beat one of two (measured: 1.1 to 1.2). */
export type OrtOptions = { readonly workers?: number; readonly threads?: number };

/** Sessions that nothing uses now but that the next model of the same structure will. */
const IDLE_SESSIONS = 8;

/** Starts the first worker. Rejects with BackendFailure `not-available` when onnxruntime-node cannot be loaded. */
export async function openOrt(options: OrtOptions = {}): Promise<Backend> {
  const cores = availableParallelism();
  const workers = options.workers ?? Math.min(2, cores);
  const threads = options.threads ?? (workers > 1 ? 1 : Math.min(4, cores));
  const pool = new OrtPool({ backend: 'ort:cpu', provider: 'cpu', threads }, workers);
  const version = await pool.start();
  return new OrtBackend(pool, version, workers);
}

type Session = { readonly key: string; users: number };
type Counts = { runs: number; flops: number; bytes: number };

class OrtBackend implements Backend {
  readonly name = 'ort:cpu';
  readonly version: string;
  readonly capabilities: Capabilities;
  readonly #pool: OrtPool;
  readonly #sessions = new Map<string, Session>();
  readonly #weightUsers = new Map<string, number>();
  readonly #givenKeys = new WeakMap<HostTensor, string>();
  readonly #counts: Counts = { runs: 0, flops: 0, bytes: 0 };
  #given = 0;

  constructor(pool: OrtPool, version: string, workers: number) {
    this.#pool = pool;
    this.version = `onnxruntime-node ${version}`;
    this.capabilities = {
      dtypes: ['f32', 'f64', 'f16', 'i8', 'u8', 'i32', 'i64', 'bool'],
      parallelRuns: workers,
      deterministic: true,
    };
  }

  async compile(graph: Graph, options: CompileOptions): Promise<Executable> {
    const written = writeOnnx(
      graph,
      options.weights === 'inputs'
        ? { weights: 'inputs' }
        : { weights: 'constants', lookup: (digest) => bytesOf(options.lookupWeight(digest)) },
    );
    // The bytes hold the whole structure, and with weights as inputs nothing else.
    const key = digestBytes('onnx-session', written.bytes);
    const session = this.#sessions.get(key) ?? { key, users: 0 };
    this.#sessions.delete(key); // and put back last: the map is in order of use
    this.#sessions.set(key, session);
    session.users++;
    try {
      await this.#pool.compile(key, written.bytes);
    } catch (error) {
      session.users--;
      this.#sessions.delete(key);
      throw error;
    }
    return this.#executable(graph, options, written, session);
  }

  counts(): BackendCounts {
    return { ...this.#counts, sessions: this.#sessions.size };
  }

  dispose(): Promise<void> {
    return this.#pool.close();
  }

  #executable(graph: Graph, options: CompileOptions, written: WrittenModel, session: Session): Executable {
    const countFlops = flopCounter(graph);
    const own = options.weights === 'inputs' ? this.#ownWeights(written, options) : [];
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
        bytes: written.bytes,
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

  #ownWeights(written: WrittenModel, options: CompileOptions): readonly OwnWeight[] {
    return written.weights.map(({ name, wire, digest }) => ({
      weight: name,
      wire,
      ...keyed(digest, options.lookupWeight(digest)),
    }));
  }

  #replace(own: readonly OwnWeight[], replaced: ReadonlyMap<string, HostTensor>): readonly PoolWeight[] {
    for (const name of replaced.keys())
      if (!own.some((w) => w.weight === name)) bug(`no weight \`${name}\` to replace`);
    return own.map(({ weight, wire, key, tensor }) => {
      const given = replaced.get(weight);
      if (given === undefined) return { name: wire, key, tensor };
      if (given.dtype !== tensor.dtype || given.dims.join() !== tensor.dims.join()) {
        return bug(
          `\`${weight}\` is ${tensor.dtype}[${tensor.dims}] but was given ${given.dtype}[${given.dims}]`,
        );
      }
      return { name: wire, key: this.#keyOf(given), tensor: given };
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
    const idle = [...this.#sessions.values()].filter((s) => s.users === 0);
    for (const { key } of idle.slice(0, Math.max(0, idle.length - IDLE_SESSIONS))) {
      this.#sessions.delete(key);
      this.#pool.releaseSession(key);
    }
  }

  #aborted(): BackendFailure {
    return new BackendFailure({ kind: 'aborted', backend: this.name, text: 'the run was stopped' });
  }
}

type OwnWeight = {
  readonly weight: string;
  readonly wire: string;
  readonly key: string;
  readonly tensor: HostTensor;
};

/** Equal bytes may be weights of different shape, so the shape is part of the key. */
function keyed(digest: string, tensor: HostTensor): { readonly key: string; readonly tensor: HostTensor } {
  return { key: `${digest} ${tensor.dtype}[${tensor.dims.join()}]`, tensor };
}
