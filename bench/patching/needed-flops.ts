// A lower bound for the floating-point operations of a sweep: what no exact method that runs the layers can avoid. Only positions that
// can differ, only layers behind the change, of the last layer the last position, of the unembedding two columns. Matrix products only.
import type { PlainRows } from './protocol.js';
import type { SweepName } from './sweeps.js';

export type Shape = {
  readonly layers: number;
  readonly heads: number;
  readonly width: number;
  /** Of keys, and of values: less than `width` where heads share them. */
  readonly keyWidth: number;
  readonly mlpWeights: number;
};

export const GPT2_SMALL: Shape = {
  layers: 12,
  heads: 12,
  width: 768,
  keyWidth: 768,
  mlpWeights: 2 * 768 * 3072,
};
export const SMOLLM2_135M: Shape = {
  layers: 30,
  heads: 9,
  width: 576,
  keyWidth: 192,
  mlpWeights: 3 * 576 * 1536,
};

export function neededGigaflops(sweep: SweepName, shape: Shape, rows: PlainRows): number {
  const length = rows.tokens[0]?.length ?? 0;
  const clean = rows.tokens.length + (sweep === 'c' ? rows.reference.length : 0);
  let flops = clean * pass(shape, { start: 0, first: 0, length });
  for (const [i, tokens] of rows.tokens.entries()) {
    const first = tokens.findIndex((token, at) => token !== rows.partner[i]?.[at]);
    flops += ofPrompt(sweep, shape, { first, length });
  }
  return flops / 1e9;
}

/** All members on one prompt, and what its partner is run for. */
function ofPrompt(sweep: SweepName, shape: Shape, { first, length }: Omit<Extent, 'start'>): number {
  const donor = pass(shape, { start: 0, first, length });
  switch (sweep) {
    case 'a':
      return donor + heads(shape, length - 1, length);
    case 'a-all':
      return donor + heads(shape, first, length);
    case 'b':
      return donor + grid(shape, first, length);
    case 'c':
      return heads(shape, 0, length);
    case 'd':
      return donor + shape.layers * shape.heads * headOut(shape);
    case 'd-mlps':
      return donor + pathsThroughMlps(shape);
  }
}

type Extent = { readonly start: number; readonly first: number; readonly length: number };

/** Layers from `start` on, positions from `first` on, one prompt. */
function pass(shape: Shape, { start, first, length }: Extent): number {
  let flops = 0;
  for (let layer = start; layer < shape.layers; layer++) {
    const queries = layer === shape.layers - 1 ? 1 : length - first;
    flops += (length - first) * 4 * shape.width * shape.keyWidth;
    flops += queries * (4 * shape.width ** 2 + 2 * shape.mlpWeights);
    for (let at = length - queries; at < length; at++) flops += 4 * shape.width * (at + 1);
  }
  return flops;
}

function headOut({ width, heads: count }: Shape): number {
  return (2 * width * width) / count;
}

/** Every head of every layer, changed from `first` on: what it adds, its layer's MLP, and all layers behind. */
function heads(shape: Shape, first: number, length: number): number {
  let flops = 0;
  for (let layer = 0; layer < shape.layers; layer++) {
    const rows = layer === shape.layers - 1 ? 1 : length - first;
    const own = rows * (headOut(shape) + 2 * shape.mlpWeights);
    flops += shape.heads * (own + pass(shape, { start: layer + 1, first, length }));
  }
  return flops;
}

function grid(shape: Shape, from: number, length: number): number {
  let flops = 0;
  for (let start = 0; start < shape.layers; start++)
    for (let first = from; first < length; first++) flops += pass(shape, { start, first, length });
  return flops;
}

function pathsThroughMlps(shape: Shape): number {
  const mlpRuns = (shape.heads * shape.layers * (shape.layers + 1)) / 2;
  return mlpRuns * 2 * shape.mlpWeights + shape.layers * shape.heads * headOut(shape);
}
