// One worker thread with its own onnxruntime sessions: `InferenceSession.run` blocks its thread, so it must not be the main one.
// Requests are taken in order; replies carry the request's id.
import { parentPort, workerData } from 'node:worker_threads';
import type { InferenceSession, OnnxValue, Tensor } from 'onnxruntime-node';
import { bug } from '../../compiler/base/bug.js';
import type { DType } from '../../compiler/ir/tensor-type.js';
import type { BackendProblem } from './backend.js';
import { type HostData, type HostTensor, ownCopy } from './host-tensor.js';
import {
  GATE,
  type NamedTensor,
  type WorkerReply,
  type WorkerRequest,
  type WorkerSettings,
} from './ort-protocol.js';

const port = parentPort ?? bug('ort-worker runs only as a worker thread');
const settings = workerData as WorkerSettings; // given by ort.ts, which starts this file
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

const sessionOptions: InferenceSession.SessionOptions = {
  executionProviders: [settings.provider],
  intraOpNumThreads: settings.threads,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  // Errors reject with their text; printed as well, they would land in the middle of the terminal interface.
  logSeverityLevel: 4,
  enableCpuMemArena: false,
  // Spinning threads slow down every other process of a shared machine, and gain nothing (measured).
  extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
};

const sessions = new Map<string, InferenceSession>();
const weights = new Map<string, Tensor>();
// Requests are answered strictly in order; `run` blocks anyway. Our own mistakes reject the chain and so stop the thread.
let last: Promise<void> = Promise.resolve();

port.on('message', (request: WorkerRequest) => {
  last = last.then(() => answer(request));
});
reply({ kind: 'ready', version: ort.env.versions.node ?? ort.env.versions.common });

async function answer(request: WorkerRequest): Promise<void> {
  switch (request.kind) {
    case 'compile':
      return attempt(request.id, 'compile', async () => {
        if (!sessions.has(request.session)) {
          sessions.set(request.session, await ort.InferenceSession.create(request.bytes, sessionOptions));
        }
        reply({ kind: 'compiled', id: request.id });
      });
    case 'run': {
      const session = sessions.get(request.session) ?? bug(`no session ${request.session}`);
      const inputs: Record<string, Tensor> = {};
      for (const [name, tensor] of request.feeds) inputs[name] = toOrt(tensor);
      for (const [name, key] of request.weights) inputs[name] = weights.get(key) ?? bug(`no weight ${key}`);
      return attempt(request.id, 'run', async () => {
        const results = Object.entries(await session.run(inputs, { logSeverityLevel: 4 }));
        const outputs = results.map(([name, value]): NamedTensor => [name, fromOrt(name, value)]);
        reply(
          { kind: 'ran', id: request.id, outputs },
          outputs.map(([, t]) => t.data.buffer),
        );
      });
    }
    case 'weight':
      // The binding refuses shared memory, so each worker keeps one copy of its own.
      weights.set(request.key, toOrt(ownCopy(request.tensor)));
      return;
    case 'forget':
      weights.delete(request.key);
      return;
    case 'release': {
      const session = sessions.get(request.session);
      sessions.delete(request.session);
      await session?.release();
    }
  }
}

async function attempt(id: number, kind: 'compile' | 'run', work: () => Promise<void>): Promise<void> {
  const { backend, gate } = settings;
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
  const text = (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ').trim();
  const backend = settings.backend;
  if (/bad_alloc|failed to allocate|out of memory|array buffer allocation failed/i.test(text)) {
    return {
      kind: 'out-of-memory',
      backend,
      text,
      help: 'lower the memory budget, so that fewer rows run at once',
    };
  }
  return { kind, backend, text };
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

function reply(message: WorkerReply, transfer: readonly ArrayBufferLike[] = []): void {
  port.postMessage(
    message,
    [...new Set(transfer)].filter((buffer) => buffer instanceof ArrayBuffer),
  );
}
