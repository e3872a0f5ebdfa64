// What the onnxruntime adapter and its worker threads say to each other. Plain data, so that it can be posted.
import type { BackendProblem } from './backend.js';
import type { HostTensor } from './host-tensor.js';

export type NamedTensor = readonly [name: string, tensor: HostTensor];

export type WorkerRequest =
  /** Creates a session unless the worker has it. */
  | { readonly kind: 'compile'; readonly id: number; readonly session: string; readonly bytes: Uint8Array }
  /** Keeps a weight under a key. Not answered: a later run that names it finds it. */
  | { readonly kind: 'weight'; readonly key: string; readonly tensor: HostTensor }
  | {
      readonly kind: 'run';
      readonly id: number;
      readonly session: string;
      readonly feeds: readonly NamedTensor[];
      readonly weights: readonly (readonly [name: string, key: string])[];
    }
  | { readonly kind: 'release'; readonly session: string }
  | { readonly kind: 'forget'; readonly key: string };

export type WorkerReply =
  | { readonly kind: 'ready'; readonly version: string }
  | { readonly kind: 'compiled'; readonly id: number }
  | { readonly kind: 'ran'; readonly id: number; readonly outputs: readonly NamedTensor[] }
  | { readonly kind: 'failed'; readonly id: number; readonly problem: BackendProblem };

/** `gate` lies in shared memory: two flags, see `GATE`. */
export type WorkerSettings = {
  readonly backend: string;
  readonly provider: string;
  readonly threads: number;
  readonly gate: Int32Array;
};

/**
 * A thread that is ended inside the runtime aborts the whole process (an exception of the binding that nothing can catch). So the
 * worker raises `busy` first and then looks at `closing`; the main thread raises `closing` first and then waits for `busy` to fall.
 */
export const GATE = { closing: 0, busy: 1 } as const;
