import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { buildModel, withTokenizer } from '../../../../src/compiler/model/architectures/build.js';
import type { TensorFacts } from '../../../../src/compiler/model/architectures/config.js';
import { describeModel } from '../../../../src/compiler/model/describe.js';
import { weightsOf } from '../../../../src/compiler/model/with-weights.js';
import {
  type ArchitectureFixture,
  architectureFixture,
  architectureNames,
} from '../../../support/architecture-fixtures.js';
import { reachedFrom } from '../../../support/reached-from.js';

const test = suite('model/architectures/build');
const fixtures = new Map(architectureNames().map((name) => [name, architectureFixture(name)] as const));

function fixture(name: string): ArchitectureFixture {
  const found = fixtures.get(name);
  if (found === undefined) throw new Error(`no fixture ${name}`);
  return found;
}

/** What building says of tensors that were changed. */
function said(name: string, change: (tensors: Map<string, TensorFacts>) => void): string {
  const { config, facts } = fixture(name);
  const tensors = new Map(facts);
  change(tensors);
  const built = buildModel(config, tensors, name);
  if (built.kind === 'ok') return `ok ${built.unused.join(' ')}`.trim();
  const { problem } = built;
  if (problem.kind === 'misshapen-tensor') return `${problem.name} [${problem.found}] [${problem.wanted}]`;
  return 'names' in problem ? `${problem.kind} ${problem.names.join(' ')}` : problem.kind;
}

const other: TensorFacts = { dims: [3], digest: 'f'.repeat(64) };

function axesOf(name: string, path: string): string {
  const { model } = fixture(name);
  const site = [...model.sites, ...model.weights].find((one) => one.path === path);
  return site?.axes.map((axis) => `${axis.name}:${axis.size}`).join(' ') ?? 'none';
}

test('query heads and key/value groups are distinct axes', () => {
  assert.is(axesOf('llama', 'blocks.0.attn.q'), 'example:example query:pos head:4 d_head:4');
  assert.is(axesOf('llama', 'blocks.0.attn.k'), 'example:example key:pos kv_head:2 d_head:4');
  assert.is(axesOf('llama', 'blocks.0.attn.rot_k'), 'example:example key:pos kv_head:2 d_head:4');
  assert.is(axesOf('llama', 'blocks.0.attn.v'), 'example:example key:pos kv_head:2 d_head:4');
  assert.is(axesOf('llama', 'blocks.0.attn.pattern'), 'example:example head:4 query:pos key:pos');
  assert.is(axesOf('llama', 'blocks.0.attn.z'), 'example:example pos:pos head:4 d_head:4');
  assert.is(axesOf('llama', 'weights.blocks.0.attn.W_K'), 'kv_head:2 d_head:4 d_model:16');
  assert.is(fixture('llama').model.geometry.kv_heads, 2);
  // Where each head has keys of its own there is one kind of head.
  assert.is(axesOf('llama-tied', 'blocks.0.attn.k'), 'example:example key:pos head:4 d_head:4');
  assert.is(fixture('llama-tied').model.geometry.kv_heads, undefined);
});

test('an image model has positions of its own number, and images as input', () => {
  const { model } = fixture('vit');
  const [input] = model.inputs;
  assert.is(
    input?.type.axes.map(({ name, size }) => `${name}:${size}`).join(' '),
    'example:example channel:2 y:8 x:8',
  );
  assert.is(axesOf('vit', 'blocks.1.attn.pattern'), 'example:example head:4 query:5 key:5');
  assert.is(axesOf('vit', 'logits'), 'example:example label:3');
  assert.is(model.causal, false);
});

test('a parallel block has no residual stream between attention and MLP, and each norm is written alone', () => {
  const { model } = fixture('neox-parallel');
  assert.is(axesOf('neox-parallel', 'blocks.0.resid_mid'), 'none');
  assert.is.not(axesOf('neox-serial', 'blocks.0.resid_mid'), 'none');
  assert.not.ok(reachedFrom(model, 'blocks.0.ln1.scale').has('blocks.0.mlp.out'));
  assert.not.ok(reachedFrom(model, 'blocks.0.attn_out').has('blocks.0.mlp.out'));
  assert.ok(reachedFrom(fixture('neox-serial').model, 'blocks.0.attn_out').has('blocks.0.mlp.out'));
});

test('every site before the end reaches the output', () => {
  for (const { model, name } of fixtures.values()) {
    const last = model.sites.at(-1)?.path ?? '';
    for (const { path } of model.sites) {
      assert.ok(reachedFrom(model, path).has(last), `${name}: ${path}`);
    }
  }
});

test('every tensor of the file is a weight of the graph, by its name and digest', () => {
  for (const { model, facts, name } of fixtures.values()) {
    const weights = new Map(weightsOf(model).map((one) => [one.name, one.digest]));
    assert.equal([...weights].sort(), [...facts].map(([key, { digest }]) => [key, digest]).sort(), name);
  }
});

test('each weight has a rule for drawing it anew', () => {
  for (const { model } of fixtures.values()) {
    const names = weightsOf(model).map((one) => one.name);
    assert.equal(Object.keys(model.initialiser ?? {}).sort(), names.sort());
  }
  const rules = fixture('gpt2').model.initialiser ?? {};
  assert.equal(rules['transformer.h.0.attn.c_proj.weight'], {
    distribution: 'normal',
    mean: 0,
    std: 0.02 / 2,
  });
  assert.equal(rules['transformer.h.0.ln_1.weight'], { distribution: 'constant', value: 1 });
  assert.equal(rules['transformer.h.0.ln_1.bias'], { distribution: 'constant', value: 0 });
});

