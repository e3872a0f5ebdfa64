// Models from ONNX files: `onnx("path")`. In a file of its own, since only a pipeline that has one needs the reader of the format.
import { statSync } from 'node:fs';
import { bug } from '../../compiler/base/bug.js';
import { evaluateGraph } from '../../compiler/ir/evaluate.js';
import type { Graph, Node } from '../../compiler/ir/graph.js';
import { bytesOfWeights } from '../../compiler/ir/memory.js';
import { type Tensor, tensor } from '../../compiler/ir/tensor.js';
import { modelFromOnnx } from '../../compiler/model/from-onnx.js';
import { identityGraph, identityTolerance } from '../../compiler/model/identities.js';
import type { ModelGraph } from '../../compiler/model/model-graph.js';
import type { ModelProblem } from '../../compiler/model/problem.js';
import type { ImportedWeight } from '../../compiler/onnx/importer.js';
import type { OnnxProblem } from '../../compiler/onnx/problem.js';
import { type ImportedModel, readOnnx } from '../../compiler/onnx/read.js';
import { type HostTensor, numbersOf, tensorFromBytes } from '../backend/host-tensor.js';
import { externalFiles } from './external-data.js';
import { finiteFault, type LoadedModel, type WeightTable } from './load-model.js';
import { failed, fileProblem, type Loaded, loaded, readModelFile } from './model-files.js';
import { budgetFault } from './weight-budget.js';

/**
 * `one`: refuse a file whose rows a pipeline cannot give, because they are more than one tensor. `memoryBytes`: refuse weights that
 * are more than this, those of other files before they are read; absent: there is no bound.
 */
export type OnnxLoading = { readonly inputs: 'one' | 'any'; readonly memoryBytes?: number };

/** A model from an ONNX file. `shown` is the path as the pipeline writes it; external data may not leave the file's folder. */
export function loadOnnx(
  path: string,
  shown: string = path,
  { inputs, memoryBytes = Number.POSITIVE_INFINITY }: OnnxLoading = { inputs: 'one' },
): Loaded<LoadedModel> {
  // The format has no header: a file whose structure is not small beside its weights does not exist in practice.
  const large = budgetFault(shown, sizeOfFile(path), memoryBytes);
  if (large !== undefined) return large;
  const bytes = readModelFile(path, shown);
  if (bytes.kind === 'problem') return bytes;
  try {
    const read = readOnnx(bytes.value, { external: externalFiles(path) });
    if (read.kind === 'problem') return failed({ kind: 'onnx', path: shown, problem: read.problem });
    const outside = budgetFault(shown, bytesOfWeights(read.value.graph), memoryBytes);
    if (outside !== undefined) return outside;
    const found = checked(read.value, shown);
    if (found.kind === 'problem' || inputs === 'any' || found.value.graph.inputs.length === 1) return found;
    return failed({ kind: 'onnx', path: shown, problem: severalInputs(found.value.graph) });
  } catch (error) {
    return fileProblem(error, shown);
  }
}

