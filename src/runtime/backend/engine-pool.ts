// Spreads runs over a few worker threads of one engine. Each worker has its own sessions and its own copy of the weights; which one runs
// a request cannot be told from the result.

import { bug } from '../../compiler/base/bug.js';
import { BackendFailure } from './backend.js';
import { LetGo } from './collect-garbage.js';
import type { EngineProgram, NamedTensor } from './engine-protocol.js';
import { type EngineFacts, EngineThread, type ThreadSettings } from './engine-thread.js';
import { type HostTensor, sharedCopy } from './host-tensor.js';

/** `make` is called when a worker has no copy of its own yet. */
export type PoolWeight = { readonly name: string; readonly key: string; readonly make: () => HostTensor };
export type PoolRun = {
  readonly session: string;
  readonly program: EngineProgram;
  readonly feeds: readonly NamedTensor[];
  readonly weights: readonly PoolWeight[];
  readonly signal: AbortSignal | undefined;
};
type Queued = {
  readonly run: PoolRun;
  readonly resolve: (outputs: readonly NamedTensor[]) => void;
  readonly reject: (error: unknown) => void;
};

/** A second request waits in the worker, so that it never idles between two; more would only delay an abort. */
const IN_FLIGHT = 2;

export class EnginePool {
  readonly #settings: ThreadSettings;
  readonly #limit: number;
  readonly #threads: EngineThread[] = [];
  readonly #queue: Queued[] = [];
  readonly #shared = new Map<string, HostTensor>();
  readonly #bytes = new Map<string, number>();
  readonly #letGo = new LetGo();
  #closed = false;

  constructor(settings: ThreadSettings, limit: number) {
    this.#settings = settings;
    this.#limit = limit;
  }

  /** Starts the first worker and gives what the engine says of itself; rejects with `not-available` when it cannot be loaded. */
  start(): Promise<EngineFacts> {
    return this.#thread(0).ready;
  }

  /** Creates the session on one worker, so that a graph which does not compile is known at once. */
  compile(session: string, program: EngineProgram): Promise<void> {
    const thread = this.#threads.find((t) => t.sessions.has(session)) ?? this.#thread(0);
    return this.#compileOn(thread, session, program);
  }

  run(run: PoolRun): Promise<readonly NamedTensor[]> {
    if (this.#closed) return bug('run on a closed backend');
    return new Promise((resolve, reject) => {
      this.#queue.push({ run, resolve, reject });
      this.#pump();
    });
  }

  releaseSession(session: string): void {
    for (const thread of this.#threads) {
      if (thread.sessions.delete(session)) thread.tell({ kind: 'release', session });
    }
  }

  forgetWeight(key: string): void {
    const bytes = this.#bytes.get(key) ?? 0;
    this.#letGoShared(key);
    this.#bytes.delete(key);
    for (const thread of this.#threads)
      if (thread.weights.delete(key)) thread.tell({ kind: 'forget', key, bytes });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const error = this.#aborted('the backend was closed');
    for (const { reject } of this.#queue.splice(0)) reject(error);
    await Promise.all(this.#threads.splice(0).map((thread) => thread.stop()));
  }

  #pump(): void {
    while (this.#queue.length > 0) {
      const thread = this.#freeThread();
      if (thread === undefined) return;
      const next = this.#queue.shift();
      if (next === undefined) return;
      if (next.run.signal?.aborted === true) next.reject(this.#aborted('the run was stopped'));
      else this.#dispatch(thread, next);
    }
  }

  /** An idle worker, then a new one while the limit allows, then the least busy. */
  #freeThread(): EngineThread | undefined {
    const [best] = this.#threads.toSorted((a, b) => a.assigned - b.assigned);
    if (best?.assigned === 0) return best;
    if (this.#threads.length < this.#limit) return this.#thread(this.#threads.length);
    return best !== undefined && best.assigned < IN_FLIGHT ? best : undefined;
  }

  #dispatch(thread: EngineThread, { run, resolve, reject }: Queued): void {
    thread.assigned++;
    this.#runOn(thread, run)
      .then(resolve, reject)
      .finally(() => {
        thread.assigned--;
        if (!this.#closed) this.#pump();
      });
  }

  async #runOn(thread: EngineThread, run: PoolRun): Promise<readonly NamedTensor[]> {
    const { session, program } = run;
    await this.#compileOn(thread, session, program);
    // Messages arrive in the order sent: the weights are there before the run that needs them.
    for (const weight of run.weights) this.#sendWeight(thread, weight);
    const weights = run.weights.map(({ name, key }) => [name, key] as const);
    const answer = await thread.ask({ kind: 'run', session, feeds: run.feeds.map(compact), weights });
    if (answer.kind === 'failed') throw new BackendFailure(answer.problem);
    return answer.kind === 'ran' ? answer.outputs : bug(`a run was answered with ${answer.kind}`);
  }

  #compileOn(thread: EngineThread, session: string, program: EngineProgram): Promise<void> {
    const known = thread.sessions.get(session);
    if (known !== undefined) return known;
    const compiled = thread.ask({ kind: 'compile', session, program }).then((answer) => {
      if (answer.kind !== 'failed') return;
      thread.sessions.delete(session);
      throw new BackendFailure(answer.problem);
    });
    thread.sessions.set(session, compiled);
    return compiled;
  }

  #sendWeight(thread: EngineThread, { key, make }: PoolWeight): void {
    if (thread.weights.has(key)) return;
    const shared = this.#shared.get(key) ?? sharedCopy(make());
    this.#shared.set(key, shared);
    this.#bytes.set(key, shared.data.byteLength);
    thread.tell({ kind: 'weight', key, tensor: shared });
    thread.weights.add(key);
    const everyone = this.#threads.length === this.#limit && this.#threads.every((t) => t.weights.has(key));
    if (everyone) this.#letGoShared(key); // each has its own copy now
  }

  #letGoShared(key: string): void {
    if (this.#shared.delete(key)) this.#letGo.add(this.#bytes.get(key) ?? 0);
  }

  #thread(index: number): EngineThread {
    const known = this.#threads[index];
    if (known !== undefined) return known;
    const thread = new EngineThread(this.#settings, (ended) => {
      const at = this.#threads.indexOf(ended);
      if (at >= 0) this.#threads.splice(at, 1);
    });
    this.#threads.push(thread);
    return thread;
  }

  #aborted(text: string): BackendFailure {
    return new BackendFailure({ kind: 'aborted', backend: this.#settings.backend, text });
  }
}

/** Posting copies the whole buffer under a view: a small view of a large buffer is cut out first. */
function compact([name, tensor]: NamedTensor): NamedTensor {
  const isWhole = tensor.data.byteLength === tensor.data.buffer.byteLength;
  return isWhole ? [name, tensor] : [name, { ...tensor, data: tensor.data.slice() }];
}
