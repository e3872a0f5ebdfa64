// The onnxruntime engine in a worker thread: `InferenceSession.run` blocks its thread, so it must not be the main one.
import type { InferenceSession, OnnxValue, Tensor } from 'onnxruntime-node';
import { bug } from '../../compiler/base/bug.js';
import type { DType } from '../../compiler/ir/tensor-type.js';
import type { NamedTensor, OrtProvider, WorkerReply, WorkerSettings } from './engine-protocol.js';
import { type Engine, errorText, serve, workerSettings } from './engine-worker.js';
import { type HostData, type HostTensor, ownCopy } from './host-tensor.js';
import { providerAbsence } from './ort-providers.js';

const settings = ortSettings();
const ort = await import('onnxruntime-node');

const ortTypes = {
  f32: 'float32',
  f64: 'float64',
  f16: 'float16',
  i8: 'int8',
  u8: 'uint8',
  i32: 'int32',
  i64: 'int64',
  bool: 'bool',
} as const satisfies Record<DType, Tensor.Type>;
const dtypes: ReadonlyMap<string, DType> = new Map(
  (Object.keys(ortTypes) as DType[]).map((d) => [ortTypes[d], d]), // the table's own keys
);

const providers = {
  cpu: { name: 'cpu' },
  cuda: { name: 'cuda', deviceId: 0 },
  webgpu: { name: 'webgpu' },
  coreml: { name: 'coreml' },
  dml: { name: 'dml', deviceId: 0 },
} as const satisfies Record<OrtProvider, InferenceSession.ExecutionProviderConfig>;

// Spinning threads slow down every other session and every other process of the machine, and gain nothing (measured).
const noSpinning = {
  force_spinning_stop: '1',
  intra_op: { allow_spinning: '0' },
  inter_op: { allow_spinning: '0' },
};

const sessionOptions: InferenceSession.SessionOptions = {
  // What a provider has no kernel for, onnxruntime itself runs on the processor.
  executionProviders: [providers[settings.provider]],
  intraOpNumThreads: settings.threads,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  // Errors reject with their text; printed as well, they would land in the middle of the terminal interface.
  logSeverityLevel: 4,
  // One arena per session is memory held for nothing: 22 sessions held 4.1 GB with it and 0.3 GB without, at equal speed.
  enableCpuMemArena: false,
  // DirectML's documentation forbids memory patterns.
  enableMemPattern: settings.provider !== 'dml',
  extra: { session: noSpinning },
};

/** `folder` holds the weights that the model names and does not hold. */
function optionsFor(folder: string | null): InferenceSession.SessionOptions {
  if (folder === null) return sessionOptions;
  const session = { ...noSpinning, model_external_initializers_file_folder_path: folder };
  return { ...sessionOptions, extra: { session } };
}

const engine: Engine<InferenceSession, Tensor> = {
  compile: (program) =>
    program.kind === 'onnx'
      ? ort.InferenceSession.create(program.bytes, optionsFor(program.folder))
      : bug('onnxruntime was given a graph that is not written as ONNX'),
  release: (session) => session.release(),
  keep: toOrt,
  forget: () => {},
  run: async (session, feeds, weights) => {
    const inputs: Record<string, Tensor> = {};
    for (const [name, tensor] of feeds) inputs[name] = toOrt(tensor);
    for (const [name, weight] of weights) inputs[name] = weight;
    const results = Object.entries(await session.run(inputs, { logSeverityLevel: 4 }));
    return results.map(([name, value]): NamedTensor => [name, fromOrt(name, value)]);
  },
};

serve(engine, await readiness());

/** Runs the trial model: a provider may be compiled in and still find no device or no library. */
async function readiness(): Promise<Extract<WorkerReply, { kind: 'ready' | 'absent' }>> {
  const version = ort.env.versions.node ?? ort.env.versions.common;
  if (settings.trials === null) return { kind: 'ready', version, lacks: [] };
  try {
    await tryModel(settings.trials.first);
  } catch (error) {
    const { reason, help } = providerAbsence(settings.provider, errorText(error));
    const text = `the backend \`${settings.backend}\` is not available: ${reason}`;
    return { kind: 'absent', problem: { kind: 'not-available', backend: settings.backend, text, help } };
  }
  const lacks: DType[] = [];
  for (const [dtype, model] of settings.trials.types) {
    // That it fails is the answer; a reason that is not the type's own shows again in the first run.
    await tryModel(model).catch(() => lacks.push(dtype));
  }
  return { kind: 'ready', version, lacks };
}

async function tryModel(model: Uint8Array): Promise<void> {
  const session = await ort.InferenceSession.create(model, sessionOptions);
  try {
    const name = session.inputNames[0] ?? bug('the trial model has no input');
    await session.run(
      { [name]: new ort.Tensor('float32', new Float32Array([1, 2]), [2]) },
      { logSeverityLevel: 4 },
    );
  } finally {
    await session.release();
  }
}

function ortSettings(): Extract<WorkerSettings, { engine: 'ort' }> {
  const given = workerSettings();
  return given.engine === 'ort'
    ? given
    : bug('the worker of onnxruntime was given the settings of another engine');
}

function toOrt(tensor: HostTensor): Tensor {
  // The constructor is overloaded per element type; the table pairs each with its array.
  const make = ort.Tensor as unknown as new (type: string, data: HostData, dims: readonly number[]) => Tensor;
  return new make(ortTypes[tensor.dtype], tensor.data, tensor.dims);
}

function fromOrt(name: string, value: OnnxValue): HostTensor {
  const dtype = dtypes.get(value.type) ?? bug(`output ${name} has type ${value.type}`);
  const tensor = value as Tensor; // only tensors have these types
  const given: HostTensor = { dtype, dims: tensor.dims, data: tensor.data as HostData }; // paired by the table
  // Every output is a fresh buffer; one that is part of a larger buffer must not be transferred away.
  return given.data.byteLength === given.data.buffer.byteLength ? given : ownCopy(given);
}