/** 0 where there is no file: reading it says so. */
function sizeOfFile(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function severalInputs({ inputs }: ModelGraph): OnnxProblem {
  const names = inputs.map(({ name }) => `\`${name}\``).join(', ');
  const text =
    inputs.length === 0 ? 'the model has no input' : `the model has ${inputs.length} inputs: ${names}`;
  return { kind: 'inputs', text };
}

function checked(imported: ImportedModel, shown: string): Loaded<LoadedModel> {
  for (const weight of imported.weights.values()) {
    const value = tensorOf(weight);
    // Masks hold -inf on purpose; NaN has no purpose in a weight.
    const fault = holdsNaN(value) ? finiteFault(new Map([[weight.name, value]]), shown) : undefined;
    if (fault !== undefined) return failed(fault);
  }
  const weights = lazyWeights(imported.weights.values());
  const recognised = modelFromOnnx(shown, imported);
  const contradiction = contradictionIn(recognised, imported, weights);
  const graph =
    contradiction === undefined ? recognised : modelFromOnnx(shown, imported, { names: 'as-stored' });
  const fixed = graph.inputs.find(({ type }) => type.axes[0]?.size === 1);
  const warnings: readonly ModelProblem[] = [
    ...(fixed === undefined ? [] : [{ kind: 'fixed-batch', model: shown, input: fixed.name } as const]),
    ...(contradiction === undefined ? [] : [contradiction]),
  ];
  return loaded({ graph, weights, manifest: null, fixtures: null, warnings, files: null });
}

/** Above these, the identities are left to the backend, before the first run: the plain evaluator would take too long. */
const MOST_WORK = 8_000_000;
const LARGEST_VALUE = 1_000_000;

/** An identity that the recognised sites do not obey, on two tokens. */
function contradictionIn(
  model: ModelGraph,
  imported: ImportedModel,
  weights: WeightTable,
): ModelProblem | undefined {
  const [input] = model.inputs;
  if (input === undefined || model.inputs.length !== 1) return undefined;
  const { graph, identities } = identityGraph(model);
  if (identities.length === 0 || graph.nodes.some(({ op }) => op.name === 'Opaque')) return undefined;
  const elements = [...imported.weights.values()].reduce((n, { dims }) => n + product(dims), 0);
  const dims = input.type.axes.map(({ size }, i) => (typeof size === 'number' ? size : i === 0 ? 1 : 2));
  const positions = dims[1] ?? 1;
  const count = product(dims);
  const isLarge = ({ type }: Node): boolean =>
    product(type.axes.map(({ size }) => (typeof size === 'number' ? size : 2))) > LARGEST_VALUE;
  if (elements * count > MOST_WORK || graph.nodes.some(isLarge)) return undefined;
  const isWhole = input.type.dtype === 'i64' || input.type.dtype === 'i32';
  const data = Array.from({ length: count }, (_, i) => (isWhole ? i % 2 : Math.sin(i)));
  const values = evaluated(graph, new Map([[input.name, tensor(input.type.dtype, dims, data)]]), weights);
  if (values === undefined) return undefined;
  const scalar = (name: string): number => values.get(name)?.data[0] ?? Number.NaN;
  for (const { text, difference, magnitude, terms } of identities) {
    const tolerance = identityTolerance(terms({ pos: positions }), scalar(magnitude));
    const found = scalar(difference);
    if (!(found <= tolerance))
      return { kind: 'identity-fails', model: model.name, identity: text, difference: found, tolerance };
  }
  return undefined;
}

function product(dims: readonly number[]): number {
  return dims.reduce((n, d) => n * d, 1);
}

/** Undefined where the file cannot be computed on these tokens (a table of one row): the backend checks it on real ones. */
function evaluated(
  graph: Graph,
  feeds: ReadonlyMap<string, Tensor>,
  weights: WeightTable,
): ReadonlyMap<string, Tensor> | undefined {
  try {
    return evaluateGraph(graph, feeds, ({ digest }) => {
      const weight = weights.get(digest) ?? bug(`no weight ${digest}`);
      return tensor(weight.dtype, weight.dims, numbersOf(weight));
    });
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('internal error')) return undefined;
    throw error;
  }
}

/** A tensor that someone still holds is given again, any other is read: nothing is kept for its own sake. */
function lazyWeights(weights: Iterable<ImportedWeight>): WeightTable {
  const byDigest = new Map([...weights].map((one) => [one.digest as string, one]));
  const held = new Map<string, WeakRef<HostTensor>>();
  return {
    get: (digest) => {
      const weight = byDigest.get(digest);
      if (weight === undefined) return undefined;
      const again = held.get(digest)?.deref();
      if (again !== undefined) return again;
      const read = tensorOf(weight);
      held.set(digest, new WeakRef(read));
      return read;
    },
  };
}

function tensorOf({ dtype, dims, read }: ImportedWeight): HostTensor {
  return tensorFromBytes(dtype, dims, read());
}

function holdsNaN({ dtype, data }: HostTensor): boolean {
  if (dtype !== 'f32' && dtype !== 'f64') return false;
  for (let i = 0; i < data.length; i++) if (Number.isNaN(data[i])) return true;
  return false;
}