test('missing, surplus and misshapen tensors are named', () => {
  const key = 'model.layers.0.self_attn.k_proj.weight';
  assert.is(
    said('llama', (tensors) => tensors.delete(key)),
    `missing-tensors ${key}`,
  );
  assert.is(
    said('llama', (tensors) => tensors.set('model.layers.0.self_attn.k_proj.bias', other)),
    'extra-tensors model.layers.0.self_attn.k_proj.bias',
  );
  assert.is(
    said('llama', (tensors) => tensors.set(key, { ...other, dims: [16, 16] })),
    `${key} [16,16] [8,16]`,
  );
  assert.is(said('gpt2', (tensors) => tensors.clear()).split(' ').length, 1 + fixture('gpt2').facts.size);
  assert.is(
    said('vit', (tensors) => tensors.delete('classifier.bias')),
    'missing-tensors classifier.bias',
  );
});

test('the base model’s prefix may be missing, and older names of norms are known', () => {
  const bare = (prefix: string) => (tensors: Map<string, TensorFacts>) => {
    for (const [key, facts] of [...tensors]) {
      tensors.delete(key);
      tensors.set(key.replace(prefix, ''), facts);
    }
  };
  assert.is(said('gpt2', bare('transformer.')), 'ok');
  assert.is(said('llama', bare('model.')), 'ok');
  const older = (tensors: Map<string, TensorFacts>) => {
    for (const [key, facts] of [...tensors]) {
      tensors.delete(key);
      tensors.set(
        key.replace('LayerNorm.weight', 'LayerNorm.gamma').replace('LayerNorm.bias', 'LayerNorm.beta'),
        facts,
      );
    }
  };
  assert.is(said('bert', older), 'ok');
});

test('the largest configuration that is accepted costs seconds, not memory, where its tensors are missing', () => {
  const { config } = fixture('llama');
  if (config.kind !== 'llama') throw new Error(config.kind);
  const huge = { ...config, layers: 1024, heads: 1024, kvHeads: 512, headWidth: 1024, width: 2 ** 24 };
  const built = buildModel(huge, new Map(), 'huge');
  assert.is(built.kind === 'problem' ? built.problem.kind : 'ok', 'missing-tensors');
});

test('tensors that are known not to matter are passed over and named', () => {
  assert.is(
    said('gpt2', (t) => t.set('transformer.h.0.attn.bias', other)),
    'ok transformer.h.0.attn.bias',
  );
  const frequencies = 'model.layers.0.self_attn.rotary_emb.inv_freq';
  assert.is(
    said('llama', (t) => t.set(frequencies, other)),
    `ok ${frequencies}`,
  );
  const pooler = 'bert.pooler.dense.weight';
  assert.is(
    said('bert', (t) => t.set(pooler, other)),
    `ok ${pooler}`,
  );
  const copy = (digest: string) => (tensors: Map<string, TensorFacts>) => {
    tensors.set('lm_head.weight', { dims: [24, 16], digest });
  };
  const table = fixture('qwen2').facts.get('model.embed_tokens.weight')?.digest ?? '';
  assert.is(said('qwen2', copy(table)), 'ok lm_head.weight');
  assert.is(said('qwen2', copy('other')), 'extra-tensors lm_head.weight');
});

test('a model without a pooler is the encoder alone', () => {
  const { config, facts } = fixture('minilm');
  const tensors = new Map([...facts].filter(([key]) => !key.startsWith('pooler.')));
  const built = buildModel(config, tensors, 'bare');
  assert.is(built.kind === 'ok' ? built.model.sites.at(-1)?.path : '', 'final.resid_pre');
});

test('the digest follows weights, configuration and tokenizer', () => {
  const { model, config, facts } = fixture('llama');
  const digestOf = (changed: typeof config, tensors: ReadonlyMap<string, TensorFacts> = facts): string => {
    const built = buildModel(changed, tensors, 'llama');
    return built.kind === 'ok' ? built.model.digest : 'none';
  };
  assert.is(digestOf(config), model.digest);
  assert.is.not(digestOf({ ...config, normEps: 1e-3 }), model.digest);
  const changed = new Map(facts).set('lm_head.weight', { dims: [24, 16], digest: 'other' });
  assert.is.not(digestOf(config, changed), model.digest);
  assert.is.not(withTokenizer(model, { kind: 'words', vocab: ['a'], bos: null }).digest, model.digest);
});

test('the listing fits 80 columns and shows axes and bytes', () => {
  for (const { model } of fixtures.values()) {
    const listing = describeModel(model, { grep: null, positions: 16, weights: true });
    const text = listing.kind === 'ok' ? listing.text : [];
    assert.ok(text.length > 20);
    assert.equal(
      text.filter((line) => line.length > 80),
      [],
    );
  }
  const listing = describeModel(fixture('llama').model, { grep: 'hook_k', positions: 16, weights: false });
  assert.is(listing.kind, 'problem');
  const keys = describeModel(fixture('llama').model, {
    grep: 'blocks.0.attn.hook_k',
    positions: 16,
    weights: false,
  });
  assert.match(
    keys.kind === 'ok' ? keys.text.join('\n') : '',
    /blocks\.0\.attn\.k +\[example, key, kv_head 2, d_head 4\] +512 B/,
  );
});

test.run();
