import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { reachedFrom } from '../../support/reached-from.js';
import { runSites, tinyModel } from './tiny-model.js';

const test = suite('model/reach');
const tiny = tinyModel();
const reaches = (from: string, to: string) => reachedFrom(tiny.model, from).has(to);
const ROWS = [[3, 1, 6, 1, 0]];

test('a later site does not reach an earlier one, nor one beside it', () => {
  assert.is(reaches('blocks.1.attn.z', 'blocks.0.attn.z'), false);
  assert.is(reaches('blocks.0.attn.q', 'blocks.0.attn.v'), false);
  assert.is(reaches('blocks.0.attn.q', 'blocks.0.attn.pattern'), true);
  assert.is(reaches('blocks.0.attn.result', 'blocks.0.attn_out'), true);
  assert.is(reaches('weights.blocks.1.attn.W_O', 'logits'), true);
  assert.is(reaches('weights.blocks.1.attn.W_O', 'blocks.1.attn.z'), false);
});

test('what a write changes is exactly what it reaches', () => {
  const paths = tiny.model.sites.map((site) => site.path);
  const plain = runSites(tiny, ROWS, paths);
  for (const from of paths) {
    const written = runSites(tiny, ROWS, paths, {
      [from]: (_, v, b) => b.add({ name: 'Tanh', attrs: {} }, v),
    });
    const changed = paths.filter((path) => {
      const after = written.get(path)?.data ?? [];
      return (plain.get(path)?.data ?? []).some((v, i) => !Object.is(v, after[i]));
    });
    assert.equal(new Set(changed), reachedFrom(tiny.model, from), from);
  }
});

test.run();
