// ViT: an image is cut into patches, each becomes a position after the class token; pre-norm blocks; the classifier reads the class
// token after the last norm. All images have one size, so that positions are a number.
import type { ValueId } from '../../ir/graph.js';
import { axis, type TensorType } from '../../ir/tensor-type.js';
import { add, transpose } from '../layers.js';
import type { VitConfig } from './config.js';
import type { Draft } from './draft.js';
import { type EncoderBlock, encoderAttention, encoderMlp } from './encoder-block.js';
import { classifier, firstPosition, pooler } from './heads.js';
import { norm } from './norms.js';

export const IMAGE = 'image';

/** float32 [example, channel, y, x]. */
export function imageType(config: VitConfig): TensorType {
  const sides = [
    axis('channel', config.channels),
    axis('y', config.imageHeight),
    axis('x', config.imageWidth),
  ];
  return { dtype: 'f32', axes: [axis('example', 'example'), ...sides] };
}

/** Patches and the class token. */
export function vitPositions(config: VitConfig): number {
  const { rows, columns } = grid(config);
  return rows * columns + 1;
}

function grid(config: VitConfig): { readonly rows: number; readonly columns: number } {
  return {
    rows: Math.floor(config.imageHeight / config.patchHeight),
    columns: Math.floor(config.imageWidth / config.patchWidth),
  };
}

export function vit(draft: Draft, config: VitConfig): void {
  const { b, sizes } = draft;
  const embed = draft.mark('embed', 'embed', patches(draft, config));
  const shape = [
    ['_', 1],
    ['pos', vitPositions(config)],
    ['d_model', sizes.width],
  ] as const;
  const table = draft.namedTensor('W_pos', 'embeddings.position_embeddings', shape, 'matrix');
  const axes = draft.perPosition('pos', ['d_model', sizes.width]);
  const positions = draft.mark('pos_embed', 'embed', b.add({ name: 'Expand', attrs: { axes } }, table));
  let resid = add(b, embed, positions);
  for (let layer = 0; layer < config.layers; layer++) resid = block(draft, resid, config, layer);
  const final = draft.markDistinct('final.resid_pre', 'resid', resid);
  const names = { site: 'final_norm', tensors: 'layernorm', weights: 'ln_final' };
  const normed = norm(draft, final, { ...names, eps: config.normEps, kind: 'layer' });
  const out = draft.markDistinct('final_norm.out', 'other', normed);
  if (config.head.kind === 'classifier') classifier(draft, firstPosition(draft, out), config.head.labels);
  else if (draft.has('pooler.dense.weight')) pooler(draft, out, 'pooler.dense');
}

/** The class token and the patches [example, pos, d_model], without their positions. */
function patches(draft: Draft, config: VitConfig): ValueId {
  const { b, sizes } = draft;
  const { rows, columns } = grid(config);
  const kernel = [config.patchHeight, config.patchWidth];
  const tensors = 'embeddings.patch_embeddings.projection';
  const weight = draft.namedTensor(
    'patch.W',
    `${tensors}.weight`,
    [
      ['d_model', sizes.width],
      ['channel', config.channels],
      ['y', config.patchHeight],
      ['x', config.patchWidth],
    ],
    'matrix',
  );
  const bias = draft.namedTensor('patch.b', `${tensors}.bias`, [['d_model', sizes.width]], 'bias');
  const map = b.add(
    { name: 'Conv', attrs: { strides: kernel, pads: [0, 0, 0, 0], dilations: [1, 1], group: 1 } },
    b.input(IMAGE, imageType(config)),
    weight,
    bias,
  );
  const flat = [axis('example', 'example'), axis('d_model', sizes.width), axis('pos', rows * columns)];
  const byPatch = transpose(b, b.add({ name: 'Reshape', attrs: { axes: flat } }, map), [0, 2, 1]);
  const cls = draft.namedTensor(
    'cls',
    'embeddings.cls_token',
    [
      ['_', 1],
      ['pos', 1],
      ['d_model', sizes.width],
    ],
    'matrix',
  );
  const axes = [axis('example', 'example'), axis('pos', 1), axis('d_model', sizes.width)];
  const first = b.add({ name: 'Expand', attrs: { axes } }, cls);
  const size = rows * columns + 1;
  return b.add({ name: 'Concat', attrs: { axis: 1, name: 'pos', size } }, first, byPatch);
}

function block(draft: Draft, before: ValueId, config: VitConfig, layer: number): ValueId {
  const { b } = draft;
  const name = `blocks.${layer}`;
  const file = `encoder.layer.${layer}`;
  const part: EncoderBlock = {
    name,
    heads: config.heads,
    headWidth: config.headWidth,
    bias: config.attentionBias,
    projections: {
      Q: `${file}.attention.attention.query`,
      K: `${file}.attention.attention.key`,
      V: `${file}.attention.attention.value`,
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
  const attnIn = draft.mark(`${name}.attn.in`, 'heads', layerNorm(pre, 'ln1', 'layernorm_before'));
  const attended = encoderAttention(draft, attnIn, part);
  const mid = draft.mark(`${name}.resid_mid`, 'resid', add(b, attended, pre));
  const mlpIn = draft.mark(`${name}.mlp.in`, 'mlps', layerNorm(mid, 'ln2', 'layernorm_after'));
  return draft.mark(`${name}.resid_post`, 'resid', add(b, encoderMlp(draft, mlpIn, part), mid));
}
