// Every backend by name: how it is opened, or why it is not there and what to use instead. Engines are loaded only when opened.
import { suggest } from '../../compiler/base/suggest.js';
import { type Backend, BackendFailure } from './backend.js';

export type OpenOptions = { readonly workers?: number; readonly threads?: number };
type Entry =
  | {
      readonly kind: 'present';
      readonly about: string;
      readonly open: (options: OpenOptions) => Promise<Backend>;
    }
  | { readonly kind: 'absent'; readonly about: string; readonly reason: string };

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

const NO_ADAPTER = 'this version of eisc has no adapter for it';

const backends = {
  'ort:cpu': {
    kind: 'present',
    about: 'onnxruntime on the processor, in worker threads',
    open: async (options) => (await import('./ort.js')).openOrt(options),
  },
  reference: {
    kind: 'present',
    about: 'plain TypeScript, slow: the oracle',
    open: async () => (await import('./reference.js')).openReference(),
  },
  'ort:cuda': { kind: 'absent', about: 'onnxruntime on an NVIDIA GPU', reason: NO_ADAPTER },
  'ort:webgpu': { kind: 'absent', about: 'onnxruntime on WebGPU', reason: NO_ADAPTER },
  'ort:coreml': { kind: 'absent', about: 'onnxruntime on Apple Core ML', reason: NO_ADAPTER },
  'ort:dml': { kind: 'absent', about: 'onnxruntime on DirectML', reason: NO_ADAPTER },
  'tfjs:gpu': { kind: 'absent', about: 'TensorFlow.js on a GPU', reason: NO_ADAPTER },
  'tfjs:wasm': { kind: 'absent', about: 'TensorFlow.js on WebAssembly', reason: NO_ADAPTER },
  'tfjs:cpu': { kind: 'absent', about: 'TensorFlow.js in plain JavaScript', reason: NO_ADAPTER },
} as const satisfies Record<BackendName, Entry>;

/** All names, in the order of the table. */
export function backendNames(): readonly BackendName[] {
  return Object.keys(backends) as BackendName[]; // the table's own keys
}

/** One line per backend for `--help`. */
export function backendLines(): readonly string[] {
  return backendNames().map((name) => {
    const entry: Entry = backends[name];
    return entry.kind === 'present'
      ? `${name}: ${entry.about}`
      : `${name}: ${entry.about} (absent: ${entry.reason})`;
  });
}

/**
 * Opens a backend. Rejects with BackendFailure `not-available`, whose help says what to install or use, when the name is
 * unknown, the adapter is absent, or its engine does not load.
 */
export async function openBackend(name: string, options: OpenOptions = {}): Promise<Backend> {
  const known = backendNames().find((n) => n === name);
  if (known === undefined) {
    const [near] = suggest(name, backendNames(), 1);
    const present = backendNames().filter((n) => backends[n].kind === 'present');
    const help = near === undefined ? `use one of \`${present.join('`, `')}\`` : `did you mean \`${near}\`?`;
    throw new BackendFailure({
      kind: 'not-available',
      backend: name,
      text: `there is no backend \`${name}\``,
      help,
    });
  }
  const entry: Entry = backends[known];
  if (entry.kind === 'present') return entry.open(options);
  throw new BackendFailure({
    kind: 'not-available',
    backend: name,
    text: `the backend \`${name}\` is not available: ${entry.reason}`,
    help: `use \`${DEFAULT_BACKEND}\``,
  });
}
