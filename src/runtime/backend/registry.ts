// Every backend by name: how it is opened, or why it is not there and what to use instead. Engines are loaded only when opened.
import { suggest } from '../../compiler/base/suggest.js';
import { type Backend, BackendFailure } from './backend.js';

export type OpenOptions = {
  readonly workers?: number;
  readonly threads?: number;
  /** A folder in which a backend may keep the weights of large models as files, from run to run; absent: none is kept. */
  readonly weightsFolder?: string;
};
type Entry = {
  readonly about: string;
  /** Rejects with BackendFailure `not-available` when the engine or its device is not there. */
  readonly open: (options: OpenOptions) => Promise<Backend>;
};

export type BackendName =
  | 'ort:cpu'
  | 'reference'
  | 'ort:cuda'
  | 'ort:webgpu'
  | 'ort:coreml'
  | 'ort:dml'
  | 'tfjs:gpu'
  | 'tfjs:wasm'
  | 'tfjs:cpu';

export const DEFAULT_BACKEND: BackendName = 'ort:cpu';

const backends = {
  'ort:cpu': {
    about: 'onnxruntime on the processor, in worker threads',
    open: async (options) => (await import('./ort.js')).openOrt(options),
  },
  reference: {
    about: 'plain TypeScript, slow: the oracle',
    open: async () => (await import('./reference.js')).openReference(),
  },
  'ort:cuda': {
    about: 'onnxruntime on an NVIDIA GPU',
    open: async () => (await import('./ort.js')).openOrtDevice('cuda'),
  },
  'ort:webgpu': {
    about: 'onnxruntime on WebGPU',
    open: async () => (await import('./ort.js')).openOrtDevice('webgpu'),
  },
  'ort:coreml': {
    about: 'onnxruntime on Apple Core ML',
    open: async () => (await import('./ort.js')).openOrtDevice('coreml'),
  },
  'ort:dml': {
    about: 'onnxruntime on DirectML',
    open: async () => (await import('./ort.js')).openOrtDevice('dml'),
  },
  'tfjs:gpu': {
    about: 'TensorFlow.js on an NVIDIA GPU',
    open: async () => (await import('./tfjs.js')).openTfjs('gpu'),
  },
  'tfjs:wasm': {
    about: 'TensorFlow.js on WebAssembly',
    open: async (options) => (await import('./tfjs.js')).openTfjs('wasm', options),
  },
  'tfjs:cpu': {
    about: 'TensorFlow.js in plain JavaScript',
    open: async (options) => (await import('./tfjs.js')).openTfjs('cpu', options),
  },
} as const satisfies Record<BackendName, Entry>;

/** All names, in the order of the table. */
export function backendNames(): readonly BackendName[] {
  return Object.keys(backends) as BackendName[]; // the table's own keys
}

/** What a backend is, in a few words. */
export function aboutBackend(name: BackendName): string {
  return backends[name].about;
}

/**
 * Opens a backend. Rejects with BackendFailure `not-available`, whose help says what to install or use, when the name is
 * unknown, or its engine or device is not there.
 */
export async function openBackend(name: string, options: OpenOptions = {}): Promise<Backend> {
  const known = backendNames().find((n) => n === name);
  if (known === undefined) {
    const [near] = suggest(name, backendNames(), 1);
    const help =
      near === undefined ? `use one of \`${backendNames().join('`, `')}\`` : `did you mean \`${near}\`?`;
    throw new BackendFailure({
      kind: 'not-available',
      backend: name,
      text: `there is no backend \`${name}\``,
      help,
    });
  }
  return backends[known].open(options);
}
