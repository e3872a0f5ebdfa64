// Runs small graphs on the reference evaluator with seeded inputs, and reads the result by axis names.
import { evaluateGraph } from '../../src/compiler/ir/evaluate.js';
import { type Graph, GraphBuilder, type ValueId } from '../../src/compiler/ir/graph.js';
import { bindSymbols, dimsOf, inputsOf, type SymbolSizes } from '../../src/compiler/ir/symbols.js';
import { sizeOf, type Tensor, tensor } from '../../src/compiler/ir/tensor.js';
import type { Axis, DType, TensorType } from '../../src/compiler/ir/tensor-type.js';

/** A small generator (mulberry32): tests need reproducible numbers, not good ones. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A tensor of a type: floats in (-2, 2), integers in [0, below), booleans. */
export function randomTensor(type: TensorType, sizes: SymbolSizes, random: () => number, below = 2): Tensor {
  const dims = dimsOf(type, sizes);
  const draw: { readonly [D in DType]: () => number } = {
    f32: () => random() * 4 - 2,
    f64: () => random() * 4 - 2,
    f16: () => random() * 4 - 2,
    i8: () => Math.floor(random() * below),
    u8: () => Math.floor(random() * below),
    i32: () => Math.floor(random() * below),
    i64: () => Math.floor(random() * below),
    bool: () => Math.floor(random() * 2),
  };
  return tensor(type.dtype, dims, Array.from({ length: sizeOf(dims) }, draw[type.dtype]));
}

/** Seeded tensors for every input of a graph. */
export function randomFeeds(
  graph: Graph,
  sizes: SymbolSizes,
  seed: number,
  below = 2,
): ReadonlyMap<string, Tensor> {
  const random = randomNumbers(seed);
  return new Map(inputsOf(graph).map(({ name, type }) => [name, randomTensor(type, sizes, random, below)]));
}

/** Seeded weights: the same digest always has the same numbers. */
export function randomWeights(sizes: SymbolSizes): (weight: { digest: string; type: TensorType }) => Tensor {
  return ({ digest, type }) => {
    let seed = 7;
    for (const char of digest) seed = (Math.imul(seed, 31) + (char.codePointAt(0) ?? 0)) >>> 0;
    return randomTensor(type, sizes, randomNumbers(seed));
  };
}

export type NamedArray = {
  readonly axes: readonly string[];
  readonly dims: readonly number[];
  readonly at: (place: Readonly<Record<string, number>>) => number;
};

/** A tensor read by axis names: axes that it lacks are ignored, so it broadcasts by itself. */
export function named(t: Tensor, axes: readonly Axis[]): NamedArray {
  return {
    axes: axes.map((a) => a.name),
    dims: t.dims,
    at: (place) => {
      let offset = 0;
      for (const [i, a] of axes.entries()) {
        const index = place[a.name];
        if (index === undefined) throw new Error(`no index along ${a.name}`);
        offset = offset * (t.dims[i] ?? 1) + index;
      }
      return t.data[offset] ?? Number.NaN;
    },
  };
}

/** Every index of the given axes. */
export function* places(axes: readonly (readonly [string, number])[]): Generator<Record<string, number>> {
  const [first, ...rest] = axes;
  if (first === undefined) {
    yield {};
    return;
  }
  for (let i = 0; i < first[1]; i++) for (const place of places(rest)) yield { [first[0]]: i, ...place };
}

/** Builds one value over inputs of the given types, runs it on seeded numbers, and returns it and the inputs by name. */
export function runNamed(
  inputs: Readonly<Record<string, TensorType>>,
  sizes: SymbolSizes,
  build: (b: GraphBuilder, values: Readonly<Record<string, ValueId>>) => ValueId,
  below = 2,
): {
  readonly result: NamedArray;
  readonly given: Readonly<Record<string, NamedArray>>;
  readonly graph: Graph;
} {
  const b = new GraphBuilder();
  const values = Object.fromEntries(
    Object.entries(inputs).map(([name, type]) => [name, b.input(name, type)]),
  );
  const y = build(b, values);
  const axes = b.axesOf(y);
  // Inputs that the value does not need are outputs too, so that every symbol is bound.
  const extra = Object.entries(values).map(([name, value]) => ({ name: `in:${name}`, value }));
  const graph = b.build([{ name: 'y', value: y }, ...extra]);
  const feeds = randomFeeds(graph, sizes, 11, below);
  bindSymbols(graph, new Map([...feeds].map(([name, t]) => [name, t.dims])));
  const y1 = evaluateGraph(graph, feeds).get('y');
  if (y1 === undefined) throw new Error('no result');
  const given = Object.entries(inputs).map(([name, type]) => {
    const t = feeds.get(name);
    if (t === undefined) throw new Error(`no input ${name}`);
    return [name, named(t, type.axes)] as const;
  });
  return { result: named(y1, axes), given: Object.fromEntries(given), graph };
}

/** The entry of a record that the test knows to be there. */
export function need<T>(record: Readonly<Record<string, T>>, name: string): T {
  const found = record[name];
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}
