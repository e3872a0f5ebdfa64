// Runs a tensor graph operator by operator on TensorFlow.js. Every value is disposed of after its last use; weights are uploaded
// once and stay. After a run, whether it succeeded or not, the engine holds exactly the weights.
import { bug } from '../../compiler/base/bug.js';
import type { Graph } from '../../compiler/ir/graph.js';
import { bindSymbols, dimsOf } from '../../compiler/ir/symbols.js';
import type { HostTensor } from './host-tensor.js';
import { runTfjsKernel } from './tfjs-kernels.js';
import { type Tf, type TfjsCall, type TfTensor, tfDtype } from './tfjs-rule.js';
import { hostToTfjs, tfjsToHost } from './tfjs-tensor.js';

/** A weight: in host memory until a run first needs it, on the device from then on. */
export class TfjsWeight {
  #host: HostTensor | null;
  #tensor: TfTensor | null = null;

  constructor(host: HostTensor) {
    this.#host = host;
  }

  /** Throws BackendFailure when its numbers do not fit the engine's element types. */
  on(tf: Tf, backend: string, name: string): TfTensor {
    if (this.#tensor !== null) return this.#tensor;
    const host = this.#host ?? bug(`the weight ${name} was disposed of`);
    this.#tensor = hostToTfjs(tf, backend, name, host);
    this.#host = null;
    return this.#tensor;
  }

  dispose(): void {
    this.#tensor?.dispose();
    this.#tensor = null;
    this.#host = null;
  }
}

export type TfjsRun = {
  readonly tf: Tf;
  readonly backend: string;
  readonly graph: Graph;
  readonly feeds: ReadonlyMap<string, HostTensor>;
  readonly weights: ReadonlyMap<string, TfjsWeight>;
};

/** Every output by name. Throws BackendFailure for what the data caused. */
export function executeTfjs({
  tf,
  backend,
  graph,
  feeds,
  weights,
}: TfjsRun): ReadonlyMap<string, HostTensor> {
  const sizes = bindSymbols(graph, new Map([...feeds].map(([name, { dims }]) => [name, dims])));
  const lastUse = lastUses(graph);
  const values: (TfTensor | undefined)[] = [];
  const outputs = new Map<string, HostTensor>();
  try {
    for (const [i, node] of graph.nodes.entries()) {
      const { op, type } = node;
      if (op.name === 'Weight') {
        const weight = weights.get(op.attrs.name) ?? bug(`no weight ${op.attrs.name}`);
        values[i] = tf.clone(weight.on(tf, backend, op.attrs.name));
      } else if (op.name === 'Input') {
        const feed = feeds.get(op.attrs.name) ?? bug(`no feed ${op.attrs.name}`);
        values[i] = hostToTfjs(tf, backend, op.attrs.name, feed);
      } else {
        const inputs = node.inputs.map((v) => values[v] ?? bug(`value %${v} is gone before its last use`));
        const inputTypes = node.inputs.map((v) => graph.nodes[v]?.type ?? bug(`no value %${v}`));
        const call: TfjsCall = {
          tf,
          backend,
          name: op.name,
          inputs,
          inputTypes,
          type,
          dims: dimsOf(type, sizes),
        };
        values[i] = tf.tidy(() => settled(call, runTfjsKernel(call, op.attrs)));
      }
      for (const { name, value } of graph.outputs) {
        const found = value === i ? values[i] : undefined;
        if (found !== undefined) outputs.set(name, tfjsToHost(found, type.dtype));
      }
      for (const v of lastUse[i] ?? []) {
        values[v]?.dispose();
        values[v] = undefined;
      }
    }
    return new Map(graph.outputs.map(({ name }) => [name, outputs.get(name) ?? bug(`no output ${name}`)]));
  } finally {
    for (const value of values) value?.dispose();
  }
}

/** A tensor of its own, of the right element type and dims; a kernel may return one of its inputs. */
function settled({ tf, inputs, type, dims, name }: TfjsCall, found: TfTensor): TfTensor {
  const dtype = tfDtype(type.dtype);
  const cast = found.dtype === dtype ? found : tf.cast(found, dtype);
  if (cast.shape.join() !== dims.join())
    return bug(`${name} computed [${cast.shape}] for the dims [${dims}]`);
  return inputs.includes(cast) ? tf.clone(cast) : cast;
}

/** For each node the values that nothing needs after it, itself included where only an output wanted it. */
function lastUses(graph: Graph): readonly (readonly number[])[] {
  const last = graph.nodes.map((_, i) => i);
  for (const [i, { inputs }] of graph.nodes.entries()) for (const v of inputs) last[v] = i;
  const result: number[][] = graph.nodes.map(() => []);
  for (const [value, node] of last.entries()) result[node]?.push(value);
  return result;
}
