// How much memory a graph needs when its nodes run in order and every value is freed after its last use.
import { bug } from '../base/bug.js';
import type { Graph } from './graph.js';
import type { OpName } from './op.js';
import { dimsOf, type SymbolSizes } from './symbols.js';
import { sizeOf } from './tensor.js';
import type { DType } from './tensor-type.js';

export type MemoryNeed = {
  /** Most bytes of inputs, constants and intermediate values that live at once. Outputs live to the end. */
  readonly peakBytes: number;
  /** Bytes of all weights, which live throughout and are not part of the peak. */
  readonly weightBytes: number;
  /** The node at which the peak is reached. */
  readonly peakAt: number;
};

export const BYTES_OF = { f32: 4, f64: 8, f16: 2, i8: 1, u8: 1, i32: 4, i64: 8, bool: 1 } as const satisfies {
  readonly [D in DType]: number;
};

/** These give their input another shape or name; backends run them without a copy. */
const VIEWS: ReadonlySet<OpName> = new Set([
  'Identity',
  'Reshape',
  'Squeeze',
  'Unsqueeze',
  'Rename',
  'Flatten',
]);

export function memoryOf(graph: Graph, sizes: SymbolSizes): MemoryNeed {
  const owner: number[] = [];
  const bytes: number[] = [];
  let weightBytes = 0;
  for (const [id, { op, inputs, type }] of graph.nodes.entries()) {
    const [source] = inputs;
    const size = sizeOf(dimsOf(type, sizes)) * BYTES_OF[type.dtype];
    owner.push(VIEWS.has(op.name) && source !== undefined ? (owner[source] ?? id) : id);
    if (op.name === 'Weight') weightBytes += size;
    bytes.push(op.name === 'Weight' || owner[id] !== id ? 0 : size);
  }
  const lastUse = graph.nodes.map((_, id) => id);
  for (const [id, { inputs }] of graph.nodes.entries()) for (const i of inputs) lastUse[at(owner, i)] = id;
  for (const { value } of graph.outputs) lastUse[at(owner, value)] = graph.nodes.length;
  const freed = new Map<number, number[]>();
  for (const [id, last] of lastUse.entries()) freed.set(last, [...(freed.get(last) ?? []), id]);

  let live = 0;
  let peakBytes = 0;
  let peakAt = 0;
  for (const [id, size] of bytes.entries()) {
    live += size;
    if (live > peakBytes) {
      peakBytes = live;
      peakAt = id;
    }
    for (const dead of freed.get(id) ?? []) live -= at(bytes, dead);
  }
  return { peakBytes, weightBytes, peakAt };
}

/** Bytes of all weights; one that several nodes name counts for each. */
export function bytesOfWeights({ nodes }: Graph): number {
  return nodes.reduce(
    (sum, { op, type }) =>
      op.name === 'Weight' ? sum + sizeOf(dimsOf(type, NO_SYMBOLS)) * BYTES_OF[type.dtype] : sum,
    0,
  );
}

const NO_SYMBOLS: SymbolSizes = new Map();

function at(list: readonly number[], index: number): number {
  return list[index] ?? bug(`no value %${index}`);
}
