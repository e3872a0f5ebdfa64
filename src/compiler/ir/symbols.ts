// The symbols of a graph and their sizes, bound from the dims of concrete inputs.
import { bug } from '../base/bug.js';
import { evaluateDim, rowsOfMembers, symbolsOfDim } from './dim.js';
import type { Graph } from './graph.js';
import { type Dim, type TensorType, typeText } from './tensor-type.js';

export type SymbolSizes = ReadonlyMap<string, number>;

/** Every symbol that occurs in a graph, in order of first use. */
export function symbolsOf(graph: Graph): readonly string[] {
  // A graph of thousands of nodes has a few dozen sizes, and each is a text to be parsed.
  const sizes = new Set(graph.nodes.flatMap(({ type }) => type.axes.map(({ size }) => size)));
  const found = new Set<string>();
  for (const size of sizes) for (const symbol of symbolsOfDim(size)) found.add(symbol);
  return [...found];
}

/** The inputs of a graph, in order. */
export function inputsOf(graph: Graph): readonly { readonly name: string; readonly type: TensorType }[] {
  return graph.nodes.flatMap(({ op }) => (op.name === 'Input' ? [op.attrs] : []));
}

/** Symbol sizes from the dims of the inputs (by name). Dims that contradict the types or each other are a bug. */
export function bindSymbols(graph: Graph, dims: ReadonlyMap<string, readonly number[]>): SymbolSizes {
  const sizes = new Map<string, number>();
  const given = inputsOf(graph).map(({ name, type }) => {
    const own = dims.get(name) ?? bug(`the input \`${name}\` is not given`);
    if (own.length !== type.axes.length)
      return bug(`the input \`${name}\` has dims [${own.join(',')}], not ${typeText(type)}`);
    return { name, type, own };
  });
  for (const { type, own } of given) {
    for (const [i, { size }] of type.axes.entries()) {
      if (isSymbol(size) && !sizes.has(size)) sizes.set(size, own[i] ?? 0);
    }
  }
  const examples = sizes.get('example');
  for (const symbol of symbolsOf(graph)) {
    const rows = sizes.get(rowsOfMembers(symbol) ?? '');
    if (rows !== undefined && examples !== undefined && examples > 0 && !sizes.has(symbol))
      sizes.set(symbol, rows / examples);
  }
  for (const { name, type, own } of given) {
    if (type.axes.some((a, i) => evaluateDim(a.size, sizes) !== own[i]))
      bug(`the input \`${name}\` has dims [${own.join(',')}], not ${typeText(type)} at ${sizesText(sizes)}`);
  }
  return sizes;
}

/** The dims of a type once its symbols have sizes. */
export function dimsOf(type: TensorType, sizes: SymbolSizes): readonly number[] {
  return type.axes.map((a) => evaluateDim(a.size, sizes));
}

function isSymbol(size: Dim): size is string {
  const [only] = symbolsOfDim(size);
  return typeof size === 'string' && only === size;
}

function sizesText(sizes: SymbolSizes): string {
  return [...sizes].map(([symbol, size]) => `${symbol}=${size}`).join(', ');
}
