// The weights of attention as the file holds them, given in two forms of one value: the site that a reader knows by named axes
// (`W_Q` [head, d_head, d_model]) and the matrix that one flat product needs. Both are views: nothing is copied by a Reshape.
import type { ValueId } from '../../ir/graph.js';
import { axis } from '../../ir/tensor-type.js';
import { transpose } from '../layers.js';
import type { Draft } from './draft.js';

/** Number and axis name of the heads of one projection, and their width. */
export type Heads = {
  readonly axis: 'head' | 'kv_head';
  readonly count: number;
  readonly width: number;
};

/** x (matrix) (+ bias) = q, k or v. */
export type Projection = {
  readonly heads: Heads;
  /** [d_model, heads * d_head]. */
  readonly matrix: ValueId;
  /** [heads, d_head]. */
  readonly bias: ValueId | undefined;
};

export type OutputProjection = {
  /** [heads * d_head, d_model]. */
  readonly matrix: ValueId;
  /** [head, d_head, d_model]. */
  readonly perHead: ValueId;
  readonly bias: ValueId | undefined;
};

export type Letter = 'Q' | 'K' | 'V';

/** The flattened axis of all heads. */
export function wideAxis({ axis: name, count, width }: Heads): readonly [string, number] {
  return [`${name}_d_head`, count * width];
}

type LinearRequest = {
  /** Path of the weights: `blocks.0.attn`. */
  readonly path: string;
  readonly letter: Letter;
  /** NAME.weight and NAME.bias in the file. */
  readonly tensors: string;
  readonly heads: Heads;
  readonly bias: boolean;
};

/** q, k or v by a `Linear`, whose weight is [heads * d_head, d_model]. */
export function linearProjection(
  draft: Draft,
  { path, letter, tensors, heads, bias }: LinearRequest,
): Projection {
  const { b, sizes } = draft;
  const wide = wideAxis(heads);
  const weight = draft.tensor(`${tensors}.weight`, [wide, ['d_model', sizes.width]], 'matrix');
  const site = reshaped(draft, weight, [
    [heads.axis, heads.count],
    ['d_head', heads.width],
    ['d_model', sizes.width],
  ]);
  draft.markWeight(`${path}.W_${letter}`, site);
  const flat = reshaped(draft, site, [wide, ['d_model', sizes.width]]);
  return {
    heads,
    matrix: transpose(b, flat, [1, 0]),
    bias: bias
      ? headBias(draft, { path, letter, heads }, draft.tensor(`${tensors}.bias`, [wide], 'bias'))
      : undefined,
  };
}

/** A bias of all heads together as [heads, d_head], marked. */
export function headBias(
  draft: Draft,
  { path, letter, heads }: Pick<LinearRequest, 'path' | 'letter' | 'heads'>,
  flat: ValueId,
): ValueId {
  const site = reshaped(draft, flat, [
    [heads.axis, heads.count],
    ['d_head', heads.width],
  ]);
  return draft.markWeight(`${path}.b_${letter}`, site);
}

/** The output of attention by a `Linear`, whose weight is [d_model, heads * d_head]. */
export function linearOutput(
  draft: Draft,
  { path, tensors, heads, bias }: Omit<LinearRequest, 'letter'>,
): OutputProjection {
  const { b, sizes } = draft;
  const wide = wideAxis(heads);
  const model = ['d_model', sizes.width] as const;
  const weight = draft.tensor(`${tensors}.weight`, [model, wide], 'matrix');
  const site = reshaped(draft, weight, [model, [heads.axis, heads.count], ['d_head', heads.width]]);
  draft.markWeight(`${path}.W_O`, site);
  return {
    matrix: transpose(b, reshaped(draft, site, [model, wide]), [1, 0]),
    perHead: transpose(b, site, [1, 2, 0]),
    bias: bias ? draft.namedTensor(`${path}.b_O`, `${tensors}.bias`, [model], 'bias') : undefined,
  };
}

export function reshaped(
  { b }: Draft,
  value: ValueId,
  shape: readonly (readonly [string, number])[],
): ValueId {
  return b.add({ name: 'Reshape', attrs: { axes: shape.map(([name, size]) => axis(name, size)) } }, value);
}
