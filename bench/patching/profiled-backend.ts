// onnxruntime in this very thread, with a profile of every kernel: what a run spends in matrix products, and in products of which
// shapes. One call after the other, one thread, so that nothing else is in the times.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ort from 'onnxruntime-node';
import { bug } from '../../src/compiler/base/bug.js';
import type { Graph } from '../../src/compiler/ir/graph.js';
import { writeOnnx } from '../../src/compiler/onnx/write.js';
import type { Backend, CompileOptions, Executable } from '../../src/runtime/backend/backend.js';
import { bytesOf, type HostTensor, hostTensor } from '../../src/runtime/backend/host-tensor.js';

/** One run of one kernel. Shapes are those of its inputs and of its first output. */
export type Kernel = {
  readonly operator: string;
  readonly microseconds: number;
  readonly inputs: readonly (readonly number[])[];
  readonly output: readonly number[];
};

export type ProfiledBackend = Backend & {
  /** Ends all sessions. What their kernels took in the last of so many equal runs. */
  kernels(runs: number): Promise<readonly Kernel[]>;
};

/** `like`: the backend whose plan is followed. */
export function profiledBackend(like: Pick<Backend, 'name' | 'version' | 'capabilities'>): ProfiledBackend {
  const folder = mkdtempSync(join(tmpdir(), 'eisc-bench-profile-'));
  const sessions: Promise<ort.InferenceSession>[] = [];
  let made = 0;
  const end = async (): Promise<void> => {
    for (const made of sessions.splice(0)) {
      const session = await made;
      session.endProfiling();
      await session.release();
    }
  };
  return {
    name: like.name,
    version: like.version,
    capabilities: like.capabilities,
    counts: () => ({ runs: 0, flops: 0, bytes: 0, sessions: sessions.length }),
    compile: async (graph, options) => {
      const profileFilePrefix = join(folder, `session-${made++}`);
      const { session, executable } = sessionOf(graph, options, profileFilePrefix);
      sessions.push(session);
      return executable;
    },
    kernels: async (runs) => {
      await end();
      return readdirSync(folder).flatMap((file) => {
        const all = kernelsIn(readFileSync(join(folder, file), 'utf8'));
        return all.slice(all.length - all.length / runs);
      });
    },
    dispose: async () => {
      await end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function sessionOf(graph: Graph, { lookupWeight, weights }: CompileOptions, profileFilePrefix: string) {
  if (weights !== 'constants') return bug('the profile is of graphs with their weights');
  const lookup = (digest: string) => bytesOf(lookupWeight(digest));
  const written = writeOnnx(graph, { weights: 'constants', lookup });
  const session = ort.InferenceSession.create(written.bytes, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    enableCpuMemArena: false,
    graphOptimizationLevel: 'all',
    enableProfiling: true,
    profileFilePrefix,
    logSeverityLevel: 4,
  });
  const executable: Executable = {
    run: async (feeds) => {
      const named = written.inputs.map(
        ({ name, wire }) => [wire, ortTensor(feeds.get(name) ?? bug(`no feed ${name}`))] as const,
      );
      const results = await (await session).run(Object.fromEntries(named));
      const outputs = written.outputs.map(
        ({ name, wire }) => [name, ownTensor(results[wire] ?? bug(`no output ${wire}`))] as const,
      );
      return { outputs: new Map(outputs), flops: 0, bytes: 0 };
    },
    dispose: () => undefined, // its profile is read at the end
  };
  return { session, executable };
}

/** The element types of the sweeps. */
const TYPES = { f32: 'float32', i64: 'int64', bool: 'bool' } as const;

function ortTensor({ dtype, dims, data }: HostTensor): ort.Tensor {
  const type =
    dtype === 'f32' || dtype === 'i64' || dtype === 'bool' ? TYPES[dtype] : bug(`a feed of ${dtype}`);
  const make = ort.Tensor as unknown as new (
    type: string,
    data: unknown,
    dims: readonly number[],
  ) => ort.Tensor;
  return new make(type, data, dims);
}

function ownTensor(value: ort.OnnxValue): HostTensor {
  const tensor = value as ort.Tensor; // only tensors are outputs
  if (tensor.type !== 'float32') return bug(`an output of ${tensor.type}`);
  const own = hostTensor('f32', tensor.dims);
  own.data.set(tensor.data as never); // both are Float32Array, by the line above
  return own;
}

type Event = {
  readonly cat: string;
  readonly name: string;
  readonly dur: number;
  readonly args?: {
    readonly op_name?: string;
    readonly input_type_shape?: readonly Readonly<Record<string, readonly number[]>>[];
    readonly output_type_shape?: readonly Readonly<Record<string, readonly number[]>>[];
  };
};

function kernelsIn(profile: string): readonly Kernel[] {
  const events = JSON.parse(profile) as readonly Event[]; // onnxruntime's own format
  const shapes = (list: readonly Readonly<Record<string, readonly number[]>>[] = []) =>
    list.map((one) => Object.values(one)[0] ?? []);
  return events.flatMap(({ cat, name, dur, args }) =>
    cat === 'Node' && name.endsWith('_kernel_time')
      ? [
          {
            operator: args?.op_name ?? '',
            microseconds: dur,
            inputs: shapes(args?.input_type_shape),
            output: shapes(args?.output_type_shape)[0] ?? [],
          },
        ]
      : [],
  );
}
