import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Architecture } from '../../../src/compiler/model/manifest.js';
import { assertClose } from '../../support/close.js';
import { BASE, plainForward, runSites, tinyModel } from './tiny-model.js';

const test = suite('model/build-transformer');
const TOKENS = [3, 1, 6, 1, 0];

const ARCHITECTURES: Readonly<Record<string, Partial<Architecture>>> = {
  'norms, biases, absolute positions': {},
  'attention only, relative bias': {
    d_mlp: 0,
    act: 'none',
    norm: 'none',
    positions: 'relative_bias',
    attn_bias: false,
    unembed_bias: false,
  },
  'tied, relu, no biases, no positions': {
    tied: true,
    act: 'relu',
    positions: 'none',
    attn_bias: false,
    mlp_bias: false,
    unembed_bias: false,
  },
  'not causal, silu, no norms': { causal: false, act: 'silu', norm: 'none' },
  'tanh gelu, relative bias with norms': { act: 'gelu_tanh', positions: 'relative_bias' },
};

for (const [name, change] of Object.entries(ARCHITECTURES)) {
  test(`every site equals the transformer written in plain loops: ${name}`, () => {
    const tiny = tinyModel(change);
    const expected = plainForward({ ...BASE, ...change }, tiny.weights, TOKENS);
    const paths = tiny.model.sites.map((site) => site.path).filter((path) => !/embed$/.test(path));
    assert.equal(paths.toSorted(), [...expected.keys()].sort());
    const values = runSites(tiny, [TOKENS], paths);
    for (const path of paths) {
      assertClose(values.get(path)?.data ?? [], expected.get(path) ?? [], { rtol: 1e-6, atol: 1e-7 });
    }
  });
}

test('a row alone and in a batch gives the same logits', () => {
  const tiny = tinyModel();
  const other = [2, 2, 5, 4, 6];
  const batch = runSites(tiny, [other, TOKENS], ['logits']).get('logits')?.data ?? [];
  const alone = runSites(tiny, [TOKENS], ['logits']).get('logits')?.data ?? [];
  assertClose(batch.slice(alone.length), alone, { rtol: 1e-12 });
});

test('sites have the axes of the field', () => {
  const { model } = tinyModel();
  const axes = (path: string) =>
    model.sites
      .find((site) => site.path === path)
      ?.axes.map(({ name, size }) => `${name}:${size}`)
      .join(' ');
  assert.is(axes('blocks.1.attn.z'), 'example:example pos:pos head:2 d_head:3');
  assert.is(axes('blocks.1.attn.q'), 'example:example query:pos head:2 d_head:3');
  assert.is(axes('blocks.1.attn.pattern'), 'example:example head:2 query:pos key:pos');
  assert.is(axes('blocks.0.ln1.scale'), 'example:example pos:pos');
  assert.is(axes('blocks.0.mlp.act'), 'example:example pos:pos d_mlp:8');
  assert.is(axes('logits'), 'example:example pos:pos vocab:7');
});

test('no two sites are the same value', () => {
  for (const change of Object.values(ARCHITECTURES)) {
    const { model } = tinyModel(change);
    const values = model.sites.map((site) => site.value);
    assert.is(new Set(values).size, values.length);
  }
});

test('the digest follows the weights', () => {
  assert.is(tinyModel({}, 1).model.digest, tinyModel({}, 1).model.digest);
  assert.is.not(tinyModel({}, 1).model.digest, tinyModel({}, 2).model.digest);
  assert.is.not(tinyModel({}, 1).model.digest, tinyModel({ score_scale: 0.5 }, 1).model.digest);
});

test.run();
