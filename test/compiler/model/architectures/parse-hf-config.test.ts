import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { LlamaConfig, ModelConfig } from '../../../../src/compiler/model/architectures/config.js';
import { parseHfConfig } from '../../../../src/compiler/model/architectures/parse-hf-config.js';

const test = suite('model/architectures/parse-hf-config');

function config(json: unknown): ModelConfig {
  const parsed = parseHfConfig(json);
  if (parsed.kind === 'problem') throw new Error(JSON.stringify(parsed.problem));
  return parsed.config;
}

function llama(json: unknown): LlamaConfig {
  const parsed = config(json);
  if (parsed.kind !== 'llama') throw new Error(parsed.kind);
  return parsed;
}

function fault(json: unknown): string {
  const parsed = parseHfConfig(json);
  if (parsed.kind === 'ok') return 'ok';
  const { problem } = parsed;
  if (problem.kind === 'unsupported-field') return `${problem.field} = ${problem.value}`;
  return problem.kind === 'bad-field' ? `${problem.field}: ${problem.text}` : problem.kind;
}

/** The fields of the published SmolLM2-135M-Instruct. */
const SMOLLM2 = {
  architectures: ['LlamaForCausalLM'],
  attention_bias: false,
  attention_dropout: 0.0,
  bos_token_id: 1,
  eos_token_id: 2,
  hidden_act: 'silu',
  hidden_size: 576,
  initializer_range: 0.041666666666666664,
  intermediate_size: 1536,
  is_llama_config: true,
  max_position_embeddings: 8192,
  mlp_bias: false,
  model_type: 'llama',
  num_attention_heads: 9,
  num_hidden_layers: 30,
  num_key_value_heads: 3,
  pad_token_id: 2,
  pretraining_tp: 1,
  rms_norm_eps: 1e-5,
  rope_interleaved: false,
  rope_scaling: null,
  rope_theta: 100000,
  tie_word_embeddings: true,
  torch_dtype: 'bfloat16',
  transformers_version: '4.42.3',
  'transformers.js_config': { kv_cache_dtype: { fp16: 'float16' } },
  use_cache: true,
  vocab_size: 49152,
};

/** The fields of the published GPT-2 (small), from before most of today's fields. */
const GPT2 = {
  activation_function: 'gelu_new',
  architectures: ['GPT2LMHeadModel'],
  attn_pdrop: 0.1,
  bos_token_id: 50256,
  embd_pdrop: 0.1,
  eos_token_id: 50256,
  initializer_range: 0.02,
  layer_norm_epsilon: 1e-5,
  model_type: 'gpt2',
  n_ctx: 1024,
  n_embd: 768,
  n_head: 12,
  n_layer: 12,
  n_positions: 1024,
  resid_pdrop: 0.1,
  summary_type: 'cls_index',
  task_specific_params: { 'text-generation': { do_sample: true, max_length: 50 } },
  vocab_size: 50257,
};

test('SmolLM2: grouped keys, tied, rotary base', () => {
  assert.equal(llama(SMOLLM2), {
    kind: 'llama',
    layers: 30,
    width: 576,
    heads: 9,
    headWidth: 64,
    kvHeads: 3,
    mlpWidth: 1536,
    normEps: 1e-5,
    initialStd: 0.041666666666666664,
    vocab: 49152,
    context: 8192,
    activation: 'silu',
    ropeTheta: 100000,
    ropeScaling: { kind: 'none' },
    attentionBias: 'none',
    mlpBias: false,
    qkNorm: 'none',
    norm: 'rms',
    normPlace: 'before',
    clipQkv: null,
    windows: Array.from({ length: 30 }, () => null),
    tied: true,
  });
});

test('GPT-2: what the file leaves out has the default of its class', () => {
  const parsed = config(GPT2);
  assert.is(parsed.kind, 'gpt2');
  assert.is(parsed.mlpWidth, 3072);
  assert.is(parsed.headWidth, 64);
  assert.ok(parsed.kind === 'gpt2' && parsed.tied && parsed.scaleScores && !parsed.scaleScoresByLayer);
});

test('Pythia: a quarter of each head is rotated, by either spelling', () => {
  const sizes = { hidden_size: 512, num_hidden_layers: 6, num_attention_heads: 8, intermediate_size: 2048 };
  const base = { ...sizes, model_type: 'gpt_neox', vocab_size: 50304, max_position_embeddings: 2048 };
  const older = config({ ...base, rotary_pct: 0.25, rotary_emb_base: 10000, use_parallel_residual: true });
  const newer = config({
    ...base,
    rope_parameters: { rope_type: 'default', rope_theta: 10000, partial_rotary_factor: 0.25 },
  });
  assert.equal(older, newer);
  assert.ok(older.kind === 'gpt_neox' && older.rotaryWidth === 16 && older.parallel && !older.tied);
});

