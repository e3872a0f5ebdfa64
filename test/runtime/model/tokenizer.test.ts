import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { wordsOf } from '../../../src/compiler/model/messages.js';
import type { ModelGraph } from '../../../src/compiler/model/model-graph.js';
import { loadBundled } from '../../../src/runtime/model/load-model.js';
import { bundledFolder } from '../../../src/runtime/model/model-files.js';
import { tokenize, tokenizerOf } from '../../../src/runtime/model/tokenizer.js';

const test = suite('model/tokenizer');

function bundled(name: string): ModelGraph {
  const result = loadBundled(name);
  if (result.kind === 'problem') throw new Error(result.problem.kind);
  return result.value.graph;
}

function words(model: ModelGraph, text: string): readonly string[] {
  const result = tokenize(model, text);
  if (result.kind === 'problem') return [wordsOf(result.problem).message];
  const vocab = model.tokenizer.kind === 'words' ? model.tokenizer.vocab : [];
  return Array.from(result.encoding.ids, (id) => vocab[id] ?? '?');
}

test('text is tokenized as the training script did it', () => {
  const ioi3 = bundled('ioi3');
  const { cases } = JSON.parse(readFileSync(join(bundledFolder(), 'ioi3', 'fixtures.json'), 'utf8'));
  const result = tokenize(ioi3, 'It was late.'); // the script's second fixture
  assert.equal(result.kind === 'ok' ? [...Array.from(result.encoding.ids)] : result, cases[1].tokens);
  assert.equal(words(ioi3, '  It was\nlate . '), ['It', 'was', 'late', '.']);
  assert.equal(words(ioi3, ' It'), words(ioi3, 'It'));
});

test('an unknown word is a problem with the nearest words, not another token', () => {
  const ioi3 = bundled('ioi3');
  assert.equal(words(ioi3, 'It waas late.'), ['`waas` is not in the vocabulary of `ioi3`']);
  const result = tokenize(ioi3, 'It waas late.');
  assert.match(result.kind === 'problem' ? (wordsOf(result.problem).help ?? '') : '', /did you mean .*`was`/);
});

test('a text beyond the context, and a model without text, are problems', () => {
  assert.equal(words(bundled('ioi3'), '. '.repeat(129)), ['a row has 129 tokens, `ioi3` reads at most 128']);
  assert.equal(words(bundled('attn2'), 'a'), ['`attn2` has no tokenizer: its inputs are token ids']);
  assert.is(tokenizerOf(bundled('attn2')), undefined);
});

test.run();
