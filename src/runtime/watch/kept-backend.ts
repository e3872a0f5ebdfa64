// A backend that keeps what it has compiled and captured from run to run: graphs by their digest, and the values between the
// model and what is measured by the digest of what they were computed from. Both are bounded; what was used longest ago goes.
import { createHash } from 'node:crypto';
import { bug } from '../../compiler/base/bug.js';
import type { Graph } from '../../compiler/ir/graph.js';
import { type CutGraph, cutGraph } from '../../compiler/plan/cut-graph.js';
import { anonymousGraph, listingDigest } from '../../compiler/plan/structure.js';
import type { Backend, CompileOptions, Executable, RunOptions } from '../backend/backend.js';
import { totalBytes } from '../backend/feeds.js';
import { bytesOf, elementCount, type HostTensor, hostTensor } from '../backend/host-tensor.js';
import { ByteCache } from './byte-cache.js';

type Feeds = ReadonlyMap<string, HostTensor>;
type Weights = CompileOptions['weights'];

/** An executable that is used; `release` gives it back. */
type Held = { readonly executable: Promise<Executable>; readonly release: () => void };

export type KeptBackend = Backend & {
  /** How many graphs have been compiled since it was opened. */
  readonly compilations: () => number;
};

/**
 * `memoryBytes` bounds, half and half, the weights in compiled graphs and the captured values. Weights are known by their
 * digests: every `lookupWeight` that is given must answer by content. `dispose` leaves the backend itself open.
 */
export function keepBackend(
  backend: Backend,
  { memoryBytes }: { readonly memoryBytes: number },
): KeptBackend {
  let compilations = 0;
  const compiled = new ByteCache<Promise<Executable>>(memoryBytes / 2, (one) => {
    one.then((executable) => executable.dispose(), failedBefore);
  });
  const captured = new ByteCache<Feeds>(memoryBytes / 2);

  const hold = (graph: Graph, weights: Weights, lookupWeight: CompileOptions['lookupWeight']): Held => {
    const key = `${listingDigest(graph, 'with weights')} ${weights}`;
    const known = compiled.get(key);
    const executable = known ?? backend.compile(graph, { weights, lookupWeight });
    if (known !== undefined) compiled.use(key);
    else {
      compilations += 1;
      compiled.put(key, executable, weightBytes(graph) * copiesOf(backend, weights), 1);
      executable.catch(() => compiled.remove(key));
    }
    return { executable, release: () => compiled.release(key) };
  };

  const compileWhole = async (graph: Graph, options: CompileOptions): Promise<Executable> => {
    const held = hold(graph, options.weights, options.lookupWeight);
    const executable = await held.executable;
    return { run: (...given) => executable.run(...given), dispose: once(held.release) };
  };

  const compileCut = async (cut: CutGraph, options: CompileOptions): Promise<Executable> => {
    const { lookupWeight } = options;
    const model = anonymousGraph(cut.model);
    const modelKey = listingDigest(model.graph, 'with weights');
    // Few weights are here, and the same ones after every change: they are sent once.
    const rest = hold(cut.rest, 'inputs', lookupWeight);
    let own: Held | null = null;
    const capture = async (feeds: Feeds, runOptions: RunOptions | undefined) => {
      const named = [...model.inputs].map(
        ([name, short]) => [short, feeds.get(name) ?? bug(`no feed ${name}`)] as const,
      );
      const key = `${modelKey} ${contentOf(named)}`;
      const known = captured.get(key);
      if (known !== undefined) return { values: known, flops: 0 };
      own ??= hold(model.graph, options.weights, lookupWeight);
      const result = await (await own.executable).run(new Map(named), undefined, runOptions);
      captured.put(key, result.outputs, totalBytes(result.outputs.values()));
      return { values: result.outputs, flops: result.flops };
    };
    await rest.executable;
    return {
      run: async (feeds, weights, runOptions) => {
        if (weights !== undefined && weights.size > 0) return bug('other weights for a graph that was cut');
        const { values, flops } = await capture(feeds, runOptions);
        const given = new Map(feeds);
        for (const name of cut.captured)
          given.set(name, values.get(model.outputs.get(name) ?? '') ?? bug(`${name} was not captured`));
        const result = await (await rest.executable).run(inputsIn(cut.rest, given), undefined, runOptions);
        const bytes = totalBytes(feeds.values()) + totalBytes(result.outputs.values());
        return { outputs: result.outputs, flops: flops + result.flops, bytes };
      },
      dispose: once(() => {
        rest.release();
        own?.release();
      }),
    };
  };

  return {
    name: backend.name,
    // Part of the keys of the store: a graph in two pieces may round otherwise than in one.
    version: `${backend.version}, cut after the model`,
    capabilities: backend.capabilities,
    counts: () => backend.counts(),
    compilations: () => compilations,
    compile: (graph, options) => {
      const cut = cutGraph(graph);
      return cut === null ? compileWhole(graph, options) : compileCut(cut, options);
    },
    dispose: async () => {
      compiled.clear();
      captured.clear();
    },
  };
}

function inputsIn(graph: Graph, given: Feeds): Feeds {
  return new Map(
    graph.nodes.flatMap(({ op }) =>
      op.name === 'Input'
        ? [[op.attrs.name, given.get(op.attrs.name) ?? bug(`no feed ${op.attrs.name}`)] as const]
        : [],
    ),
  );
}

function contentOf(feeds: readonly (readonly [string, HostTensor])[]): string {
  const hash = createHash('sha256');
  for (const [name, tensor] of feeds) {
    hash.update(`${name} ${tensor.dtype}[${tensor.dims.join(',')}]`);
    hash.update(bytesOf(tensor));
  }
  return hash.digest('hex');
}

function weightBytes(graph: Graph): number {
  const sizes = new Map<string, number>();
  for (const { op, type } of graph.nodes) {
    if (op.name !== 'Weight') continue;
    const dims = type.axes.map(({ size }) => (typeof size === 'number' ? size : 1));
    sizes.set(op.attrs.digest, elementCount(dims) * hostTensor(type.dtype, [1]).data.BYTES_PER_ELEMENT);
  }
  return [...sizes.values()].reduce((sum, one) => sum + one, 0);
}

/** Constants are in the session of each worker; weights that are inputs are in memory once for all graphs that read them. */
function copiesOf({ capabilities }: Backend, weights: Weights): number {
  return weights === 'constants' ? capabilities.parallelRuns : 1;
}

function once(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) work();
    isDone = true;
  };
}

/** Whoever asked for it has been told. */
function failedBefore(): void {}
