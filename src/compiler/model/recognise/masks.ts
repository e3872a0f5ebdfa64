// Which keys a mask hides, found by computing it: exporters write the causal mask in dozens of operators over positions. It is
// taken for causal, or for no mask, only if nothing but positions and small numbers goes into it and it is so at every length
// up to six, for one row and for two; otherwise it stays as the file has it.
import { evaluateGraph } from '../../ir/evaluate.js';
import { type Graph, pruneGraph, type ValueId } from '../../ir/graph.js';
import { OP_KIND } from '../../ir/op-kind.js';
import type { Tensor } from '../../ir/tensor.js';
import type { Attention } from './attention.js';
import type { GraphFacts } from './graph-facts.js';

export type KnownMask = { readonly kind: 'causal' | 'none'; readonly unmasked: ValueId };
/** The graph with what stands for masks filled in; its one input holds the tokens. */
export type FilledGraph = (graph: Graph) => Graph;

const LARGEST_NODES = 200;
const SMALL = 5;
const LENGTHS = [
  [1, 1],
  [1, 2],
  [1, 3],
  [1, 6],
  [2, 5],
] as const;
/** Softmax gives nothing to a score that is lower by this much. */
const HIDDEN = -1e4;

/** The mask of an attention, or undefined where it has none or none that is known. */
export function knownMask(
  facts: GraphFacts,
  { mask, scores }: Attention,
  { tokens, filled }: { readonly tokens: ValueId; readonly filled: FilledGraph },
): KnownMask | undefined {
  if (mask === null || mask.at !== scores) return undefined;
  const { at, unmasked } = mask;
  const [first, second, third] = facts.inputs(at);
  const parts = facts.isOp(at, 'Add') ? [mask.mask] : [first, second === unmasked ? third : second];
  const values = parts.filter((one) => one !== undefined);
  const outputs = [tokens, ...values].map((value, i) => ({ name: `${i}`, value }));
  const graph = pruneGraph({ nodes: facts.graph.nodes, outputs });
  if (!isOfPositions(graph)) return undefined;
  const shown = LENGTHS.map(([rows, positions]) => {
    const found = compute(filled(graph), rows, positions);
    return found === undefined ? undefined : visible(found, positions, second === unmasked);
  });
  const isAll = (test: (query: number, key: number) => boolean): boolean =>
    shown.every((one) => one?.every(({ query, key, isSeen }) => isSeen === test(query, key)) === true);
  if (isAll(() => true)) return { kind: 'none', unmasked };
  return isAll((query, key) => key <= query) ? { kind: 'causal', unmasked } : undefined;
}

/** Sizes and constants so small that six positions show what they do. */
function isOfPositions({ nodes }: Graph): boolean {
  if (nodes.length > LARGEST_NODES) return false;
  return nodes.every(({ op, type }) => {
    const kind: string = OP_KIND[op.name];
    if (kind === 'opaque' || kind === 'linear' || kind === 'pool' || op.name === 'Weight') return false;
    if (!type.axes.every(({ size }) => typeof size === 'string' || size <= 1024)) return false;
    if (op.name !== 'Constant') return true;
    return op.attrs.data.every((item) => {
      const size = Math.abs(Number(item));
      return size <= SMALL || size >= -HIDDEN;
    });
  });
}

type Found = ReadonlyMap<string, Tensor>;

function compute(graph: Graph, rows: number, positions: number): Found | undefined {
  const [tokens] = graph.nodes.flatMap(({ op }) => (op.name === 'Input' ? [op.attrs] : []));
  if (tokens === undefined || graph.nodes.filter(({ op }) => op.name === 'Input').length !== 1)
    return undefined;
  const dims = tokens.type.axes.map(({ size }, i) =>
    typeof size === 'number' ? size : i === 0 ? rows : positions,
  );
  const data = new Float64Array(dims.reduce((n, d) => n * d, 1));
  try {
    return evaluateGraph(graph, new Map([[tokens.name, { dtype: tokens.type.dtype, dims, data }]]));
  } catch (error) {
    // A file may index out of range at some length; its mask then stays as it is, and the backend reports it when it is run.
    if (error instanceof Error) return undefined;
    throw error;
  }
}

type Place = { readonly query: number; readonly key: number; readonly isSeen: boolean };

/** Every place of the computed mask, or undefined where it is of another kind: neither 0 nor hidden. */
function visible(found: Found, positions: number, isKept: boolean): readonly Place[] | undefined {
  const added = found.get('1');
  const other = found.get('2');
  if (added === undefined) return undefined;
  const [queries = 1, keys = 1] = added.dims.slice(-2);
  if ((queries !== positions && queries !== 1) || (keys !== positions && keys !== 1)) return undefined;
  const values = [...added.data].map(Number);
  if (other !== undefined) {
    if (![...other.data].every((one) => Number(one) <= HIDDEN)) return undefined;
  } else if (!values.every((one) => one === 0 || one <= HIDDEN)) return undefined;
  return values.flatMap((one, i) => {
    const isSeen = other === undefined ? one === 0 : (one !== 0) === isKept;
    const query = queries === 1 ? range(positions) : [Math.floor(i / keys) % queries];
    const key = keys === 1 ? range(positions) : [i % keys];
    return query.flatMap((q) => key.map((k) => ({ query: q, key: k, isSeen })));
  });
}

function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => i);
}
