// The onnxruntime-node backends: graphs as ONNX bytes, on the processor or on one of its execution providers. onnxruntime-node
// itself is imported only by the worker.
import { availableParallelism } from 'node:os';
import { digestBytes } from '../../compiler/base/digest.js';
import { type Graph, GraphBuilder, type ValueId } from '../../compiler/ir/graph.js';
import { writeOnnx } from '../../compiler/onnx/write.js';
import { type Backend, BackendFailure, type CompileOptions } from './backend.js';
import { type EngineAdapter, openEngine, type WrittenProgram } from './engine-backend.js';
import type { OrtProvider, OrtTrials } from './engine-protocol.js';
import { bytesOf } from './host-tensor.js';
import { deviceAbsence, type OrtDevice } from './ort-device.js';
import { isLarge, writeBeside } from './ort-large.js';
import { findOrtPackage, linkCuda } from './ort-package.js';
import type { Absence } from './ort-providers.js';
import { WeightFiles } from './weight-files.js';

/** `workers` run in parallel, each with `threads` threads. Two workers of one thread beat one of two (measured: 1.1 to 1.2). */
export type OrtOptions = {
  readonly workers?: number;
  readonly threads?: number;
  /** Where the weights of large models are kept as files; absent: a folder for temporary files, removed by `dispose`. */
  readonly weightsFolder?: string;
};

/** onnxruntime on the processor. Rejects with BackendFailure `not-available` when onnxruntime-node cannot be loaded. */
export function openOrt(options: OrtOptions = {}): Promise<Backend> {
  const cores = availableParallelism();
  const workers = options.workers ?? Math.min(2, cores);
  const threads = options.threads ?? (workers > 1 ? 1 : Math.min(4, cores));
  return openEngine(adapterOf('cpu', { workers, threads, weightsFolder: options.weightsFolder ?? null }));
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
  const threads = Math.min(4, availableParallelism());
  return openEngine(adapterOf(provider, { workers: 1, threads, weightsFolder: null }));
}

function prepare(provider: OrtDevice): Absence | undefined {
  const ort = provider === 'cuda' ? findOrtPackage() : undefined;
  return ort === undefined ? undefined : linkCuda(ort, process.env);
}

type Shape = {
  readonly workers: number;
  readonly threads: number;
  readonly weightsFolder: string | null;
};

function adapterOf(provider: OrtProvider, { workers, threads, weightsFolder }: Shape): EngineAdapter {
  const backend = `ort:${provider}`;
  const trials = provider === 'cpu' ? null : trialModels();
  const files = new WeightFiles(backend, weightsFolder);
  return {
    settings: { engine: 'ort', backend, needs: 'onnxruntime-node', provider, threads, trials },
    workers,
    capabilities: {
      dtypes: ['f32', 'f64', 'f16', 'i8', 'u8', 'i32', 'i64', 'bool'],
      parallelRuns: workers,
      // Kernels of a device may add in an order that differs from run to run.
      deterministic: provider === 'cpu',
    },
    versionText: (version) =>
      provider === 'cpu' ? `onnxruntime-node ${version}` : `onnxruntime-node ${version} ${provider}`,
    write: (graph, options) =>
      // A device has memory of its own, into which the weights are copied in any case.
      provider === 'cpu' && options.weights === 'constants' && isLarge(graph)
        ? writeBeside(graph, files, options.lookupWeight)
        : writeWhole(graph, options),
    dispose: () => files.dispose(),
  };
}

function writeWhole(graph: Graph, options: CompileOptions): WrittenProgram {
  const { bytes, ...names } = writeOnnx(
    graph,
    options.weights === 'inputs'
      ? { weights: 'inputs' }
      : { weights: 'constants', lookup: (digest) => bytesOf(options.lookupWeight(digest)) },
  );
  return {
    ...names,
    program: { kind: 'onnx', bytes, folder: null },
    weights: options.weights === 'inputs' ? names.weights : [],
    // The bytes hold the whole structure, and with weights as inputs nothing else.
    key: digestBytes('onnx-session', bytes),
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
