// The manifest of a bundled model (models/NAME/manifest.json, format eis-model-1) and what follows from it alone:
// which tensors must exist and with which shapes. The JSON schema of the file is grammar/schema/model-manifest.schema.json.
import type { Plain } from '../base/canonical.js';

/** Keys are those of the file, hence the underscores. */
export type Architecture = {
  readonly kind: 'transformer';
  readonly layers: number;
  readonly d_model: number;
  readonly heads: number;
  readonly d_head: number;
  /** 0: blocks without an MLP. */
  readonly d_mlp: number;
  readonly act: 'none' | 'relu' | 'gelu_tanh' | 'gelu' | 'silu';
  /** `layernorm` stands before attention, before the MLP and before the unembedding. */
  readonly norm: 'none' | 'layernorm';
  readonly norm_eps: number;
  readonly positions: 'none' | 'absolute' | 'relative_bias';
  readonly relative_bias_scale: number;
  readonly relative_bias_max_distance: number;
  readonly context: number;
  readonly vocab: number;
  readonly causal: boolean;
  /** True: the unembedding is the transposed embedding and `unembed.W_U` is absent from the file. */
  readonly tied: boolean;
  readonly attn_bias: boolean;
  readonly mlp_bias: boolean;
  readonly unembed_bias: boolean;
  readonly score_scale: number;
};

export type Tokenizer =
  | { readonly kind: 'none' }
  | { readonly kind: 'words'; readonly vocab: readonly string[]; readonly bos: string | null }
  | SubwordTokenizer;

/** A tokenizer.json of the Hugging Face format: byte-level or SentencePiece BPE, or WordPiece. Not found in a manifest. */
export type SubwordTokenizer = {
  readonly kind: 'subwords';
  /** Of `json`. */
  readonly digest: string;
  /** One more than the largest id. */
  readonly vocab: number;
  readonly json: Plain;
};

export type InitialiserRule =
  | { readonly distribution: 'normal'; readonly mean: number; readonly std: number }
  | { readonly distribution: 'uniform'; readonly low: number; readonly high: number }
  | { readonly distribution: 'constant'; readonly value: number };

export type InitialiserRules = { readonly [tensor: string]: InitialiserRule };

export type Manifest = {
  readonly format: 'eis-model-1';
  readonly name: string;
  readonly why: string;
  readonly licence: string;
  readonly architecture: Architecture;
  readonly weights: { readonly file: string; readonly sha256: string };
  readonly tokenizer: Exclude<Tokenizer, SubwordTokenizer>;
  readonly initialiser: InitialiserRules;
  readonly training: { readonly [key: string]: Plain };
  readonly evidence: { readonly [key: string]: Plain };
  readonly fixtures: string;
};

/** Name of each axis of a weight tensor with its size, row-major. */
export type TensorShape = readonly (readonly [axis: string, size: number])[];

/** Every tensor of the architecture, by name, in the order in which the training scripts draw them. */
export function tensorShapes(arch: Architecture): ReadonlyMap<string, TensorShape> {
  const vocab = ['vocab', arch.vocab] as const;
  const model = ['d_model', arch.d_model] as const;
  const shapes = new Map<string, TensorShape>([['embed.W_E', [vocab, model]]]);
  if (arch.positions === 'absolute') shapes.set('pos_embed.W_pos', [['context', arch.context], model]);
  for (let layer = 0; layer < arch.layers; layer++) {
    for (const [name, shape] of blockShapes(arch)) shapes.set(`blocks.${layer}.${name}`, shape);
  }
  if (arch.norm === 'layernorm') shapes.set('ln_final.w', [model]).set('ln_final.b', [model]);
  if (!arch.tied) shapes.set('unembed.W_U', [model, vocab]);
  if (arch.unembed_bias) shapes.set('unembed.b_U', [vocab]);
  return shapes;
}

function blockShapes(arch: Architecture): ReadonlyMap<string, TensorShape> {
  const model = ['d_model', arch.d_model] as const;
  const head = ['head', arch.heads] as const;
  const inner = ['d_head', arch.d_head] as const;
  const mlp = ['d_mlp', arch.d_mlp] as const;
  const shapes = new Map<string, TensorShape>();
  const norm = arch.norm === 'layernorm';
  if (norm) shapes.set('ln1.w', [model]).set('ln1.b', [model]);
  for (const name of ['W_Q', 'W_K', 'W_V']) shapes.set(`attn.${name}`, [head, model, inner]);
  shapes.set('attn.W_O', [head, inner, model]);
  if (arch.attn_bias) {
    for (const name of ['b_Q', 'b_K', 'b_V']) shapes.set(`attn.${name}`, [head, inner]);
    shapes.set('attn.b_O', [model]);
  }
  if (arch.positions === 'relative_bias') {
    shapes.set('attn.rel_bias', [head, ['distance', arch.relative_bias_max_distance + 1]]);
  }
  if (arch.d_mlp === 0) return shapes;
  if (norm) shapes.set('ln2.w', [model]).set('ln2.b', [model]);
  shapes.set('mlp.W_in', [model, mlp]);
  if (arch.mlp_bias) shapes.set('mlp.b_in', [mlp]);
  shapes.set('mlp.W_out', [mlp, model]);
  if (arch.mlp_bias) shapes.set('mlp.b_out', [model]);
  return shapes;
}
