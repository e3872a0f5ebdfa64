// Checks that interventions do what they say, made in every run. Self-swap: writing a site's own value, fed in from outside,
// changes no bit of the output. Batch invariance: an example gives the same numbers alone as among others.
import { bug } from '../../compiler/base/bug.js';
import type { CheckedFile } from '../../compiler/check/experiment.js';
import type { Stage } from '../../compiler/check/stage.js';
import type { ModelValue } from '../../compiler/check/value.js';
import { type Graph, GraphBuilder, type ValueId } from '../../compiler/ir/graph.js';
import { instantiate } from '../../compiler/model/replay.js';
import type { Backend } from '../backend/backend.js';
import { type HostTensor, numbersOf, tensorOf } from '../backend/host-tensor.js';
import { streamKey, uniform01 } from '../stats/rng.js';
import type { RowBook } from './rows.js';

export type ManipulationCheck = { readonly name: string; readonly passed: boolean; readonly text: string };

const mostRows = 4;

export async function manipulationChecks(
  checked: CheckedFile,
  rows: RowBook,
  backend: Backend,
  lookupWeight: (digest: string) => HostTensor,
): Promise<readonly ManipulationCheck[]> {
  const made: ManipulationCheck[] = [];
  for (const model of checked.models) {
    const stage = checked.claims[0]?.stage ?? checked.views[0]?.metrics[0]?.stage;
    if (stage === undefined) continue;
    const paths = writtenPaths(checked, model);
    if (paths.length === 0) continue;
    const tokens = sampleInput(model, stage, rows);
    if (tokens === null) continue;
    made.push(await selfSwap(model, paths, tokens, backend, lookupWeight));
    made.push(await batchInvariance(model, tokens, backend, lookupWeight));
  }
  return made;
}

/** Sites that the stages of claims write. */
function writtenPaths(checked: CheckedFile, model: ModelValue): readonly string[] {
  const paths = new Set<string>();
  for (const stage of checked.stages.stages.values()) for (const path of stage.writtenPaths) paths.add(path);
  return [...paths].filter((path) => model.graph.sites.some((site) => site.path === path)).toSorted();
}

/** A few rows of equal length as the model's input. */
function sampleInput(model: ModelValue, stage: Stage, rows: RowBook): HostTensor | null {
  const set = rows.rows(stage.data, stage.split);
  const input = model.graph.inputs[0] ?? bug('a model without inputs');
  const column = set.columns.get('tokens') ?? set.columns.get('bytes');
  if (column === undefined || !('offsets' in column)) return null;
  const length = set.lengths[0] ?? 0;
  const chosen: number[] = [];
  for (let row = 0; row < set.rows && chosen.length < mostRows; row++)
    if (set.lengths[row] === length) chosen.push(row);
  const data = chosen.flatMap((row) => {
    const from = column.offsets[row] ?? 0;
    return [...column.values.subarray(from, from + length)];
  });
  return tensorOf(input.type.dtype, [chosen.length, length], data);
}

const plain = {
  symbols: new Map<string, string>(),
  written: new Set<string>(),
  substitute: (_: readonly string[], value: ValueId) => value,
};

/** The output with every site written by its own captured value against the output with the writes switched off, bit by bit. */
async function selfSwap(
  model: ModelValue,
  paths: readonly string[],
  tokens: HostTensor,
  backend: Backend,
  lookupWeight: (digest: string) => HostTensor,
): Promise<ManipulationCheck> {
  const last = model.graph.sites.at(-1)?.path ?? bug('a model without sites');
  const capture = new GraphBuilder();
  const clean = instantiate(capture, model.graph, { ...plain, inputs: inputsOf(capture, model) });
  const captured = capture.build(paths.map((path) => ({ name: path, value: clean.valueOf(path) })));
  const first = await backend.compile(captured, { weights: 'constants', lookupWeight });
  const name = model.graph.inputs[0]?.name ?? '';
  const values = await first.run(new Map([[name, tokens]]));
  await first.dispose();
  const swap = new GraphBuilder();
  const active = swap.input('active', { dtype: 'bool', axes: [{ name: 'example', size: 'example' }] });
  const replay = instantiate(swap, model.graph, {
    ...plain,
    inputs: inputsOf(swap, model),
    written: new Set(paths),
    substitute: (at, inflight) => {
      const path = at.find((one) => paths.includes(one));
      if (path === undefined) return inflight;
      const value = swap.input(`value:${path}`, swap.typeOf(inflight));
      const rank = swap.axesOf(inflight).length;
      const positions = Array.from({ length: rank - 1 }, (_, i) => i + 1);
      const mask =
        rank === 1
          ? active
          : swap.add(
              {
                name: 'Unsqueeze',
                attrs: {
                  at: positions,
                  names: positions.map((i) => swap.axesOf(inflight)[i]?.name ?? `_${i}`),
                },
              },
              active,
            );
      return swap.add({ name: 'Where', attrs: {} }, mask, value, inflight);
    },
  });
  const graph = swap.build([{ name: 'out', value: replay.valueOf(last) }]);
  const second = await backend.compile(graph, { weights: 'constants', lookupWeight });
  const count = tokens.dims[0] ?? 0;
  const run = async (on: number): Promise<HostTensor> => {
    const feeds = new Map<string, HostTensor>([
      [name, tokens],
      [
        'active',
        tensorOf(
          'bool',
          [count],
          Array.from({ length: count }, () => on),
        ),
      ],
    ]);
    for (const path of paths)
      feeds.set(`value:${path}`, values.outputs.get(path) ?? bug(`no value of ${path}`));
    const { outputs } = await second.run(feeds);
    return outputs.get('out') ?? bug('no output');
  };
  const on = await run(1);
  const off = await run(0);
  await second.dispose();
  let different = 0;
  for (let i = 0; i < on.data.length; i++) if (!Object.is(on.data[i], off.data[i])) different++;
  return {
    name: `self-swap ${model.declared}`,
    passed: different === 0,
    text:
      different === 0
        ? `writing ${paths.length} site${paths.length === 1 ? '' : 's'} with their own values changed no bit of ${on.data.length} outputs`
        : `writing ${paths.length} sites with their own values changed ${different} of ${on.data.length} outputs`,
  };
}

