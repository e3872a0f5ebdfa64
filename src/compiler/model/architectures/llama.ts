// Llama and its relatives (Mistral, Qwen2, Qwen3, SmolLM, OLMo, OLMo2): RMSNorm, rotary positions, grouped keys and values, gated MLP.
import type { ValueId } from '../../ir/graph.js';
import { add, distinct, multiply } from '../layers.js';
import { attention } from './attention.js';
import type { LlamaConfig } from './config.js';
import type { Draft } from './draft.js';
import { tokenEmbedding, unembedding } from './embedding.js';
import { feedForward } from './feed-forward.js';
import { type ModelNorm, norm, normalised } from './norms.js';
import { type Heads, linearOutput, linearProjection, reshaped } from './projections.js';
import { rotated } from './rotary.js';

export function llama(draft: Draft, config: LlamaConfig): void {
  const { vocab, tied } = config;
  const { embed, W_E } = tokenEmbedding(draft, { tensor: 'embed_tokens.weight', vocab });
  let resid = embed;
  for (let layer = 0; layer < config.layers; layer++) resid = block(draft, resid, config, layer);
  const final = draft.markDistinct('final.resid_pre', 'resid', resid);
  const normed = ownNorm(draft, final, config, { site: 'final_norm', tensors: 'norm', weights: 'ln_final' });
  const out = draft.markDistinct('final_norm.out', 'other', normed);
  unembedding(draft, out, { vocab, tied: tied ? W_E : null, tensor: 'lm_head.weight', bias: null });
}

function block(draft: Draft, before: ValueId, config: LlamaConfig, layer: number): ValueId {
  const { b } = draft;
  const name = `blocks.${layer}`;
  const file = `layers.${layer}`;
  const at = (own: string, tensors: string): Omit<ModelNorm, 'eps' | 'kind'> => ({
    site: `${name}.${own}`,
    tensors: `${file}.${tensors}`,
    weights: `${name}.${own}`,
  });
  const after = config.normPlace === 'after';
  const normBefore = (x: ValueId, own: string, tensors: string): ValueId =>
    after ? distinct(b, x) : ownNorm(draft, x, config, at(own, tensors));
  const normAfter = (x: ValueId, own: string, tensors: string, path: string): ValueId =>
    after ? draft.markDistinct(path, 'resid', ownNorm(draft, x, config, at(own, tensors))) : x;

  const pre = draft.markDistinct(`${name}.resid_pre`, 'resid', before);
  const attnIn = draft.mark(`${name}.attn.in`, 'heads', normBefore(pre, 'ln1', 'input_layernorm'));
  const attnOut = llamaAttention(draft, attnIn, config, layer);
  const attended = normAfter(attnOut, 'ln1_post', 'post_attention_layernorm', `${name}.attn_out_post`);
  const mid = draft.mark(`${name}.resid_mid`, 'resid', add(b, pre, attended));
  const mlpIn = draft.mark(`${name}.mlp.in`, 'mlps', normBefore(mid, 'ln2', 'post_attention_layernorm'));
  const mlpOut = feedForward(draft, mlpIn, {
    block: name,
    width: config.mlpWidth,
    activation: config.activation,
    in: `${file}.mlp.up_proj`,
    out: `${file}.mlp.down_proj`,
    gate: `${file}.mlp.gate_proj`,
    bias: config.mlpBias,
    layout: 'linear',
  });
  const written = normAfter(mlpOut, 'ln2_post', 'post_feedforward_layernorm', `${name}.mlp.out_post`);
  return draft.mark(`${name}.resid_post`, 'resid', add(b, mid, written));
}

/** RMSNorm with a gain, or OLMo's LayerNorm without gain and bias. */
function ownNorm(
  draft: Draft,
  x: ValueId,
  { norm: kind, normEps: eps }: LlamaConfig,
  names: Omit<ModelNorm, 'eps' | 'kind'>,
): ValueId {
  if (kind === 'rms') return norm(draft, x, { ...names, eps, kind });
  // What the next part reads is a value apart from `normalized`, which is the same number without a gain.
  return distinct(draft.b, normalised(draft, x, { site: names.site, eps, kind, axes: 1 }));
}

function llamaAttention(draft: Draft, x: ValueId, config: LlamaConfig, layer: number): ValueId {
  const name = `blocks.${layer}`;
  const path = `${name}.attn`;
  const file = `layers.${layer}.self_attn`;
  const { headWidth: width, heads: count, kvHeads } = config;
  const heads: Heads = { axis: 'head', count, width };
  const groups: Heads = kvHeads === count ? heads : { axis: 'kv_head', count: kvHeads, width };
  const bias = config.attentionBias !== 'none';
  const project = (letter: 'Q' | 'K' | 'V', own: Heads) =>
    linearProjection(draft, {
      path,
      letter,
      tensors: `${file}.${letter.toLowerCase()}_proj`,
      heads: own,
      bias,
    });
  const rotation = { width, theta: config.ropeTheta, scaling: config.ropeScaling };
  return attention(draft, x, {
    block: name,
    query: project('Q', heads),
    key: project('K', groups),
    value: project('V', groups),
    output: linearOutput(draft, {
      path,
      tensors: `${file}.o_proj`,
      heads,
      bias: config.attentionBias === 'all',
    }),
    scale: width ** -0.5,
    clip: config.clipQkv,
    prepare: (letter, plain) => {
      const own = letter === 'q' ? heads : groups;
      const normed = headNorm(draft, plain, config, {
        path,
        letter,
        tensors: `${file}.${letter}_norm`,
        heads: own,
      });
      return draft.mark(`${path}.rot_${letter}`, 'heads', rotated(draft, normed, rotation));
    },
    mask: { kind: 'causal', window: config.windows[layer] ?? null },
  });
}

type HeadNorm = {
  readonly path: string;
  readonly letter: 'q' | 'k';
  readonly tensors: string;
  readonly heads: Heads;
};

/** RMSNorm of queries or keys: each head by itself with one gain for all, or all heads of a position together. */
function headNorm(
  draft: Draft,
  x: ValueId,
  config: LlamaConfig,
  { path, letter, tensors, heads }: HeadNorm,
): ValueId {
  if (config.qkNorm === 'none') return x;
  const together = config.qkNorm === 'all';
  const site = `${path}.${letter}_norm`;
  const normalized = normalised(draft, x, { site, eps: config.normEps, kind: 'rms', axes: together ? 2 : 1 });
  const inner = ['d_head', heads.width] as const;
  const wide = [`${heads.axis}_d_head`, heads.count * heads.width] as const;
  const flat = draft.tensor(`${tensors}.weight`, [together ? wide : inner], 'gain');
  const gain = together ? reshaped(draft, flat, [[heads.axis, heads.count], inner]) : flat;
  draft.markWeight(`${site}.w`, gain);
  return draft.mark(`${site}.out`, 'heads', multiply(draft.b, normalized, gain));
}
