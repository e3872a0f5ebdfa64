import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { matchSites, nearestSites, resolveSite } from '../../../src/compiler/model/component-tree.js';
import type { ModelGraph } from '../../../src/compiler/model/model-graph.js';
import { tinyModel } from './tiny-model.js';

const test = suite('model/component-tree');
const { model } = tinyModel();
const bare = tinyModel({ d_mlp: 0, act: 'none', norm: 'none', positions: 'relative_bias' }).model;

function meaning(name: string, of: ModelGraph = model): string {
  const answer = resolveSite(of, name);
  if (answer.kind === 'site') return answer.site.path;
  if (answer.kind === 'refused') return `${answer.reason}: ${answer.instead.join(' ')}`;
  return `unknown: ${answer.nearest.join(' ')}`;
}

test('every path names its own site', () => {
  for (const site of [...model.sites, ...model.weights]) assert.is(meaning(site.path), site.path);
});

test('brackets and the field’s other spellings name the same sites', () => {
  assert.equal(
    [
      'blocks[1].attn.z',
      'z.1',
      'blocks.1.attn.hook_z',
      'resid_post.0',
      'blocks.1.mlp_act',
      'blocks.0.attn.attn_out',
    ].map((n) => meaning(n)),
    [
      'blocks.1.attn.z',
      'blocks.1.attn.z',
      'blocks.1.attn.z',
      'blocks.0.resid_post',
      'blocks.1.mlp.act',
      'blocks.0.attn_out',
    ],
  );
  assert.equal(
    [
      'ln_final.hook_scale',
      'hook_pos_embed',
      'blocks.1.hook_resid_pre',
      'blocks.0.mlp.hook_post',
      'W_U',
      'blocks.0.ln2.hook_normalized',
    ].map((n) => meaning(n)),
    [
      'final_norm.scale',
      'pos_embed',
      'blocks.1.resid_pre',
      'blocks.0.mlp.act',
      'weights.W_U',
      'blocks.0.ln2.normalized',
    ],
  );
});

test('a name with two meanings is refused with the sites to choose from', () => {
  assert.is(meaning('blocks.0.hook_mlp_in'), 'before-or-after-norm: blocks.0.resid_mid blocks.0.mlp.in');
  assert.is(meaning('blocks.1.hook_q_input'), 'copy-per-head: blocks.1.resid_pre blocks.1.attn.q');
  assert.is(meaning('blocks.0.attn.hook_rot_q'), 'no-rotary: blocks.0.attn.q');
});

test('a name whose value this model lacks is refused, never mapped to a neighbour', () => {
  assert.is(meaning('blocks.0.hook_resid_mid', bare), 'no-mlp: blocks.0.resid_post');
  assert.is(meaning('mlp_out.1', bare), 'no-mlp: blocks.1.resid_post');
  assert.is(meaning('blocks.0.ln1.hook_scale', bare), 'no-norms: blocks.0.resid_post');
  assert.is(meaning('final_norm.scale', bare), 'no-norms: ');
  assert.is(meaning('hook_pos_embed', bare), 'no-position-embedding: embed');
  assert.is(meaning('z.7'), 'no-such-layer: blocks.1.attn.z');
});

test('a misspelling gets the nearest sites', () => {
  assert.is(meaning('blocks.0.attn.zz'), 'unknown: blocks.0.attn.z blocks.0.attn.k blocks.0.attn.q');
  assert.equal(nearestSites(model, 'logit'), ['logits']);
  assert.equal(nearestSites(model, 'completely.different'), []);
});

test('a glob matches by slashes, and an exact name only itself', () => {
  const site = (path: string) =>
    ({ ...(model.sites[0] ?? assert.unreachable()), path }) as ModelGraph['sites'][number];
  const paths = ['/a/Relu_output_0', '/a/b/Relu_output_0', 'Relu_output_0', 'x[0]', 'x0', 'a.b', 'aXb'];
  const onnx: ModelGraph = { ...model, family: 'onnx', sites: paths.map(site), weights: [] };
  assert.equal(matchSites(onnx, '**/Relu_output_0'), [
    '/a/Relu_output_0',
    '/a/b/Relu_output_0',
    'Relu_output_0',
  ]);
  assert.equal(matchSites(onnx, '/a/*'), ['/a/Relu_output_0']);
  assert.equal(matchSites(onnx, 'x[0]'), ['x[0]']);
  assert.equal(matchSites(onnx, 'x[?]'), ['x[0]']);
  assert.equal(matchSites(onnx, 'a.?'), ['a.b']);
  assert.equal(matchSites(onnx, 'a?b'), ['a.b', 'aXb']);
  assert.equal(matchSites(onnx, 'nothing*'), []);
});

test.run();