/** Examples alone against examples together; the allowed difference is that of another order of float32 summation. */
async function batchInvariance(
  model: ModelValue,
  tokens: HostTensor,
  backend: Backend,
  lookupWeight: (digest: string) => HostTensor,
): Promise<ManipulationCheck> {
  const builder = new GraphBuilder();
  const replay = instantiate(builder, model.graph, { ...plain, inputs: inputsOf(builder, model) });
  const last = model.graph.sites.at(-1)?.path ?? bug('a model without sites');
  const graph = builder.build([{ name: 'out', value: replay.valueOf(last) }]);
  const executable = await backend.compile(graph, { weights: 'constants', lookupWeight });
  const name = model.graph.inputs[0]?.name ?? '';
  const together = (await executable.run(new Map([[name, tokens]]))).outputs.get('out') ?? bug('no output');
  const [count = 0, length = 0] = tokens.dims;
  const size = together.data.length / Math.max(1, count);
  const alone: { readonly example: HostTensor; readonly output: HostTensor }[] = [];
  let largest = 0;
  let worstRow = 0;
  let magnitude = 0;
  for (let row = 0; row < count; row++) {
    const one = tensorOf(
      tokens.dtype,
      [1, length],
      Array.from({ length }, (_, i) => Number(tokens.data[row * length + i])),
    );
    const output = (await executable.run(new Map([[name, one]]))).outputs.get('out') ?? bug('no output');
    alone.push({ example: one, output });
    for (let i = 0; i < size; i++) {
      const difference = Math.abs(Number(output.data[i]) - Number(together.data[row * size + i]));
      if (difference > largest) {
        largest = difference;
        worstRow = row;
      }
      magnitude = Math.max(magnitude, Math.abs(Number(output.data[i])));
    }
  }
  await executable.dispose();
  const worst = alone[worstRow];
  const effect =
    worst === undefined
      ? 0
      : await roundingEffect(
          { graph, input: name, example: worst.example, exact: worst.output },
          backend,
          lookupWeight,
        );
  const tolerance = Math.max(summationTolerance(model, magnitude), 8 * effect);
  return {
    name: `batch invariance ${model.declared}`,
    passed: largest <= tolerance,
    text: `${count} examples alone and together differ by at most ${largest.toExponential(1)} (allowed ${tolerance.toExponential(1)})`,
  };
}

/** Rounding errors of a chain of n operations add up like sqrt(n); 8 for the constant. */
function summationTolerance(model: ModelValue, magnitude: number): number {
  return 2 ** -23 * Math.max(1, magnitude) * Math.sqrt(model.graph.graph.nodes.length) * 8;
}

/**
 * What rounding may cost this model on this example, measured: the computed product of n terms is the exact one for weights
 * that are off by about sqrt(n) roundings (Higham, Accuracy and Stability, 3.1 and 2.8), so the model is run with weights that
 * are. Imported graphs can magnify that (a norm of nearly equal values).
 */
async function roundingEffect(
  of: {
    readonly graph: Graph;
    readonly input: string;
    readonly example: HostTensor;
    readonly exact: HostTensor;
  },
  backend: Backend,
  lookupWeight: (digest: string) => HostTensor,
): Promise<number> {
  const size = Math.sqrt(longestSum(of.graph)) * 2 ** -24;
  const jittered = (digest: string): HostTensor => {
    const weight = lookupWeight(digest);
    if (weight.dtype !== 'f32') return weight;
    const key = streamKey('0'.repeat(64), `rounding/${digest}`);
    return {
      ...weight,
      data: Float32Array.from(
        numbersOf(weight),
        (value, i) => Number(value) * (1 + size * (2 * uniform01(key, i) - 1)),
      ),
    };
  };
  const executable = await backend.compile(of.graph, { weights: 'constants', lookupWeight: jittered });
  const { outputs } = await executable.run(new Map([[of.input, of.example]]));
  await executable.dispose();
  const found = outputs.get('out') ?? bug('no output');
  let largest = 0;
  for (let i = 0; i < found.data.length; i++)
    largest = Math.max(largest, Math.abs(Number(found.data[i]) - Number(of.exact.data[i])));
  return largest;
}

/** The number of terms in the longest sum of products. */
function longestSum(graph: Graph): number {
  let longest = 1;
  for (const { op, inputs } of graph.nodes) {
    const axesOf = (at: number) => graph.nodes[inputs[at] ?? -1]?.type.axes ?? [];
    const terms =
      op.name === 'MatMul'
        ? axesOf(0).at(-1)?.size
        : op.name === 'Conv'
          ? axesOf(1)
              .slice(1)
              .reduce((product, axis) => product * (typeof axis.size === 'number' ? axis.size : 1), 1)
          : op.name === 'Gemm'
            ? axesOf(0)[op.attrs.transA ? 0 : 1]?.size
            : 1;
    if (typeof terms === 'number') longest = Math.max(longest, terms);
  }
  return longest;
}

function inputsOf(builder: GraphBuilder, model: ModelValue): ReadonlyMap<string, ValueId> {
  return new Map(model.graph.inputs.map(({ name, type }) => [name, builder.input(name, type)] as const));
}
