// What a backend's main thread and its worker threads say to each other. Plain data, so that it can be posted.
import type { Graph } from '../../compiler/ir/graph.js';
import type { DType } from '../../compiler/ir/tensor-type.js';
import type { BackendProblem } from './backend.js';
import type { HostTensor } from './host-tensor.js';

export type NamedTensor = readonly [name: string, tensor: HostTensor];

/** What an engine compiles: the bytes of an .onnx file (`folder`: where the weights lie that it names), or the graph itself. */
export type EngineProgram =
  | { readonly kind: 'onnx'; readonly bytes: Uint8Array; readonly folder: string | null }
  | { readonly kind: 'graph'; readonly graph: Graph };

export type WorkerRequest =
  /** Creates a session unless the worker has it. */
  | {
      readonly kind: 'compile';
      readonly id: number;
      readonly session: string;
      readonly program: EngineProgram;
    }
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
  | { readonly kind: 'forget'; readonly key: string; readonly bytes: number };

export type WorkerReply =
  /** `lacks`: element types that this device turned out not to have. */
  | { readonly kind: 'ready'; readonly version: string; readonly lacks: readonly DType[] }
  /** The engine loaded, but what it should run on is not there. */
  | { readonly kind: 'absent'; readonly problem: BackendProblem }
  | { readonly kind: 'compiled'; readonly id: number }
  | { readonly kind: 'ran'; readonly id: number; readonly outputs: readonly NamedTensor[] }
  | { readonly kind: 'failed'; readonly id: number; readonly problem: BackendProblem };

/** Which engine a worker loads, and with what. */
export type EngineSettings =
  | {
      readonly engine: 'ort';
      readonly provider: OrtProvider;
      readonly threads: number;
      /** Small models that are run once before the worker is ready; null where the provider is always there. */
      readonly trials: OrtTrials | null;
    }
  | { readonly engine: 'tfjs'; readonly device: TfjsDevice };
/** The first must run; a type whose model does not run is lacking. Each takes two float32 numbers. */
export type OrtTrials = {
  readonly first: Uint8Array;
  readonly types: readonly (readonly [DType, Uint8Array])[];
};
export type OrtProvider = 'cpu' | 'cuda' | 'webgpu' | 'coreml' | 'dml';
export type TfjsDevice = 'cpu' | 'wasm' | 'gpu';

/** `gate` lies in shared memory: two flags, see `GATE`. */
export type WorkerSettings = EngineSettings & {
  readonly backend: string;
  /** The npm package that the worker imports. */
  readonly needs: string;
  readonly gate: Int32Array;
};

/**
 * A thread that is ended inside the runtime aborts the whole process (an exception of the binding that nothing can catch). So the
 * worker raises `busy` first and then looks at `closing`; the main thread raises `closing` first and then waits for `busy` to fall.
 */
export const GATE = { closing: 0, busy: 1 } as const;
