// The fields of a GGUF file as a config.json would say them. What a file can say and this cannot carry over is a fault. The
// format has no field for the activation: it is that of the published models of the architecture.
import type { Plain } from '../../../compiler/base/canonical.js';
import type { GgufEntry, GgufFields, GgufValue } from './read-header.js';
import type { GgufArchitecture } from './tensor-names.js';

export type ConfigStep<T> =
  | { readonly kind: 'ok'; readonly value: T }
  /** `text` completes "FILE is no GGUF file that can be read: …". */
  | { readonly kind: 'problem'; readonly text: string };

/** One architecture's fields, asked for by their names without the architecture's prefix. */
export class ArchitectureFields {
  readonly #fields: GgufFields;
  readonly #prefix: string;
  readonly #faults: string[] = [];

  constructor(fields: GgufFields, architecture: string) {
    this.#fields = fields;
    this.#prefix = architecture;
  }

  has(name: string): boolean {
    return this.#fields.has(`${this.#prefix}.${name}`);
  }

  number(name: string): number {
    const value = this.optional(name);
    if (value === null) this.#faults.push(`its field \`${this.#prefix}.${name}\` is missing`);
    return value ?? 0;
  }

  /** Floats are the shortest decimal of their float32, as a config.json would have them: 1e-5, not 9.99999974e-6. */
  optional(name: string): number | null {
    const value = this.#fields.get(`${this.#prefix}.${name}`);
    if (value === undefined) return null;
    const number = typeof value === 'bigint' ? Number(value) : value;
    if (typeof number === 'number' && Number.isFinite(number)) return shortest(number);
    this.#faults.push(`its field \`${this.#prefix}.${name}\` is ${shown(value)} instead of one number`);
    return null;
  }

  flag(name: string): boolean | null {
    const value = this.#fields.get(`${this.#prefix}.${name}`);
    return typeof value === 'boolean' ? value : null;
  }

  text(name: string): string | null {
    const value = this.#fields.get(`${this.#prefix}.${name}`);
    return typeof value === 'string' ? value : null;
  }

  get fault(): string | undefined {
    return this.#faults[0];
  }
}

/** A config.json in the form of the architecture. `factors`: the numbers of `rope_freqs.weight`, where it is there. */
export function hfConfig(
  architecture: GgufArchitecture,
  fields: ArchitectureFields,
  entries: ReadonlyMap<string, GgufEntry>,
  factors: Float32Array | null,
): ConfigStep<Plain> {
  const made: { readonly [key: string]: Plain } = {
    ...common(entries),
    ...builders[architecture](fields, entries),
  };
  const scaling =
    factors === null
      ? statedScaling(fields)
      : scalingOf(factors, Number(made.rope_theta), Number(made.head_dim));
  if (scaling === undefined)
    return { kind: 'problem', text: 'its `rope_freqs.weight` is no scaling of the Llama 3 models' };
  if ((fields.optional('expert_count') ?? 0) > 0)
    return { kind: 'problem', text: 'it is a mixture of experts, which is not read' };
  if (fields.fault !== undefined) return { kind: 'problem', text: fields.fault };
  return { kind: 'ok', value: { ...made, ...(scaling === null ? {} : { rope_scaling: scaling }) } };
}

type Entries = ReadonlyMap<string, GgufEntry>;
type Build = (fields: ArchitectureFields, entries: Entries) => { readonly [key: string]: Plain };

function common(entries: Entries): { readonly [key: string]: Plain } {
  return {
    vocab_size: entries.get('token_embd.weight')?.dims[0] ?? 0,
    tie_word_embeddings: !entries.has('output.weight'),
  };
}

const sizes: Build = (fields) => ({
  hidden_size: fields.number('embedding_length'),
  intermediate_size: fields.number('feed_forward_length'),
  num_hidden_layers: fields.number('block_count'),
  num_attention_heads: fields.number('attention.head_count'),
  max_position_embeddings: fields.number('context_length'),
});

const llamaLike =
  (type: string, name: string, norm: 'rms' | 'layer'): Build =>
  (fields, entries) => {
    const heads = fields.number('attention.head_count');
    const width = fields.optional('attention.key_length') ?? fields.number('embedding_length') / heads;
    return {
      model_type: type,
      architectures: [name],
      ...sizes(fields, entries),
      num_key_value_heads: fields.optional('attention.head_count_kv') ?? heads,
      head_dim: width,
      ...(norm === 'rms' ? { rms_norm_eps: fields.number('attention.layer_norm_rms_epsilon') } : {}),
      rope_theta: fields.optional('rope.freq_base') ?? 10_000,
      hidden_act: 'silu',
      ...(type === 'llama' || type === 'olmo' || type === 'olmo2'
        ? { attention_bias: entries.has('blk.0.attn_q.bias') }
        : {}),
      ...(type === 'llama' ? { mlp_bias: entries.has('blk.0.ffn_up.bias') } : {}),
      ...(fields.has('attention.sliding_window')
        ? { sliding_window: fields.optional('attention.sliding_window') }
        : {}),
    };
  };

