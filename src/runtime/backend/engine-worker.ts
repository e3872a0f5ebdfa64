// The worker thread's loop, whatever the engine: requests are taken in order, replies carry the request's id, and what an engine
// throws becomes a problem.
import { parentPort, workerData } from 'node:worker_threads';
import { bug } from '../../compiler/base/bug.js';
import { BackendFailure, type BackendProblem } from './backend.js';
import { LetGo } from './collect-garbage.js';
import {
  type EngineProgram,
  GATE,
  type NamedTensor,
  type WorkerReply,
  type WorkerRequest,
  type WorkerSettings,
} from './engine-protocol.js';
import { type HostTensor, ownCopy } from './host-tensor.js';

/** What an engine does with programs, weights and runs. `S` is its session, `W` a weight as it keeps it. */
export type Engine<S, W> = {
  readonly compile: (program: EngineProgram) => Promise<S>;
  readonly release: (session: S) => Promise<void>;
  /** `tensor` is memory of the engine's own. */
  readonly keep: (tensor: HostTensor) => W;
  readonly forget: (weight: W) => void;
  readonly run: (
    session: S,
    feeds: readonly NamedTensor[],
    weights: ReadonlyMap<string, W>,
  ) => Promise<readonly NamedTensor[]>;
};

const port = parentPort ?? bug('a worker of an engine runs only as a worker thread');

/** The settings that the main thread gave this worker. */
export function workerSettings(): WorkerSettings {
  return workerData as WorkerSettings; // given by engine-thread.ts, which starts every worker
}

/** Tells the main thread that the engine is there (or why not); from here on it answers requests. */
export function serve<S, W>(
  engine: Engine<S, W>,
  readiness: Extract<WorkerReply, { kind: 'ready' | 'absent' }>,
): void {
  const { gate, backend } = workerSettings();
  const sessions = new Map<string, S>();
  const weights = new Map<string, W>();
  const letGo = new LetGo();
  let tail: Promise<unknown> = Promise.resolve();
  port.on('message', (request: WorkerRequest) => {
    tail = tail.then(() => answer(request));
  });
  reply(readiness);

  async function answer(request: WorkerRequest): Promise<void> {
    switch (request.kind) {
      case 'compile':
        return attempt(request.id, 'compile', async () => {
          if (!sessions.has(request.session)) {
            sessions.set(request.session, await engine.compile(request.program));
          }
          reply({ kind: 'compiled', id: request.id });
        });
      case 'run': {
        const session = sessions.get(request.session) ?? bug(`no session ${request.session}`);
        const named = new Map(
          request.weights.map(([name, key]) => [name, weights.get(key) ?? bug(`no weight ${key}`)] as const),
        );
        return attempt(request.id, 'run', async () => {
          const outputs = await engine.run(session, request.feeds, named);
          reply(
            { kind: 'ran', id: request.id, outputs },
            outputs.map(([, t]) => t.data.buffer),
          );
        });
      }
      case 'weight':
        // Shared memory is refused by the engines, so each worker keeps one copy of its own.
        weights.set(request.key, engine.keep(ownCopy(request.tensor)));
        letGo.add(request.tensor.data.byteLength); // the shared one
        return;
      case 'forget': {
        const weight = weights.get(request.key);
        weights.delete(request.key);
        if (weight !== undefined) engine.forget(weight);
        letGo.add(request.bytes);
        return;
      }
      case 'release': {
        const session = sessions.get(request.session);
        sessions.delete(request.session);
        if (session !== undefined) await engine.release(session);
      }
    }
  }

  async function attempt(id: number, kind: 'compile' | 'run', work: () => Promise<void>): Promise<void> {
    Atomics.store(gate, GATE.busy, 1);
    try {
      if (Atomics.load(gate, GATE.closing) === 1) {
        reply({ kind: 'failed', id, problem: { kind: 'aborted', backend, text: 'the backend was closed' } });
      } else await work();
    } catch (error) {
      reply({ kind: 'failed', id, problem: problemOf(error, kind) });
    } finally {
      Atomics.store(gate, GATE.busy, 0);
      Atomics.notify(gate, GATE.busy);
    }
  }

  function problemOf(error: unknown, kind: 'compile' | 'run'): BackendProblem {
    if (error instanceof BackendFailure) return error.problem;
    const text = errorText(error);
    if (/bad_alloc|failed to allocate|out of memory|array buffer allocation failed/i.test(text)) {
      const help = 'lower the memory budget, so that fewer rows run at once';
      return { kind: 'out-of-memory', backend, text, help };
    }
    return { kind, backend, text };
  }
}

/** The message of whatever was thrown, on one line. */
export function errorText(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ').trim();
}

function reply(message: WorkerReply, transfer: readonly ArrayBufferLike[] = []): void {
  port.postMessage(
    message,
    [...new Set(transfer)].filter((buffer) => buffer instanceof ArrayBuffer),
  );
}
