import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { resolveSite } from '../../../../src/compiler/model/component-tree.js';
import { architectureFixture, architectureNames } from '../../../support/architecture-fixtures.js';

const test = suite('model/architectures: names of other tools');
const models = new Map(architectureNames().map((name) => [name, architectureFixture(name).model] as const));

/** The site that a name means, the reason for which it is refused, or `unknown`. */
function meaning(architecture: string, name: string): string {
  const model = models.get(architecture);
  if (model === undefined) throw new Error(architecture);
  const answer = resolveSite(model, name);
  if (answer.kind === 'site') return answer.site.path;
  return answer.kind === 'refused' ? `${answer.reason}: ${answer.instead.join(' ')}`.trim() : 'unknown';
}

function meanings(architecture: string, names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name) => [name, meaning(architecture, name)]));
}

/** docs/SUPPORTED_POINTS.md of interp-engine, in its order. */
const POINTS =
  `embeddings resid_pre attn_in q_norm_in q_norm_out k_norm_in k_norm_out value attn_scores attn_probs z attn_gate
  attn_out attn_out_post resid_mid mlp_in mlp_pre mlp_pre_linear mlp_act router_logits expert_weights expert_indices mlp_out
  mlp_out_post resid_post final_norm lm_head resid_streams attn_stream_collapse mlp_stream_collapse attn_stream_write
  attn_stream_mix mlp_stream_write mlp_stream_mix`.split(/\s+/);
const WITHOUT_LAYER = new Set(['embeddings', 'final_norm', 'lm_head']);

test('all 34 points of interp-engine mean a site or are refused with a reason, in every architecture', () => {
  assert.is(POINTS.length, 34);
  for (const name of models.keys()) {
    for (const point of POINTS) {
      const said = meaning(name, WITHOUT_LAYER.has(point) ? point : `${point}.1`);
      assert.is.not(said, 'unknown', `${name}: ${point}`);
    }
  }
});

test('points of a model with query norms', () => {
  const expected = {
    embeddings: 'embed',
    'resid_pre.1': 'blocks.1.resid_pre',
    'attn_in.1': 'blocks.1.attn.in',
    'q_norm_in.1': 'blocks.1.attn.q',
    'q_norm_out.1': 'blocks.1.attn.q_norm.out',
    'k_norm_in.1': 'blocks.1.attn.k',
    'k_norm_out.1': 'blocks.1.attn.k_norm.out',
    'value.1': 'blocks.1.attn.v',
    'attn_probs.1': 'blocks.1.attn.pattern',
    'attn_gate.1': 'no-attention-gate: blocks.1.attn.z',
    'attn_out_post.1': 'blocks.1.attn_out',
    'resid_mid.1': 'blocks.1.resid_mid',
    'mlp_in.1': 'blocks.1.mlp.in',
    'mlp_pre.1': 'blocks.1.mlp.pre',
    'mlp_pre_linear.1': 'blocks.1.mlp.pre_linear',
    'mlp_act.1': 'blocks.1.mlp.act',
    'router_logits.1': 'no-experts: blocks.1.mlp.pre',
    'resid_post.1': 'blocks.1.resid_post',
    'resid_streams.1': 'one-stream: blocks.1.resid_post',
    final_norm: 'final_norm.out',
    lm_head: 'logits',
    'resid_post.2': 'no-such-layer: blocks.1.resid_post',
  };
  assert.equal(meanings('qwen3', Object.keys(expected)), expected);
});

test('TransformerLens’ names of a gated, rotary model', () => {
  const expected = {
    hook_embed: 'embed',
    'blocks.0.hook_resid_mid': 'blocks.0.resid_mid',
    'blocks.0.attn.hook_rot_q': 'blocks.0.attn.rot_q',
    'blocks.0.attn.hook_rot_k': 'blocks.0.attn.rot_k',
    'blocks.0.mlp.hook_pre': 'blocks.0.mlp.pre',
    'blocks.0.mlp.hook_pre_linear': 'blocks.0.mlp.pre_linear',
    'blocks.0.mlp.hook_post': 'blocks.0.mlp.act',
    'blocks.0.ln2.hook_normalized': 'blocks.0.ln2.normalized',
    'blocks.0.hook_mlp_in': 'before-or-after-norm: blocks.0.resid_mid blocks.0.mlp.in',
    'blocks.0.attn.q_norm.hook_scale': 'no-query-norm: blocks.0.attn.q',
    'blocks.0.ln1_post.hook_scale': 'no-post-norm: blocks.0.ln1.scale',
    'unembed.hook_in': 'final_norm.out',
    hook_pos_embed: 'no-position-embedding: embed',
  };
  assert.equal(meanings('llama', Object.keys(expected)), expected);
});

test('a name is refused where the model has no such value', () => {
  assert.equal(
    meanings('gpt2', ['rot_q.0', 'mlp_pre_linear.0', 'q_norm_in.0', 'blocks.0.hook_normalized_resid_post']),
    {
      'rot_q.0': 'no-rotary: blocks.0.attn.q',
      'mlp_pre_linear.0': 'no-gate: blocks.0.mlp.pre',
      'q_norm_in.0': 'no-query-norm: blocks.0.attn.q',
      'blocks.0.hook_normalized_resid_post': 'no-post-norm: blocks.0.resid_post',
    },
  );
  const parallel = 'parallel-block: blocks.0.resid_pre blocks.0.resid_post';
  assert.equal(meanings('neox-parallel', ['blocks.0.hook_resid_mid', 'resid_mid.0', 'blocks.0.resid_mid']), {
    'blocks.0.hook_resid_mid': parallel,
    'resid_mid.0': parallel,
    'blocks.0.resid_mid': parallel,
  });
  assert.is(meaning('neox-serial', 'blocks.0.hook_resid_mid'), 'blocks.0.resid_mid');
});

test('with norms on the outputs, what is added to the stream and what attention gives are two sites', () => {
  const expected = {
    'blocks.0.hook_attn_out': 'blocks.0.attn_out_post',
    'blocks.0.attn.hook_out': 'blocks.0.attn_out',
    'attn_out.0': 'blocks.0.attn_out',
    'attn_out_post.0': 'blocks.0.attn_out_post',
    'blocks.0.hook_mlp_out': 'blocks.0.mlp.out_post',
    'mlp_out.0': 'blocks.0.mlp.out',
    'mlp_out_post.0': 'blocks.0.mlp.out_post',
    'blocks.0.ln1_post.hook_normalized': 'blocks.0.ln1_post.normalized',
    'blocks.0.ln2.hook_normalized': 'norm-after: blocks.0.ln2_post.normalized',
  };
  assert.equal(meanings('olmo2', Object.keys(expected)), expected);
});

test('in an encoder the sum and its norm are told apart', () => {
  const expected = {
    hook_full_embed: 'blocks.0.resid_pre',
    'embed.hook_token_type_embed': 'segment_embed',
    'blocks.0.hook_resid_post': 'blocks.0.resid_post',
    'blocks.0.hook_normalized_resid_post': 'blocks.0.normalized_resid_post',
    'resid_post.0': 'sum-or-norm: blocks.0.resid_post blocks.0.normalized_resid_post',
    'blocks.0.resid_post': 'blocks.0.resid_post',
    final_norm: 'final_norm.out',
  };
  assert.equal(meanings('bert', Object.keys(expected)), expected);
});

test('every path of every model names itself', () => {
  for (const [name, model] of models) {
    for (const { path } of [...model.sites, ...model.weights]) assert.is(meaning(name, path), path);
  }
});

test.run();