test('rotary scaling is read from both spellings, and another kind is refused', () => {
  const llama3 = {
    rope_type: 'llama3',
    factor: 32,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 8192,
  };
  const wanted = {
    kind: 'llama3',
    factor: 32,
    lowFrequencyFactor: 1,
    highFrequencyFactor: 4,
    originalContext: 8192,
  };
  assert.equal(llama({ ...SMOLLM2, rope_scaling: llama3 }).ropeScaling, wanted);
  const newer = llama({ ...SMOLLM2, rope_theta: 1, rope_parameters: { ...llama3, rope_theta: 500000 } });
  assert.equal(newer.ropeScaling, wanted);
  assert.is(newer.ropeTheta, 500000);
  assert.equal(llama({ ...SMOLLM2, rope_scaling: { type: 'linear', factor: 4 } }).ropeScaling, {
    kind: 'linear',
    factor: 4,
  });
  assert.is(fault({ ...SMOLLM2, rope_scaling: { rope_type: 'yarn', factor: 4 } }), 'rope_type = yarn');
  assert.is(fault({ ...SMOLLM2, rope_scaling: { type: 'dynamic', factor: 4 } }), 'rope_type = dynamic');
});

test('the relatives of Llama differ by flags', () => {
  const as = (model_type: string, changes: object = {}) => llama({ ...SMOLLM2, model_type, ...changes });
  assert.is(as('llama', { attention_bias: true }).attentionBias, 'all');
  assert.is(as('qwen2').attentionBias, 'qkv');
  assert.is(as('qwen3').qkNorm, 'head');
  assert.is(as('qwen3', { head_dim: 128 }).headWidth, 128);
  assert.is(as('mistral').attentionBias, 'none');
  assert.equal([as('olmo2').qkNorm, as('olmo2').normPlace], ['all', 'after']);
  assert.equal([as('olmo').norm, as('olmo', { clip_qkv: 8 }).clipQkv], ['layer', 8]);
});

test('a sliding window is of the layers that have it', () => {
  const three = { ...SMOLLM2, num_hidden_layers: 3, sliding_window: 4096 };
  assert.equal(llama({ ...three, model_type: 'mistral' }).windows, [4096, 4096, 4096]);
  assert.equal(llama({ ...three, model_type: 'mistral', sliding_window: null }).windows, [null, null, null]);
  const qwen = { ...three, model_type: 'qwen2', max_window_layers: 2 };
  assert.equal(llama({ ...qwen, use_sliding_window: false }).windows, [null, null, null]);
  assert.equal(llama({ ...qwen, use_sliding_window: true }).windows, [null, null, 4096]);
  const layer_types = ['full_attention', 'sliding_attention', 'full_attention'];
  assert.equal(llama({ ...qwen, use_sliding_window: true, layer_types }).windows, [null, 4096, null]);
  assert.match(fault({ ...three, model_type: 'mistral', layer_types: ['chunked'] }), /^layer_types: /);
});

test('what would change the numbers and is not built is refused', () => {
  assert.is(fault({ ...SMOLLM2, quantization_config: { bits: 4 } }), 'quantization_config = an object');
  assert.is(fault({ ...SMOLLM2, rope_interleaved: true }), 'rope_interleaved = true');
  assert.is(fault({ ...SMOLLM2, hidden_act: 'xielu' }), 'hidden_act = xielu');
  assert.is(fault({ ...GPT2, add_cross_attention: true }), 'add_cross_attention = true');
  const bert = { model_type: 'bert', vocab_size: 30522, num_hidden_layers: 6, hidden_size: 384 };
  assert.is(fault(bert), 'ok');
  assert.is(fault({ ...bert, is_decoder: true }), 'is_decoder = true');
  const tagging = { ...bert, architectures: ['BertForTokenClassification'] };
  assert.is(fault(tagging), 'architectures = BertForTokenClassification');
  assert.is(fault({ model_type: 'mamba' }), 'unknown-architecture');
});

test('a damaged or hostile file is refused in words', () => {
  assert.is(fault(null), 'not-a-config');
  assert.is(fault([]), 'not-a-config');
  assert.is(fault({}), 'not-a-config');
  assert.is(fault({ model_type: 7 }), 'not-a-config');
  assert.is(fault({ model_type: 'constructor' }), 'unknown-architecture');
  assert.match(fault({ ...GPT2, n_layer: 2 ** 40 }), /^n_layer: it is 1099511627776, not a whole number/);
  assert.match(fault({ ...GPT2, n_layer: 0 }), /^n_layer/);
  assert.match(fault({ ...GPT2, n_embd: 769 }), /^n_embd: 769 does not make 12 heads of equal width/);
  assert.match(fault({ ...GPT2, vocab_size: '50257' }), /^vocab_size/);
  assert.match(fault({ ...GPT2, layer_norm_epsilon: -1 }), /^layer_norm_epsilon/);
  assert.match(fault({ ...SMOLLM2, num_key_value_heads: 4 }), /^num_key_value_heads: 4 does not divide 9/);
  assert.match(fault({ ...SMOLLM2, head_dim: 63 }), /^head_dim/);
  assert.match(
    fault({ ...SMOLLM2, head_dim: 2 ** 23 }),
    /^head_dim: it is 8388608, not a whole number from 1 to 1024/,
  );
  assert.match(fault({ ...SMOLLM2, rope_scaling: 'linear' }), /^rope_scaling/);
  assert.match(fault({ ...SMOLLM2, rope_theta: 0 }), /^rope_theta/);
  const { vocab_size: _, ...rest } = SMOLLM2;
  assert.is(fault(rest), 'vocab_size: it is missing');
});

test.run();
