// The main thread's side of one worker of an engine: starts it, pairs replies with requests, and tells what the worker holds.
import { Worker } from 'node:worker_threads';
import type { DType } from '../../compiler/ir/tensor-type.js';
import { BackendFailure, type BackendProblem } from './backend.js';
import { GATE, type WorkerReply, type WorkerRequest, type WorkerSettings } from './engine-protocol.js';

type Answer = Extract<WorkerReply, { id: number }>;
type Waiting = { readonly resolve: (answer: Answer) => void; readonly reject: (error: Error) => void };
type Asked = Extract<WorkerRequest, { id: number }>;
/** A request without its id, which the thread gives. */
export type Question = Asked extends infer R ? (R extends Asked ? Omit<R, 'id'> : never) : never;

/** What the engine says of itself once it is loaded. */
export type EngineFacts = { readonly version: string; readonly lacks: readonly DType[] };
/** Settings without the gate, which each thread makes for itself. */
export type ThreadSettings = WorkerSettings extends infer S
  ? S extends WorkerSettings
    ? Omit<S, 'gate'>
    : never
  : never;

/** A run that takes longer is cut off when the process ends. */
const LONGEST_RUN_MS = 30_000;

export class EngineThread {
  /** The sessions that this worker has or is creating, and the keys of the weights it has. */
  readonly sessions = new Map<string, Promise<void>>();
  readonly weights = new Set<string>();
  /** Runs given to this thread and not finished: counted by the pool, which decides by it. */
  assigned = 0;
  readonly ready: Promise<EngineFacts>;
  readonly #settings: WorkerSettings;
  readonly #answers = new Set<Promise<Answer>>();
  /** When the process ends with a run going on, that run is let to its end: see `GATE`. */
  readonly #onExit = () => {
    Atomics.store(this.#settings.gate, GATE.closing, 1);
    Atomics.wait(this.#settings.gate, GATE.busy, 1, LONGEST_RUN_MS);
  };
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;
  #dead: Error | undefined;

  constructor(settings: ThreadSettings, onEnd: (thread: EngineThread) => void) {
    this.#settings = { ...settings, gate: new Int32Array(new SharedArrayBuffer(8)) };
    this.#worker = startWorker(this.#settings);
    process.once('exit', this.#onExit);
    this.ready = new Promise((resolve, reject) => {
      this.#worker.on('message', (reply: WorkerReply) => {
        if (reply.kind === 'ready') {
          if (this.#waiting.size === 0) this.#worker.unref();
          resolve({ version: reply.version, lacks: reply.lacks });
        } else if (reply.kind === 'absent') reject(new BackendFailure(reply.problem));
        else this.#receive(reply);
      });
      this.#worker.on('error', (error) => this.#end(this.#failureOf(error), reject, onEnd));
      this.#worker.on('exit', (code) =>
        this.#end(this.#failure('run', `the worker thread ended (code ${code})`), reject, onEnd),
      );
    });
    this.ready.catch(() => {}); // reported to whoever awaits it or a request
  }

  ask(question: Question): Promise<Answer> {
    if (this.#dead !== undefined) return Promise.reject(this.#dead);
    const id = this.#nextId++;
    if (this.#waiting.size === 0) this.#worker.ref();
    const answer = new Promise<Answer>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    this.#answers.add(answer);
    const forget = () => this.#answers.delete(answer);
    answer.then(forget, forget);
    this.#worker.postMessage({ ...question, id });
    return answer;
  }

  tell(request: Exclude<WorkerRequest, { id: number }>): void {
    this.#worker.postMessage(request);
  }

  /** Lets the run that goes on end, answers those that wait with `aborted`, and ends the worker. */
  async stop(): Promise<void> {
    this.#dead ??= this.#failure('aborted', 'the backend was closed');
    Atomics.store(this.#settings.gate, GATE.closing, 1);
    await Promise.allSettled(this.#answers);
    await this.#worker.terminate();
  }

  #receive(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    // An idle worker must not keep the process alive.
    if (this.#waiting.size === 0) this.#worker.unref();
    waiting?.resolve(answer);
  }

  #end(error: Error, rejectReady: (error: Error) => void, onEnd: (thread: EngineThread) => void): void {
    process.removeListener('exit', this.#onExit);
    this.#dead ??= error;
    rejectReady(this.#dead);
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(this.#dead);
    onEnd(this);
  }

  #failureOf(error: Error & { readonly code?: unknown }): Error {
    if (error.message.startsWith('internal error')) return error;
    if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') return this.#failure('out-of-memory', error.message);
    // The only import of the worker that may be absent is the engine itself.
    const { needs } = this.#settings;
    const install = `install it with \`npm install ${needs}\``;
    if (error.code === 'ERR_MODULE_NOT_FOUND' || error.code === 'MODULE_NOT_FOUND') {
      return this.#failure('not-available', `the package \`${needs}\` is not installed`, install);
    }
    if (error.code === 'ERR_DLOPEN_FAILED') {
      return this.#failure('not-available', `\`${needs}\` does not load: ${error.message}`, install);
    }
    return this.#failure('run', error.message);
  }

  #failure(kind: BackendProblem['kind'], text: string, help?: string): BackendFailure {
    const problem = { kind, backend: this.#settings.backend, text };
    return new BackendFailure(help === undefined ? problem : { ...problem, help });
  }
}

// In a checkout the worker is TypeScript and needs the loader; a thread does not inherit it when the main program registered it
// by code, so the thread registers its own. In the package the worker is JavaScript beside this file.
function startWorker(settings: WorkerSettings): Worker {
  const isSource = import.meta.url.endsWith('.ts');
  const entry = new URL(`./${settings.engine}-worker.${isSource ? 'ts' : 'js'}`, import.meta.url);
  if (!isSource) return new Worker(entry, { workerData: settings, execArgv: [] });
  const loader = import.meta.resolve('tsx/esm/api');
  const code = `import(${JSON.stringify(loader)}).then((tsx) => { tsx.register(); return import(${JSON.stringify(entry.href)}); })`;
  return new Worker(code, { eval: true, workerData: settings, execArgv: [] });
}
