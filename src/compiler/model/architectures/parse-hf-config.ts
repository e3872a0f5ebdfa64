// config.json of a Hugging Face folder to a ModelConfig. Fields that only matter for training or generation are passed over;
// a field that would change the numbers of a forward pass and is not built is refused, never ignored.
import type { BertConfig, Gpt2Config, GptNeoxConfig, LlamaConfig, ModelConfig, VitConfig } from './config.js';
import { ConfigFields, isRecord } from './config-fields.js';
import type { ArchitectureProblem } from './problem.js';

export type ParsedConfig =
  | { readonly kind: 'ok'; readonly config: ModelConfig }
  | { readonly kind: 'problem'; readonly problem: ArchitectureProblem };

/** The architecture that a parsed config.json describes, or the first thing in it that this compiler cannot build. */
export function parseHfConfig(json: unknown): ParsedConfig {
  if (!isRecord(json)) return failed({ kind: 'not-a-config', text: 'it is not a JSON object' });
  const fields = new ConfigFields(json);
  const modelType = fields.value('model_type');
  if (typeof modelType !== 'string') return failed({ kind: 'not-a-config', text: 'it has no `model_type`' });
  const parse = PARSERS.get(modelType);
  if (parse === undefined) {
    return failed({ kind: 'unknown-architecture', modelType, known: [...PARSERS.keys()] });
  }
  fields.mustBe({ quantization_config: null });
  const config = parse(fields);
  return fields.fault === undefined ? { kind: 'ok', config } : failed(fields.fault);
}

const PARSERS: ReadonlyMap<string, (fields: ConfigFields) => ModelConfig> = new Map<
  string,
  (fields: ConfigFields) => ModelConfig
>([
  ['gpt2', gpt2],
  ['gpt_neox', gptNeox],
  ['llama', (fields) => llama(fields, { bias: fields.flag('attention_bias', false) ? 'all' : 'none' })],
  ['mistral', mistral],
  ['qwen2', (fields) => llama(fields, { bias: 'qkv', windows: qwenWindows, activation: 'silu' })],
  ['qwen3', qwen3],
  ['olmo', olmo],
  ['olmo2', olmo2],
  ['bert', bert],
  ['vit', vit],
]);

function failed(problem: ArchitectureProblem): ParsedConfig {
  return { kind: 'problem', problem };
}

function gpt2(fields: ConfigFields): Gpt2Config {
  fields.mustBe({ add_cross_attention: false });
  const width = fields.size('n_embd', 768);
  const heads = fields.heads('n_head', 12);
  return {
    kind: 'gpt2',
    layers: fields.layers('n_layer'),
    width,
    heads,
    headWidth: fields.headWidth('n_embd', width, heads),
    mlpWidth: fields.size('n_inner', 4 * width),
    normEps: fields.number('layer_norm_epsilon', 1e-5),
    initialStd: fields.numberOrNull('initializer_range'),
    vocab: fields.size('vocab_size'),
    context: fields.size('n_positions', 1024),
    activation: fields.activation('activation_function', 'gelu_new'),
    scaleScores: fields.flag('scale_attn_weights', true),
    scaleScoresByLayer: fields.flag('scale_attn_by_inverse_layer_idx', false),
    tied: fields.flag('tie_word_embeddings', true),
  };
}

function gptNeox(fields: ConfigFields): GptNeoxConfig {
  const width = fields.size('hidden_size');
  const heads = fields.heads('num_attention_heads');
  const headWidth = fields.headWidth('hidden_size', width, heads);
  const rope = fields.rope('rotary_emb_base', 'rotary_pct');
  const rotaryWidth = Math.trunc(headWidth * rope.share);
  if (rotaryWidth % 2 !== 0) fields.bad('rotary_pct', `${rotaryWidth} rotated dimensions do not form pairs`);
  return {
    kind: 'gpt_neox',
    layers: fields.layers('num_hidden_layers'),
    width,
    heads,
    headWidth,
    mlpWidth: fields.size('intermediate_size'),
    normEps: fields.number('layer_norm_eps', 1e-5),
    initialStd: fields.numberOrNull('initializer_range'),
    vocab: fields.size('vocab_size'),
    context: fields.size('max_position_embeddings', 2048),
    activation: fields.activation('hidden_act', 'gelu'),
    rotaryWidth,
    ropeTheta: rope.theta,
    ropeScaling: rope.scaling,
    parallel: fields.flag('use_parallel_residual', true),
    attentionBias: fields.flag('attention_bias', true),
    tied: fields.flag('tie_word_embeddings', false),
  };
}