const builders = {
  llama: llamaLike('llama', 'LlamaForCausalLM', 'rms'),
  qwen2: llamaLike('qwen2', 'Qwen2ForCausalLM', 'rms'),
  qwen3: llamaLike('qwen3', 'Qwen3ForCausalLM', 'rms'),
  olmo2: llamaLike('olmo2', 'Olmo2ForCausalLM', 'rms'),
  olmo: (fields, entries) => ({
    ...llamaLike('olmo', 'OlmoForCausalLM', 'layer')(fields, entries),
    clip_qkv: fields.optional('attention.clamp_kqv'),
  }),
  gpt2: (fields) => ({
    model_type: 'gpt2',
    architectures: ['GPT2LMHeadModel'],
    n_embd: fields.number('embedding_length'),
    n_inner: fields.number('feed_forward_length'),
    n_layer: fields.number('block_count'),
    n_head: fields.number('attention.head_count'),
    n_positions: fields.number('context_length'),
    layer_norm_epsilon: fields.number('attention.layer_norm_epsilon'),
    activation_function: 'gelu_new',
  }),
  gptneox: (fields, entries) => ({
    model_type: 'gpt_neox',
    architectures: ['GPTNeoXForCausalLM'],
    ...sizes(fields, entries),
    layer_norm_eps: fields.number('attention.layer_norm_epsilon'),
    rotary_pct:
      fields.number('rope.dimension_count') /
      (fields.number('embedding_length') / fields.number('attention.head_count')),
    rotary_emb_base: fields.optional('rope.freq_base') ?? 10_000,
    // The flag is a boolean in the file and absent in old ones, which are all parallel (Pythia).
    use_parallel_residual: fields.flag('use_parallel_residual') ?? true,
    attention_bias: entries.has('blk.0.attn_qkv.bias'),
    hidden_act: 'gelu',
  }),
  bert: (fields, entries) => ({
    model_type: 'bert',
    architectures: ['BertModel'],
    ...sizes(fields, entries),
    layer_norm_eps: fields.number('attention.layer_norm_epsilon'),
    type_vocab_size: entries.get('token_types.weight')?.dims[0] ?? 0,
    position_embedding_type: 'absolute',
    hidden_act: 'gelu',
  }),
} as const satisfies Record<GgufArchitecture, Build>;

function statedScaling(fields: ArchitectureFields): Plain {
  const type = fields.text('rope.scaling.type');
  const factor = fields.optional('rope.scaling.factor') ?? fields.optional('rope.scale_linear');
  if (type !== null && type !== 'none') return { rope_type: type, factor };
  return factor === null || factor === 1 ? null : { rope_type: 'linear', factor };
}

/**
 * The scalings that models of the Llama 3 family were trained with: the file has the factors of each frequency, without the
 * four numbers that made them.
 */
const KNOWN_SCALINGS = [8, 32].map((factor) => ({
  rope_type: 'llama3',
  factor,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 8192,
}));

/** The known scaling whose factors are those of the file, or undefined. `theta`: the base; `width`: of a head. */
export function scalingOf(factors: Float32Array, theta: number, width: number): Plain | undefined {
  return KNOWN_SCALINGS.find(
    (one) =>
      factors.length === width / 2 &&
      factors.every(
        (stored, i) => Math.abs(stored / llama3Factor(one, theta ** ((2 * i) / width)) - 1) < 1e-4,
      ),
  );
}

/** How many times longer a frequency's period becomes (transformers, `_compute_llama3_parameters`). */
function llama3Factor(scaling: (typeof KNOWN_SCALINGS)[number], period: number): number {
  const {
    factor,
    low_freq_factor: low,
    high_freq_factor: high,
    original_max_position_embeddings: old,
  } = scaling;
  const wave = 2 * Math.PI * period;
  if (wave < old / high) return 1;
  if (wave > old / low) return factor;
  const smooth = (old / wave - low) / (high - low);
  return 1 / ((1 - smooth) / factor + smooth);
}

function shortest(value: number): number {
  if (Number.isInteger(value)) return value;
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}

function shown(value: GgufValue): string {
  if (Array.isArray(value)) return 'a list';
  return String(value).slice(0, 40);
}
