import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { evaluateGraph } from '../../../src/compiler/ir/evaluate.js';
import { tensor } from '../../../src/compiler/ir/tensor.js';
import { identityGraph, identityTolerance } from '../../../src/compiler/model/identities.js';
import type { ModelGraph } from '../../../src/compiler/model/model-graph.js';
import { type TinyModel, tinyModel } from './tiny-model.js';

const test = suite('model/identities');

/** Identities that fail on one row. */
function failing({ model, weights }: TinyModel): readonly string[] {
  const { graph, identities } = identityGraph(model);
  const tokens = tensor('i64', [1, 5], [3, 1, 6, 1, 0]);
  const out = evaluateGraph(
    graph,
    new Map([['tokens', tokens]]),
    ({ name }) => weights.get(name) ?? (assert.unreachable() as never),
  );
  const scalar = (name: string) => out.get(name)?.data[0] ?? Number.NaN;
  return identities
    .filter(
      (one) => !(scalar(one.difference) <= identityTolerance(one.terms({ pos: 5 }), scalar(one.magnitude))),
    )
    .map((one) => one.text);
}

/** The model with one site name standing for the value of another. */
function misnamed(model: ModelGraph, path: string, actual: string): ModelGraph {
  const value = model.sites.find((site) => site.path === actual)?.value;
  if (value === undefined) throw new Error(actual);
  return { ...model, sites: model.sites.map((site) => (site.path === path ? { ...site, value } : site)) };
}

test('they hold for every kind of block', () => {
  assert.equal(failing(tinyModel()), []);
  assert.equal(failing(tinyModel({ d_mlp: 0, act: 'none', norm: 'none', positions: 'relative_bias' })), []);
  assert.equal(failing(tinyModel({ mlp_bias: false, attn_bias: false, act: 'relu' })), []);
});

test('a name that stands for another value breaks the identity that it enters', () => {
  const tiny = tinyModel();
  const broken = (path: string, actual: string) =>
    failing({ ...tiny, model: misnamed(tiny.model, path, actual) });
  assert.equal(broken('blocks.0.attn.v', 'blocks.0.attn.k'), ['blocks.0: pattern · v = z']);
  assert.equal(broken('blocks.1.attn.pattern', 'blocks.0.attn.pattern'), ['blocks.1: pattern · v = z']);
  assert.equal(broken('blocks.0.resid_post', 'blocks.0.resid_mid'), [
    'blocks.0: resid_pre + attn_out + mlp_out = resid_post',
  ]);
  assert.equal(broken('blocks.1.mlp.act', 'blocks.1.mlp.pre'), [
    'blocks.1: W_out · mlp_act + b_out = mlp_out',
  ]);
});

test.run();
