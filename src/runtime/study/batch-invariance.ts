// Batch invariance: an example gives the same numbers alone as among others, but for another order of float32 summation.
import type { ModelValue } from '../../compiler/check/value.js';
import { type Graph, GraphBuilder } from '../../compiler/ir/graph.js';
import { instantiate } from '../../compiler/model/replay.js';
import { type HostTensor, numbersOf, tensorOf } from '../backend/host-tensor.js';
import { philoxInto, streamKey } from '../stats/rng.js';
import {
  type CheckBench,
  type CheckResult,
  inputNameOf,
  inputsOf,
  lastSiteOf,
  outputOf,
  unwritten,
} from './unwritten-run.js';

/** Compares each row of the input by itself with the same row among all. */
export async function batchInvariance(bench: CheckBench): Promise<CheckResult> {
  const { model, input, backend, lookupWeight } = bench;
  const [count = 0, ...rest] = input.dims;
  if (count < 2) return { state: 'not-checked', text: 'no two rows have the same length' };
  const builder = new GraphBuilder();
  const replay = instantiate(builder, model.graph, { ...unwritten, inputs: inputsOf(builder, model) });
  const graph = builder.build([{ name: 'out', value: replay.valueOf(lastSiteOf(model)) }]);
  const executable = await backend.compile(graph, { weights: 'constants', lookupWeight });
  const run = async (feed: HostTensor): Promise<HostTensor> =>
    outputOf((await executable.run(new Map([[inputNameOf(model), feed]]))).outputs, 'out');
  let largest = 0;
  let magnitude = 0;
  let worst: { readonly example: HostTensor; readonly exact: HostTensor } | null = null;
  try {
    const together = await run(input);
    const size = together.data.length / count;
    const length = input.data.length / count;
    for (let row = 0; row < count; row++) {
      const numbers = Array.from({ length }, (_, i) => Number(input.data[row * length + i]));
      const example = tensorOf(input.dtype, [1, ...rest], numbers);
      const exact = await run(example);
      worst ??= { example, exact };
      for (let i = 0; i < size; i++) {
        const own = Number(exact.data[i]);
        const difference = gap(own, Number(together.data[row * size + i]));
        if (difference > largest) {
          largest = difference;
          worst = { example, exact };
        }
        if (Number.isFinite(own)) magnitude = Math.max(magnitude, Math.abs(own));
      }
    }
  } finally {
    executable.dispose();
  }
  const expected = summationTolerance(model, magnitude);
  // Measured only where the difference is larger than can be expected of any model: it takes another set of weights.
  const tolerance =
    largest <= expected || worst === null
      ? expected
      : Math.max(expected, 8 * (await roundingEffect(graph, worst, bench)));
  return {
    state: largest <= tolerance ? 'passed' : 'failed',
    text: `${count} examples alone and together differ by at most ${largest.toExponential(1)} (allowed ${tolerance.toExponential(1)})`,
  };
}

/** Equal values, infinite ones included, do not differ; a number and none differ by everything. */
function gap(left: number, right: number): number {
  if (Object.is(left, right)) return 0;
  const difference = Math.abs(left - right);
  return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
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
  graph: Graph,
  { example, exact }: { readonly example: HostTensor; readonly exact: HostTensor },
  { model, backend, lookupWeight }: CheckBench,
): Promise<number> {
  const size = Math.sqrt(longestSum(graph)) * 2 ** -24;
  const jittered = (digest: string): HostTensor => {
    const weight = lookupWeight(digest);
    if (weight.dtype !== 'f32') return weight;
    const key = streamKey(digest, 'rounding');
    const words = new Uint32Array(4);
    const data = Float32Array.from(numbersOf(weight), Number);
    for (const [i, value] of data.entries()) {
      if (i % 4 === 0) philoxInto(key, i / 4, 0, 0, 0, words);
      const uniform = (words[i % 4] ?? 0) / 2 ** 32;
      data[i] = value * (1 + size * (2 * uniform - 1));
    }
    return { ...weight, data };
  };
  const executable = await backend.compile(graph, { weights: 'constants', lookupWeight: jittered });
  try {
    const { outputs } = await executable.run(new Map([[inputNameOf(model), example]]));
    const found = outputOf(outputs, 'out');
    let largest = 0;
    for (let i = 0; i < found.data.length; i++) {
      const difference = Math.abs(Number(found.data[i]) - Number(exact.data[i]));
      if (Number.isFinite(difference)) largest = Math.max(largest, difference);
    }
    return largest;
  } finally {
    executable.dispose();
  }
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
