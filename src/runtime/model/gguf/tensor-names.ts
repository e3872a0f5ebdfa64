// GGUF tensor names to those of the Hugging Face format, with what the converter did to the rows
// (gguf-py/gguf/tensor_mapping.py and convert_hf_to_gguf.py of llama.cpp).
import { interleavedQkv, type Layout, rotaryPairs, sameLayout, transposed } from '../tensor-layout.js';

export type Heads = { readonly query: number; readonly keyValue: number };
type Rule = { readonly to: string; readonly layout?: (heads: Heads, isBias: boolean) => Layout };
type Rules = { readonly [name: string]: string | Rule };
type Family = { readonly whole: Rules; readonly layer: string; readonly block: Rules };

const queryPairs = (heads: Heads) => rotaryPairs(heads.query);
const keyPairs = (heads: Heads) => rotaryPairs(heads.keyValue);
const turned = (_heads: Heads, isBias: boolean) => (isBias ? sameLayout : transposed);
const qkv = (heads: Heads) => interleavedQkv(heads.query);

const decoder = { token_embd: 'model.embed_tokens', output_norm: 'model.norm', output: 'lm_head' } as const;
const mlp = { ffn_gate: 'mlp.gate_proj', ffn_up: 'mlp.up_proj', ffn_down: 'mlp.down_proj' } as const;
const attention = {
  attn_q: 'self_attn.q_proj',
  attn_k: 'self_attn.k_proj',
  attn_v: 'self_attn.v_proj',
  attn_output: 'self_attn.o_proj',
  attn_q_norm: 'self_attn.q_norm',
  attn_k_norm: 'self_attn.k_norm',
} as const;
const permutedAttention = {
  ...attention,
  attn_q: { to: attention.attn_q, layout: queryPairs },
  attn_k: { to: attention.attn_k, layout: keyPairs },
} as const;
const normsBefore = { attn_norm: 'input_layernorm', ffn_norm: 'post_attention_layernorm' } as const;

const qwen: Family = {
  whole: decoder,
  layer: 'model.layers',
  block: { ...normsBefore, ...attention, ...mlp },
};

const families = {
  llama: { whole: decoder, layer: 'model.layers', block: { ...normsBefore, ...permutedAttention, ...mlp } },
  qwen2: qwen,
  qwen3: qwen,
  olmo: { whole: decoder, layer: 'model.layers', block: { ...permutedAttention, ...mlp } },
  olmo2: {
    whole: decoder,
    layer: 'model.layers',
    block: {
      ...attention,
      ...mlp,
      post_attention_norm: 'post_attention_layernorm',
      post_ffw_norm: 'post_feedforward_layernorm',
    },
  },
  gpt2: {
    whole: {
      token_embd: 'transformer.wte',
      position_embd: 'transformer.wpe',
      output_norm: 'transformer.ln_f',
      output: 'lm_head',
    },
    layer: 'transformer.h',
    block: {
      attn_norm: 'ln_1',
      attn_qkv: { to: 'attn.c_attn', layout: turned },
      attn_output: { to: 'attn.c_proj', layout: turned },
      ffn_norm: 'ln_2',
      ffn_up: { to: 'mlp.c_fc', layout: turned },
      ffn_down: { to: 'mlp.c_proj', layout: turned },
    },
  },
  gptneox: {
    whole: { token_embd: 'gpt_neox.embed_in', output_norm: 'gpt_neox.final_layer_norm', output: 'embed_out' },
    layer: 'gpt_neox.layers',
    block: {
      attn_norm: 'input_layernorm',
      attn_qkv: { to: 'attention.query_key_value', layout: qkv },
      attn_output: 'attention.dense',
      ffn_norm: 'post_attention_layernorm',
      ffn_up: 'mlp.dense_h_to_4h',
      ffn_down: 'mlp.dense_4h_to_h',
    },
  },
  bert: {
    whole: {
      token_embd: 'embeddings.word_embeddings',
      position_embd: 'embeddings.position_embeddings',
      token_types: 'embeddings.token_type_embeddings',
      token_embd_norm: 'embeddings.LayerNorm',
    },
    layer: 'encoder.layer',
    block: {
      attn_q: 'attention.self.query',
      attn_k: 'attention.self.key',
      attn_v: 'attention.self.value',
      attn_output: 'attention.output.dense',
      attn_output_norm: 'attention.output.LayerNorm',
      ffn_up: 'intermediate.dense',
      ffn_down: 'output.dense',
      layer_output_norm: 'output.LayerNorm',
    },
  },
} as const satisfies { readonly [architecture: string]: Family };

export type GgufArchitecture = keyof typeof families;

/** `general.architecture` as one that is read here, or undefined. */
export function architectureOf(name: string): GgufArchitecture | undefined {
  return Object.hasOwn(families, name) ? (name as GgufArchitecture) : undefined; // just seen among the keys
}

export function architectureNames(): readonly string[] {
  return Object.keys(families);
}

/** The name and the arrangement of a tensor such as `blk.3.attn_q.weight`; undefined where the architecture has none such. */
export function hfTensor(
  architecture: GgufArchitecture,
  name: string,
  heads: Heads,
): { readonly name: string; readonly layout: Layout } | undefined {
  const family: Family = families[architecture];
  const parts = /^(?:blk\.(\d+)\.)?(\w+)\.(weight|bias)$/.exec(name);
  const [, layer, base = '', kind = ''] = parts ?? [];
  const rules = layer === undefined ? family.whole : family.block;
  const rule = Object.hasOwn(rules, base) ? rules[base] : undefined;
  if (parts === null || rule === undefined) return undefined;
  const { to, layout }: Rule = typeof rule === 'string' ? { to: rule } : rule;
  const prefix = layer === undefined ? '' : `${family.layer}.${layer}.`;
  return { name: `${prefix}${to}.${kind}`, layout: layout?.(heads, kind === 'bias') ?? sameLayout };
}
