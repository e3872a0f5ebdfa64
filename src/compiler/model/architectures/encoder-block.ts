// What BERT and ViT share: projections with biases, no mask, a plain MLP, tensors named as in Hugging Face's encoders.
import type { ValueId } from '../../ir/graph.js';
import { attention } from './attention.js';
import type { Activation } from './config.js';
import type { Draft } from './draft.js';
import { feedForward } from './feed-forward.js';
import { type Heads, linearOutput, linearProjection } from './projections.js';

export type EncoderBlock = {
  /** `blocks.0`. */
  readonly name: string;
  readonly heads: number;
  readonly headWidth: number;
  readonly bias: boolean;
  /** Prefixes of the tensors: PREFIX.query, .key, .value; the output; the two matrices of the MLP. */
  readonly projections: { readonly Q: string; readonly K: string; readonly V: string };
  readonly output: string;
  readonly mlpIn: string;
  readonly mlpOut: string;
  readonly mlpWidth: number;
  readonly activation: Activation;
};

/** Attention over all positions on x, which is `attn.in`. */
export function encoderAttention(draft: Draft, x: ValueId, block: EncoderBlock): ValueId {
  const path = `${block.name}.attn`;
  const heads: Heads = { axis: 'head', count: block.heads, width: block.headWidth };
  const project = (letter: 'Q' | 'K' | 'V') =>
    linearProjection(draft, { path, letter, tensors: block.projections[letter], heads, bias: block.bias });
  return attention(draft, x, {
    block: block.name,
    query: project('Q'),
    key: project('K'),
    value: project('V'),
    output: linearOutput(draft, { path, tensors: block.output, heads, bias: true }),
    scale: block.headWidth ** -0.5,
    mask: { kind: 'none' },
  });
}

/** The MLP on x, which is `mlp.in`. */
export function encoderMlp(draft: Draft, x: ValueId, block: EncoderBlock): ValueId {
  return feedForward(draft, x, {
    block: block.name,
    width: block.mlpWidth,
    activation: block.activation,
    in: block.mlpIn,
    out: block.mlpOut,
    gate: null,
    bias: true,
    layout: 'linear',
  });
}