/** How a member of the family differs from Llama itself. */
type LlamaVariant = {
  readonly bias: LlamaConfig['attentionBias'];
  readonly windows?: (fields: ConfigFields, layers: number) => LlamaConfig['windows'];
  readonly activation?: string;
};

function llama(fields: ConfigFields, variant: LlamaVariant): LlamaConfig {
  fields.mustBe({
    rope_interleaved: false,
    attn_logit_softcapping: null,
    final_logit_softcapping: null,
    query_pre_attn_scalar: null,
    no_rope_layers: null,
  });
  const width = fields.size('hidden_size');
  const heads = fields.heads('num_attention_heads');
  const kvHeads = fields.heads('num_key_value_heads', heads);
  const layers = fields.layers('num_hidden_layers');
  const given = fields.value('head_dim') !== undefined;
  const headWidth = given ? fields.heads('head_dim') : fields.headWidth('hidden_size', width, heads);
  const rope = fields.rope('rope_theta', null);
  if (heads % kvHeads !== 0) fields.bad('num_key_value_heads', `${kvHeads} does not divide ${heads} heads`);
  if (headWidth % 2 !== 0) fields.bad('head_dim', `${headWidth} dimensions cannot be rotated in pairs`);
  if (rope.share !== 1) {
    fields.refuse({
      kind: 'unsupported-field',
      field: 'partial_rotary_factor',
      value: String(rope.share),
      known: '1',
    });
  }
  return {
    kind: 'llama',
    layers,
    width,
    heads,
    headWidth,
    kvHeads,
    mlpWidth: fields.size('intermediate_size'),
    normEps: fields.number('rms_norm_eps', 1e-6),
    initialStd: fields.numberOrNull('initializer_range'),
    vocab: fields.size('vocab_size'),
    context: fields.size('max_position_embeddings', 2048),
    activation: fields.activation('hidden_act', variant.activation ?? 'silu'),
    ropeTheta: rope.theta,
    ropeScaling: rope.scaling,
    attentionBias: variant.bias,
    mlpBias: fields.flag('mlp_bias', false),
    qkNorm: 'none',
    norm: 'rms',
    normPlace: 'before',
    clipQkv: null,
    windows: variant.windows?.(fields, layers) ?? everywhere(layers, null),
    tied: fields.flag('tie_word_embeddings', false),
  };
}

function mistral(fields: ConfigFields): LlamaConfig {
  return llama(fields, { bias: 'none', windows: (_, layers) => slidingWindows(fields, layers, () => true) });
}

function qwen3(fields: ConfigFields): LlamaConfig {
  const bias = fields.flag('attention_bias', false) ? 'all' : 'none';
  const base = llama(fields, { bias, windows: qwenWindows });
  return { ...base, qkNorm: 'head', headWidth: fields.heads('head_dim', 128) };
}

function olmo(fields: ConfigFields): LlamaConfig {
  const bias = fields.flag('attention_bias', false) ? 'all' : 'none';
  // The norm of OLMo has no parameters and a fixed eps.
  return {
    ...llama(fields, { bias }),
    norm: 'layer',
    normEps: 1e-5,
    clipQkv: fields.numberOrNull('clip_qkv'),
  };
}

function olmo2(fields: ConfigFields): LlamaConfig {
  const bias = fields.flag('attention_bias', false) ? 'all' : 'none';
  const normEps = fields.number('rms_norm_eps', 1e-5);
  return { ...llama(fields, { bias }), qkNorm: 'all', normPlace: 'after', normEps };
}

/** Qwen's window is off unless `use_sliding_window`, and then on from layer `max_window_layers`. */
function qwenWindows(fields: ConfigFields, layers: number): LlamaConfig['windows'] {
  if (!fields.flag('use_sliding_window', false)) return everywhere(layers, null);
  const first = fields.value('max_window_layers') === undefined ? 28 : fields.number('max_window_layers', 28);
  return slidingWindows(fields, layers, (layer) => layer >= first);
}

