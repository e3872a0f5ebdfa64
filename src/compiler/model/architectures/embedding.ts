// What comes before the blocks and after them in models that read tokens: embeddings by table, and the product that gives logits.
import type { ValueId } from '../../ir/graph.js';
import { axis, type TensorType } from '../../ir/tensor-type.js';
import { add, matmul, transpose } from '../layers.js';
import type { Draft } from './draft.js';

export const TOKENS = 'tokens';

/** int64 [example, pos]. */
export function tokensType(draft: Draft): TensorType {
  return { dtype: 'i64', axes: draft.perPosition('pos') };
}

/** The site `embed` [example, pos, d_model] and the table that it is read from. */
export function tokenEmbedding(
  draft: Draft,
  table: { readonly tensor: string; readonly vocab: number },
): { readonly embed: ValueId; readonly W_E: ValueId } {
  const { b, sizes } = draft;
  const shape = [
    ['vocab', table.vocab],
    ['d_model', sizes.width],
  ] as const;
  const W_E = draft.namedTensor('W_E', table.tensor, shape, 'matrix');
  const tokens = b.input(TOKENS, tokensType(draft));
  return {
    embed: draft.mark('embed', 'embed', b.add({ name: 'Gather', attrs: { axis: 0 } }, W_E, tokens)),
    W_E,
  };
}

/** The site `pos_embed`: the first rows of a table, one per position, for each example so that one row can be written. */
export function positionEmbedding(
  draft: Draft,
  table: { readonly tensor: string; readonly context: number },
): ValueId {
  const { b, sizes } = draft;
  const shape = [
    ['context', table.context],
    ['d_model', sizes.width],
  ] as const;
  const W_pos = draft.namedTensor('W_pos', table.tensor, shape, 'matrix');
  const index = b.add({ name: 'Iota', attrs: { axis: axis('pos', sizes.positions) } });
  const rows = b.add({ name: 'Gather', attrs: { axis: 0 } }, W_pos, index);
  return draft.mark('pos_embed', 'embed', perExample(draft, rows));
}

/** The same rows for every example. */
export function perExample(draft: Draft, rows: ValueId): ValueId {
  const axes = draft.perPosition('pos', ['d_model', draft.sizes.width]);
  return draft.b.add({ name: 'Expand', attrs: { axes } }, rows);
}

export type Unembedding = {
  readonly vocab: number;
  /** The table of the embedding where both are one tensor. */
  readonly tied: ValueId | null;
  readonly tensor: string;
  readonly bias: string | null;
};

/** The site `logits` [example, pos, vocab] of x [example, pos, d_model]. `W_U` is [vocab, d_model], as the embedding. */
export function unembedding(draft: Draft, x: ValueId, { vocab, tied, tensor, bias }: Unembedding): ValueId {
  const { b, sizes } = draft;
  const shape = [
    ['vocab', vocab],
    ['d_model', sizes.width],
  ] as const;
  // A tied table keeps both names: one value, read at both ends.
  const W_U = draft.markWeight('W_U', tied ?? draft.tensor(tensor, shape, 'matrix'));
  const logits = matmul(b, x, transpose(b, W_U, [1, 0]));
  if (bias === null) return draft.mark('logits', 'other', logits);
  const b_U = draft.namedTensor('b_U', bias, [['vocab', vocab]], 'bias');
  return draft.mark('logits', 'other', add(b, logits, b_U));
}
