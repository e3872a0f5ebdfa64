// GPT-2: learned positions, LayerNorm before attention and MLP. Its `Conv1D` weights are [in, out], and q, k and v are one matrix.
import type { ValueId } from '../../ir/graph.js';
import { add } from '../layers.js';
import { attention } from './attention.js';
import type { Gpt2Config } from './config.js';
import type { Draft } from './draft.js';
import { positionEmbedding, tokenEmbedding, unembedding } from './embedding.js';
import { feedForward } from './feed-forward.js';
import { norm } from './norms.js';
import {
  type Heads,
  headBias,
  type Letter,
  type OutputProjection,
  type Projection,
  reshaped,
  wideAxis,
} from './projections.js';

export function gpt2(draft: Draft, config: Gpt2Config): void {
  const { embed, W_E } = tokenEmbedding(draft, { tensor: 'wte.weight', vocab: config.vocab });
  const positions = positionEmbedding(draft, { tensor: 'wpe.weight', context: config.context });
  let resid = add(draft.b, embed, positions);
  for (let layer = 0; layer < config.layers; layer++) resid = block(draft, resid, config, layer);
  const final = draft.markDistinct('final.resid_pre', 'resid', resid);
  const normed = layerNorm(draft, final, config, {
    site: 'final_norm',
    tensors: 'ln_f',
    weights: 'ln_final',
  });
  const out = draft.markDistinct('final_norm.out', 'other', normed);
  const { vocab, tied } = config;
  unembedding(draft, out, { vocab, tied: tied ? W_E : null, tensor: 'lm_head.weight', bias: null });
}

function block(draft: Draft, before: ValueId, config: Gpt2Config, layer: number): ValueId {
  const { b } = draft;
  const name = `blocks.${layer}`;
  const file = `h.${layer}`;
  const pre = draft.markDistinct(`${name}.resid_pre`, 'resid', before);
  const attnIn = layerNorm(draft, pre, config, {
    site: `${name}.ln1`,
    tensors: `${file}.ln_1`,
    weights: `${name}.ln1`,
  });
  const heads: Heads = { axis: 'head', count: config.heads, width: config.headWidth };
  const [query, key, value] = fusedProjections(draft, {
    path: `${name}.attn`,
    tensors: `${file}.attn.c_attn`,
    heads,
  });
  // The residual projections are drawn smaller, by the number of sums that the stream goes through.
  const residualStd = config.initialStd === null ? null : config.initialStd / Math.sqrt(2 * config.layers);
  const out = conv1dOutput(draft, {
    path: `${name}.attn`,
    tensors: `${file}.attn.c_proj`,
    heads,
    residualStd,
  });
  const attended = attention(draft, draft.mark(`${name}.attn.in`, 'heads', attnIn), {
    block: name,
    query,
    key,
    value,
    output: out,
    scale: (config.scaleScores ? config.headWidth ** -0.5 : 1) / (config.scaleScoresByLayer ? layer + 1 : 1),
    mask: { kind: 'causal', window: null },
  });
  const mid = draft.mark(`${name}.resid_mid`, 'resid', add(b, pre, attended));
  const mlpIn = layerNorm(draft, mid, config, {
    site: `${name}.ln2`,
    tensors: `${file}.ln_2`,
    weights: `${name}.ln2`,
  });
  const written = feedForward(draft, draft.mark(`${name}.mlp.in`, 'mlps', mlpIn), {
    block: name,
    width: config.mlpWidth,
    activation: config.activation,
    in: `${file}.mlp.c_fc`,
    out: `${file}.mlp.c_proj`,
    gate: null,
    bias: true,
    layout: 'conv1d',
    outStd: residualStd,
  });
  return draft.mark(`${name}.resid_post`, 'resid', add(b, mid, written));
}

function layerNorm(
  draft: Draft,
  x: ValueId,
  { normEps }: Gpt2Config,
  names: { readonly site: string; readonly tensors: string; readonly weights: string },
): ValueId {
  return norm(draft, x, { ...names, eps: normEps, kind: 'layer' });
}

type Fused = { readonly path: string; readonly tensors: string; readonly heads: Heads };

/** q, k and v from one [d_model, 3 * d_model] matrix whose columns are those of q, then k, then v. */
function fusedProjections(
  draft: Draft,
  { path, tensors, heads }: Fused,
): readonly [Projection, Projection, Projection] {
  const { b, sizes } = draft;
  const width = heads.count * heads.width;
  const model = ['d_model', sizes.width] as const;
  const fused = ['q_k_v', 3 * width] as const;
  const weight = draft.tensor(`${tensors}.weight`, [model, fused], 'matrix');
  const bias = draft.tensor(`${tensors}.bias`, [fused], 'bias');
  const one = (letter: Letter, index: number): Projection => {
    const part = (x: ValueId, at: number): ValueId => {
      const attrs = { axis: at, start: index * width, end: (index + 1) * width, step: 1 };
      return b.add({ name: 'Slice', attrs }, x);
    };
    const inner = [
      [heads.axis, heads.count],
      ['d_head', heads.width],
    ] as const;
    const site = reshaped(draft, part(weight, 1), [model, ...inner]);
    draft.markWeight(`${path}.W_${letter}`, site);
    return {
      heads,
      matrix: reshaped(draft, site, [model, wideAxis(heads)]),
      bias: headBias(draft, { path, letter, heads }, part(bias, 0)),
    };
  };
  return [one('Q', 0), one('K', 1), one('V', 2)];
}

function conv1dOutput(
  draft: Draft,
  { path, tensors, heads, residualStd }: Fused & { readonly residualStd: number | null },
): OutputProjection {
  const model = ['d_model', draft.sizes.width] as const;
  const wide = wideAxis(heads);
  const role = residualStd === null ? 'matrix' : { std: residualStd };
  const weight = draft.tensor(`${tensors}.weight`, [wide, model], role);
  const site = reshaped(draft, weight, [[heads.axis, heads.count], ['d_head', heads.width], model]);
  draft.markWeight(`${path}.W_O`, site);
  return {
    matrix: reshaped(draft, site, [wide, model]),
    perHead: site,
    bias: draft.namedTensor(`${path}.b_O`, `${tensors}.bias`, [model], 'bias'),
  };
}