/** `layer_types` says which layers have the window; older files leave it to the architecture (`slides`). */
function slidingWindows(
  fields: ConfigFields,
  layers: number,
  slides: (layer: number) => boolean,
): LlamaConfig['windows'] {
  if (fields.value('sliding_window') === undefined) return everywhere(layers, null);
  const window = fields.size('sliding_window');
  const types = fields.value('layer_types');
  if (types === undefined)
    return Array.from({ length: layers }, (_, layer) => (slides(layer) ? window : null));
  if (!Array.isArray(types) || types.length !== layers) {
    fields.bad('layer_types', `it is not a list of ${layers} words`);
    return everywhere(layers, null);
  }
  return types.map((type: unknown) => {
    if (type === 'sliding_attention') return window;
    if (type === 'full_attention') return null;
    const known = 'full_attention, sliding_attention';
    fields.refuse({
      kind: 'unsupported-field',
      field: 'layer_types',
      value: String(type).slice(0, 40),
      known,
    });
    return null;
  });
}

function everywhere(layers: number, window: number | null): LlamaConfig['windows'] {
  return Array.from({ length: layers }, () => window);
}

function bert(fields: ConfigFields): BertConfig {
  fields.mustBe({ is_decoder: false, add_cross_attention: false, position_embedding_type: 'absolute' });
  const width = fields.size('hidden_size', 768);
  const heads = fields.heads('num_attention_heads', 12);
  const headClass = fields.headClass();
  return {
    kind: 'bert',
    layers: fields.layers('num_hidden_layers'),
    width,
    heads,
    headWidth: fields.headWidth('hidden_size', width, heads),
    mlpWidth: fields.size('intermediate_size', 3072),
    normEps: fields.number('layer_norm_eps', 1e-12),
    initialStd: fields.numberOrNull('initializer_range'),
    vocab: fields.size('vocab_size'),
    context: fields.size('max_position_embeddings', 512),
    activation: fields.activation('hidden_act', 'gelu'),
    segments: fields.size('type_vocab_size', 2),
    head: bertHead(fields, headClass),
  };
}

function bertHead(fields: ConfigFields, name: string | null): BertConfig['head'] {
  if (name === null || name === 'BertModel') return { kind: 'none' };
  if (name === 'BertForMaskedLM' || name === 'BertForPreTraining') return { kind: 'masked_lm' };
  if (name === 'BertForSequenceClassification') return { kind: 'classifier', labels: fields.labels() };
  const known = 'BertModel, BertForMaskedLM, BertForPreTraining, BertForSequenceClassification';
  fields.refuse({ kind: 'unsupported-field', field: 'architectures', value: name, known });
  return { kind: 'none' };
}

function vit(fields: ConfigFields): VitConfig {
  const width = fields.size('hidden_size', 768);
  const heads = fields.heads('num_attention_heads', 12);
  const [imageHeight, imageWidth] = pair(fields, 'image_size', 224);
  const [patchHeight, patchWidth] = pair(fields, 'patch_size', 16);
  if (patchHeight > imageHeight || patchWidth > imageWidth)
    fields.bad('patch_size', 'it is larger than the image');
  const name = fields.headClass();
  const classifies = name === 'ViTForImageClassification';
  if (name !== null && name !== 'ViTModel' && !classifies) {
    const known = 'ViTModel, ViTForImageClassification';
    fields.refuse({ kind: 'unsupported-field', field: 'architectures', value: name, known });
  }
  return {
    kind: 'vit',
    layers: fields.layers('num_hidden_layers'),
    width,
    heads,
    headWidth: fields.headWidth('hidden_size', width, heads),
    mlpWidth: fields.size('intermediate_size', 3072),
    normEps: fields.number('layer_norm_eps', 1e-12),
    initialStd: fields.numberOrNull('initializer_range'),
    activation: fields.activation('hidden_act', 'gelu'),
    imageHeight,
    imageWidth,
    patchHeight,
    patchWidth,
    channels: fields.size('num_channels', 3),
    attentionBias: fields.flag('qkv_bias', true),
    head: classifies ? { kind: 'classifier', labels: fields.labels() } : { kind: 'none' },
  };
}

/** One number for both directions, or [height, width]. */
function pair(fields: ConfigFields, field: string, fallback: number): readonly [number, number] {
  const value = fields.value(field);
  if (!Array.isArray(value)) {
    const side = fields.size(field, fallback);
    return [side, side];
  }
  const inner = new ConfigFields({ [`${field}[0]`]: value[0], [`${field}[1]`]: value[1] });
  const sides = [inner.size(`${field}[0]`), inner.size(`${field}[1]`)] as const;
  fields.absorb(inner);
  return sides;
}
