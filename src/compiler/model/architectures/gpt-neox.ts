// GPT-NeoX (Pythia): rotary positions on a part of each head; in a parallel block attention and MLP read the same residual stream,
// so that there is no stream between them.
import type { ValueId } from '../../ir/graph.js';
import { add, distinct, transpose } from '../layers.js';
import { attention } from './attention.js';
import type { GptNeoxConfig } from './config.js';
import type { Draft } from './draft.js';
import { tokenEmbedding, unembedding } from './embedding.js';
import { feedForward } from './feed-forward.js';
import { norm } from './norms.js';
import {
  type Heads,
  headBias,
  type Letter,
  linearOutput,
  type Projection,
  reshaped,
  wideAxis,
} from './projections.js';
import { rotated } from './rotary.js';

export function gptNeox(draft: Draft, config: GptNeoxConfig): void {
  const { vocab, tied, normEps: eps } = config;
  const { embed, W_E } = tokenEmbedding(draft, { tensor: 'embed_in.weight', vocab });
  let resid = embed;
  for (let layer = 0; layer < config.layers; layer++) resid = block(draft, resid, config, layer);
  const final = draft.markDistinct('final.resid_pre', 'resid', resid);
  const names = { site: 'final_norm', tensors: 'final_layer_norm', weights: 'ln_final' };
  const normed = norm(draft, final, { ...names, eps, kind: 'layer' });
  const out = draft.markDistinct('final_norm.out', 'other', normed);
  unembedding(draft, out, { vocab, tied: tied ? W_E : null, tensor: 'embed_out.weight', bias: null });
}

function block(draft: Draft, before: ValueId, config: GptNeoxConfig, layer: number): ValueId {
  const { b } = draft;
  const name = `blocks.${layer}`;
  const file = `layers.${layer}`;
  const layerNorm = (x: ValueId, own: string, tensors: string): ValueId =>
    norm(draft, x, {
      site: `${name}.${own}`,
      tensors: `${file}.${tensors}`,
      weights: `${name}.${own}`,
      eps: config.normEps,
      kind: 'layer',
    });
  const pre = draft.markDistinct(`${name}.resid_pre`, 'resid', before);
  const attnIn = draft.mark(`${name}.attn.in`, 'heads', layerNorm(pre, 'ln1', 'input_layernorm'));
  const attended = neoxAttention(draft, attnIn, config, { name, file });
  // In a parallel block both norms see the same numbers; their values are kept apart, so that each can be written alone.
  const afterAttention = config.parallel
    ? distinct(b, pre)
    : draft.mark(`${name}.resid_mid`, 'resid', add(b, attended, pre));
  const mlpIn = layerNorm(afterAttention, 'ln2', 'post_attention_layernorm');
  const written = feedForward(draft, draft.mark(`${name}.mlp.in`, 'mlps', mlpIn), {
    block: name,
    width: config.mlpWidth,
    activation: config.activation,
    in: `${file}.mlp.dense_h_to_4h`,
    out: `${file}.mlp.dense_4h_to_h`,
    gate: null,
    bias: true,
    layout: 'linear',
  });
  const post = config.parallel ? add(b, add(b, written, attended), pre) : add(b, written, afterAttention);
  return draft.mark(`${name}.resid_post`, 'resid', post);
}

type Names = { readonly name: string; readonly file: string };

function neoxAttention(draft: Draft, x: ValueId, config: GptNeoxConfig, { name, file }: Names): ValueId {
  const heads: Heads = { axis: 'head', count: config.heads, width: config.headWidth };
  const bias = config.attentionBias;
  const [query, key, value] = interleaved(draft, heads, bias, {
    path: `${name}.attn`,
    tensors: `${file}.attention.query_key_value`,
  });
  const rotation = { width: config.rotaryWidth, theta: config.ropeTheta, scaling: config.ropeScaling };
  return attention(draft, x, {
    block: name,
    query,
    key,
    value,
    output: linearOutput(draft, { path: `${name}.attn`, tensors: `${file}.attention.dense`, heads, bias }),
    scale: config.headWidth ** -0.5,
    prepare: (letter, plain) =>
      config.rotaryWidth === 0
        ? plain
        : draft.mark(`${name}.attn.rot_${letter}`, 'heads', rotated(draft, plain, rotation)),
    mask: { kind: 'causal', window: null },
  });
}

/** q, k and v from one matrix whose rows are, head by head, those of q, of k and of v. */
function interleaved(
  draft: Draft,
  heads: Heads,
  bias: boolean,
  { path, tensors }: { readonly path: string; readonly tensors: string },
): readonly [Projection, Projection, Projection] {
  const { b, sizes } = draft;
  const model = ['d_model', sizes.width] as const;
  const rows = ['head_q_k_v', 3 * heads.count * heads.width] as const;
  const split = [
    [heads.axis, heads.count],
    ['q_k_v', 3],
    ['d_head', heads.width],
  ] as const;
  const weight = reshaped(draft, draft.tensor(`${tensors}.weight`, [rows, model], 'matrix'), [
    ...split,
    model,
  ]);
  const biases = bias ? reshaped(draft, draft.tensor(`${tensors}.bias`, [rows], 'bias'), split) : undefined;
  const one = (letter: Letter, index: number): Projection => {
    const part = (x: ValueId): ValueId =>
      b.add({ name: 'Slice', attrs: { axis: 1, start: index, end: index + 1, step: 1 } }, x);
    const site = b.add({ name: 'Squeeze', attrs: { axes: [1] } }, part(weight));
    draft.markWeight(`${path}.W_${letter}`, site);
    return {
      heads,
      matrix: transpose(b, reshaped(draft, site, [wideAxis(heads), model]), [1, 0]),
      bias: biases === undefined ? undefined : headBias(draft, { path, letter, heads }, part(biases)),
    };
  };
  return [one('Q', 0), one('K', 1), one('V', 2)];
}
