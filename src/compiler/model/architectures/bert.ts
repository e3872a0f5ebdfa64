// BERT and MiniLM: embeddings of word, position and segment with a norm; every sum is followed by a norm, whose output the next
// part and the next sum read. `resid_mid` and `resid_post` are the sums, as in TransformerLens; `normalized_resid_*` what follows.
import type { ValueId } from '../../ir/graph.js';
import { add } from '../layers.js';
import type { BertConfig } from './config.js';
import type { Draft } from './draft.js';
import { perExample, positionEmbedding, tokenEmbedding, unembedding } from './embedding.js';
import { type EncoderBlock, encoderAttention, encoderMlp } from './encoder-block.js';
import { activated } from './feed-forward.js';
import { classifier, pooler, square } from './heads.js';
import { norm } from './norms.js';

export function bert(draft: Draft, config: BertConfig): void {
  const { b } = draft;
  const { vocab, context, normEps: eps } = config;
  const { embed, W_E } = tokenEmbedding(draft, { tensor: 'embeddings.word_embeddings.weight', vocab });
  const segments = segmentEmbedding(draft, config);
  const positions = positionEmbedding(draft, { tensor: 'embeddings.position_embeddings.weight', context });
  const sum = draft.mark('embed_sum', 'embed', add(b, add(b, embed, segments), positions));
  const tensors = 'embeddings.LayerNorm';
  let resid = norm(draft, sum, { site: 'embed_norm', tensors, weights: 'embed_norm', eps, kind: 'layer' });
  for (let layer = 0; layer < config.layers; layer++) resid = block(draft, resid, config, layer);
  const final = draft.markDistinct('final.resid_pre', 'resid', resid);
  switch (config.head.kind) {
    case 'none':
      if (draft.has('pooler.dense.weight')) pooler(draft, final, 'pooler.dense');
      return;
    case 'classifier':
      classifier(draft, pooler(draft, final, 'pooler.dense'), config.head.labels);
      return;
    case 'masked_lm':
      maskedLm(draft, final, config, W_E);
  }
}

/** Every token is of segment 0. */
function segmentEmbedding(draft: Draft, { segments }: BertConfig): ValueId {
  const { b, sizes } = draft;
  const shape = [
    ['segment', segments],
    ['d_model', sizes.width],
  ] as const;
  const tensor = 'embeddings.token_type_embeddings.weight';
  const table = draft.namedTensor('W_segment', tensor, shape, 'matrix');
  const first = b.add({ name: 'Slice', attrs: { axis: 0, start: 0, end: 1, step: 1 } }, table);
  const row = b.add({ name: 'Squeeze', attrs: { axes: [0] } }, first);
  return draft.mark('segment_embed', 'embed', perExample(draft, row));
}

function block(draft: Draft, before: ValueId, config: BertConfig, layer: number): ValueId {
  const { b } = draft;
  const name = `blocks.${layer}`;
  const file = `encoder.layer.${layer}`;
  const part: EncoderBlock = {
    name,
    heads: config.heads,
    headWidth: config.headWidth,
    bias: true,
    projections: {
      Q: `${file}.attention.self.query`,
      K: `${file}.attention.self.key`,
      V: `${file}.attention.self.value`,
    },
    output: `${file}.attention.output.dense`,
    mlpIn: `${file}.intermediate.dense`,
    mlpOut: `${file}.output.dense`,
    mlpWidth: config.mlpWidth,
    activation: config.activation,
  };
  const layerNorm = (x: ValueId, own: string, tensors: string): ValueId =>
    norm(draft, x, {
      site: `${name}.${own}`,
      tensors: `${file}.${tensors}`,
      weights: `${name}.${own}`,
      eps: config.normEps,
      kind: 'layer',
    });
  const pre = draft.markDistinct(`${name}.resid_pre`, 'resid', before);
  const attended = encoderAttention(draft, draft.markDistinct(`${name}.attn.in`, 'heads', pre), part);
  const mid = draft.mark(`${name}.resid_mid`, 'resid', add(b, attended, pre));
  const normedMid = layerNorm(mid, 'ln1', 'attention.output.LayerNorm');
  const middle = draft.mark(`${name}.normalized_resid_mid`, 'resid', normedMid);
  const written = encoderMlp(draft, draft.markDistinct(`${name}.mlp.in`, 'mlps', middle), part);
  const post = draft.mark(`${name}.resid_post`, 'resid', add(b, written, middle));
  return draft.mark(`${name}.normalized_resid_post`, 'resid', layerNorm(post, 'ln2', 'output.LayerNorm'));
}

/** The masked-word head: a layer, its activation, a norm, and the embedding table with a bias. */
function maskedLm(draft: Draft, x: ValueId, config: BertConfig, W_E: ValueId): void {
  const { vocab, normEps: eps } = config;
  const head = 'cls.predictions';
  const pre = draft.mark('mlm_head.pre', 'other', square(draft, x, `${head}.transform.dense`, 'mlm_head'));
  const act = draft.mark('mlm_head.act', 'other', activated(draft.b, pre, config.activation));
  const normed = norm(draft, act, {
    site: 'final_norm',
    tensors: `${head}.transform.LayerNorm`,
    weights: 'ln_final',
    eps,
    kind: 'layer',
  });
  const out = draft.markDistinct('final_norm.out', 'other', normed);
  const decoder = `${head}.decoder.weight`;
  // Files that hold the decoder and the table apart hold equal bytes, unless the model was made so.
  const tied =
    !draft.has(decoder) || draft.digestOf(decoder) === draft.digestOf('embeddings.word_embeddings.weight');
  const bias = draft.has(`${head}.bias`) ? `${head}.bias` : `${head}.decoder.bias`;
  unembedding(draft, out, { vocab, tied: tied ? W_E : null, tensor: decoder, bias });
}
