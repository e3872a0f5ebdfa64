// A pass turns a graph into one that computes the same with less. The runner skips by name, verifies after each pass, records what
// each one saved, and hands every graph to a dump hook.
import { flopsOf } from '../ir/flops.js';
import type { Graph } from '../ir/graph.js';
import { inputsOf, type SymbolSizes, symbolsOf } from '../ir/symbols.js';
import type { TensorType } from '../ir/tensor-type.js';
import { verifyGraph } from '../ir/verify.js';
import type { Bound } from './dirtiness.js';

export type PassContext = {
  /** Sizes at which a pass that has a choice compares costs. They decide speed, never results. */
  readonly sizes: SymbolSizes;
  /** Tells of an input that the pass made up, and what it is to be filled with. */
  readonly addInput: (input: PositionsInput) => void;
};

/** The positions of the rows of a call that may differ from the clean run, or those before: one ascending list for all rows. */
export type PositionsInput = {
  readonly name: string;
  readonly type: TensorType;
  /** Size of axis 0 of the rows of the family: `row:0`. */
  readonly rows: string;
  /** The symbol of the number of positions, and that of those that may differ. */
  readonly positions: string;
  readonly dirty: string;
  readonly which: 'clean' | 'dirty';
  readonly bounds: readonly Bound[];
  /** Members differ in what they write alone. */
  readonly alike: boolean;
};
export type Pass = {
  readonly name: string;
  readonly about: string;
  readonly run: (graph: Graph, context: PassContext) => Graph;
};

export type PassRecord = {
  readonly name: string;
  readonly skipped: boolean;
  readonly nodesBefore: number;
  readonly nodesAfter: number;
  readonly flopsBefore: number;
  readonly flopsAfter: number;
};

export type PassOptions = {
  /** Names of passes to leave out. */
  readonly without?: ReadonlySet<string>;
  /** Known symbol sizes; the others are representative. */
  readonly sizes?: SymbolSizes;
  /** Called with the graph after each pass that ran. */
  readonly dump?: (name: string, graph: Graph) => void;
};

/** Runs passes in order. Throws a bug if a pass breaks an invariant of the graph. */
export function runPasses(
  graph: Graph,
  passes: readonly Pass[],
  options: PassOptions = {},
): {
  readonly graph: Graph;
  readonly records: readonly PassRecord[];
  /** Inputs that passes made up and that are still read. */
  readonly inputs: readonly PositionsInput[];
} {
  verifyGraph(graph);
  const sizes = representativeSizes(graph, options.sizes);
  const records: PassRecord[] = [];
  let current = graph;
  let flops = flopsOf(graph, sizes);
  const added: PositionsInput[] = [];
  for (const pass of passes) {
    const skipped = options.without?.has(pass.name) ?? false;
    const before = { nodesBefore: current.nodes.length, flopsBefore: flops };
    if (!skipped) {
      current = pass.run(current, { sizes, addInput: (input) => added.push(input) });
      verifyGraph(current);
      flops = flopsOf(current, representativeSizes(current, sizes));
      options.dump?.(pass.name, current);
    }
    records.push({
      name: pass.name,
      skipped,
      ...before,
      nodesAfter: current.nodes.length,
      flopsAfter: flops,
    });
  }
  const read = new Set(inputsOf(current).map((one) => one.name));
  return { graph: current, records, inputs: added.filter((one) => read.has(one.name)) };
}

const EXAMPLES = 8;
const ROWS = 64;
const POSITIONS = 16;
/** Positions from a write on: a quarter. */
const DIRTY = 4;

/** Sizes for every symbol of a graph: those given, else 8 examples, 64 rows of a family, 16 of anything else. */
export function representativeSizes(graph: Graph, given: SymbolSizes = new Map()): SymbolSizes {
  const guess = (symbol: string) =>
    symbol === 'example'
      ? EXAMPLES
      : symbol.startsWith('row:')
        ? ROWS
        : symbol.startsWith('dirty:')
          ? DIRTY
          : POSITIONS;
  return new Map(symbolsOf(graph).map((symbol) => [symbol, given.get(symbol) ?? guess(symbol)]));
}
