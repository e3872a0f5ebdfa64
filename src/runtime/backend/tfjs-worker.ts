// TensorFlow.js in a worker thread: its processor and WebAssembly backends block the thread that they run on, and the WebAssembly
// build installs handlers of its own for uncaught errors, which must not reach the main program.
import { bug } from '../../compiler/base/bug.js';
import type { Graph } from '../../compiler/ir/graph.js';
import type { TfjsDevice, WorkerReply, WorkerSettings } from './engine-protocol.js';
import { type Engine, errorText, serve, workerSettings } from './engine-worker.js';
import { executeTfjs, TfjsWeight } from './tfjs-execute.js';

const settings = tfjsSettings();
const tf = await import('@tensorflow/tfjs-core');
// Its greeting and its per-operator checks are for development in a browser.
tf.enableProdMode();

/** Each package registers its kernels when it is imported. `@tensorflow/tfjs-node-gpu` is installed by few, so its name is hidden. */
const devices = {
  cpu: { backend: 'cpu', load: () => import('@tensorflow/tfjs-backend-cpu') },
  wasm: { backend: 'wasm', load: () => import('@tensorflow/tfjs-backend-wasm') },
  gpu: { backend: 'tensorflow', load: () => import(['@tensorflow', 'tfjs-node-gpu'].join('/')) },
} as const satisfies Record<TfjsDevice, { readonly backend: string; readonly load: () => Promise<unknown> }>;

const engine: Engine<Graph, TfjsWeight> = {
  compile: async (program) =>
    program.kind === 'graph' ? program.graph : bug('TensorFlow.js was given a graph written as ONNX'),
  release: async () => {},
  keep: (tensor) => new TfjsWeight(tensor),
  forget: (weight) => weight.dispose(),
  run: async (graph, feeds, weights) => {
    const run = { tf, backend: settings.backend, graph, feeds: new Map(feeds), weights };
    try {
      return [...executeTfjs(run)];
    } catch (error) {
      // After a trap the memory of the WebAssembly module is not to be trusted: this worker ends, and the next run starts another.
      if (error instanceof Error && error.name === 'RuntimeError') setImmediate(() => process.exit(1));
      throw error;
    }
  },
};

serve(engine, await readiness());

async function readiness(): Promise<Extract<WorkerReply, { kind: 'ready' | 'absent' }>> {
  const device = devices[settings.device];
  await device.load();
  try {
    if (await tf.setBackend(device.backend)) return { kind: 'ready', version: tf.version_core, lacks: [] };
    return absent(`TensorFlow.js cannot start its backend ${device.backend}`);
  } catch (error) {
    return absent(errorText(error));
  }
}

function absent(reason: string): Extract<WorkerReply, { kind: 'absent' }> {
  const { backend, needs } = settings;
  const text = `the backend \`${backend}\` is not available: ${reason}`;
  const help = `reinstall \`${needs}\`, or use \`ort:cpu\``;
  return { kind: 'absent', problem: { kind: 'not-available', backend, text, help } };
}

function tfjsSettings(): Extract<WorkerSettings, { engine: 'tfjs' }> {
  const given = workerSettings();
  return given.engine === 'tfjs'
    ? given
    : bug('the worker of TensorFlow.js was given the settings of another engine');
}
