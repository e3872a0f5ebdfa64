// The onnxruntime-node backends: graphs as ONNX bytes, on the processor or on one of its execution providers. onnxruntime-node
// itself is imported only by the worker.
import { availableParallelism } from 'node:os';
import { digestBytes } from '../../compiler/base/digest.js';
import { GraphBuilder, type ValueId } from '../../compiler/ir/graph.js';
import { writeOnnx } from '../../compiler/onnx/write.js';
import { type Backend, BackendFailure } from './backend.js';
import { type EngineAdapter, openEngine } from './engine-backend.js';
import type { OrtProvider, OrtTrials } from './engine-protocol.js';
import { bytesOf } from './host-tensor.js';
import { deviceAbsence, type OrtDevice } from './ort-device.js';
import { findOrtPackage, linkCuda } from './ort-package.js';
import type { Absence } from './ort-providers.js';

/** `workers` run in parallel, each with `threads` threads. Two workers of one thread beat one of two (measured: 1.1 to 1.2). */
export type OrtOptions = { readonly workers?: number; readonly threads?: number };

/** onnxruntime on the processor. Rejects with BackendFailure `not-available` when onnxruntime-node cannot be loaded. */
export function openOrt(options: OrtOptions = {}): Promise<Backend> {
  const cores = availableParallelism();
  const workers = options.workers ?? Math.min(2, cores);
  const threads = options.threads ?? (workers > 1 ? 1 : Math.min(4, cores));
  return openEngine(adapterOf('cpu', workers, threads));
}

/**
 * onnxruntime on a device. One worker, since a second would only make a second device context. A small model is run first, so that
 * a device that is not there is told at once. Rejects with BackendFailure `not-available`, whose help says what to install.
 */
export async function openOrtDevice(provider: OrtDevice): Promise<Backend> {
  const absent = deviceAbsence(provider, process.env) ?? prepare(provider);
  if (absent !== undefined) {
    throw new BackendFailure({
      kind: 'not-available',
      backend: `ort:${provider}`,
      text: `the backend \`ort:${provider}\` is not available: ${absent.reason}`,
      help: absent.help,
    });
  }
  return openEngine(adapterOf(provider, 1, Math.min(4, availableParallelism())));
}

function prepare(provider: OrtDevice): Absence | undefined {
  const ort = provider === 'cuda' ? findOrtPackage() : undefined;
  return ort === undefined ? undefined : linkCuda(ort, process.env);
}

function adapterOf(provider: OrtProvider, workers: number, threads: number): EngineAdapter {
  const trials = provider === 'cpu' ? null : trialModels();
  return {
    settings: {
      engine: 'ort',
      backend: `ort:${provider}`,
      needs: 'onnxruntime-node',
      provider,
      threads,
      trials,
    },
    workers,
    capabilities: {
      dtypes: ['f32', 'f64', 'f16', 'i8', 'u8', 'i32', 'i64', 'bool'],
      parallelRuns: workers,
      // Kernels of a device may add in an order that differs from run to run.
      deterministic: provider === 'cpu',
    },
    versionText: (version) =>
      provider === 'cpu' ? `onnxruntime-node ${version}` : `onnxruntime-node ${version} ${provider}`,
    write: (graph, options) => {
      const { bytes, ...names } = writeOnnx(
        graph,
        options.weights === 'inputs'
          ? { weights: 'inputs' }
          : { weights: 'constants', lookup: (digest) => bytesOf(options.lookupWeight(digest)) },
      );
      return {
        ...names,
        program: { kind: 'onnx', bytes },
        weights: options.weights === 'inputs' ? names.weights : [],
        // The bytes hold the whole structure, and with weights as inputs nothing else.
        key: digestBytes('onnx-session', bytes),
      };
    },
  };
}

/** x + x of two numbers; and, for float16, which many devices lack, there and back. */
function trialModels(): OrtTrials {
  const model = (finish: (b: GraphBuilder, x: ValueId) => ValueId): Uint8Array => {
    const b = new GraphBuilder();
    const x = b.input('x', { dtype: 'f32', axes: [{ name: '_a', size: 2 }] });
    return writeOnnx(b.build([{ name: 'y', value: finish(b, x) }]), { weights: 'inputs' }).bytes;
  };
  const half = model((b, x) => {
    const narrow = b.add({ name: 'Cast', attrs: { to: 'f16' } }, x);
    return b.add({ name: 'Cast', attrs: { to: 'f32' } }, b.add({ name: 'Add', attrs: {} }, narrow, narrow));
  });
  return { first: model((b, x) => b.add({ name: 'Add', attrs: {} }, x, x)), types: [['f16', half]] };
}
