import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { wordsOf } from '../../../src/compiler/model/messages.js';
import type { ModelGraph } from '../../../src/compiler/model/model-graph.js';
import type { Encoding } from '../../../src/runtime/data/row-tokenizer.js';
import { loadBundled } from '../../../src/runtime/model/load-model.js';
import { bundledFolder } from '../../../src/runtime/model/model-files.js';
import { tokenizerOf, unknownWord } from '../../../src/runtime/model/tokenizer.js';

const test = suite('model/tokenizer');

function bundled(name: string): ModelGraph {
  const result = loadBundled(name);
  if (result.kind === 'problem') throw new Error(result.problem.kind);
  return result.value.graph;
}

function encode(model: ModelGraph, text: string): Encoding {
  const tokenizer = tokenizerOf(model);
  if (tokenizer === undefined) throw new Error(`${model.name} reads no text`);
  return tokenizer.encode(text);
}

function words(model: ModelGraph, text: string): readonly string[] {
  const vocab = model.tokenizer.kind === 'words' ? model.tokenizer.vocab : [];
  return Array.from(encode(model, text).ids, (id) => vocab[id] ?? '?');
}

test('text is tokenized as the training script did it', () => {
  const ioi3 = bundled('ioi3');
  const { cases } = JSON.parse(readFileSync(join(bundledFolder(), 'ioi3', 'fixtures.json'), 'utf8'));
  // the script's second fixture
  assert.equal(Array.from(encode(ioi3, 'It was late.').ids), cases[1].tokens);
  assert.equal(words(ioi3, '  It was\nlate . '), ['It', 'was', 'late', '.']);
  assert.equal(words(ioi3, ' It'), words(ioi3, 'It'));
});

test('an unknown word is a problem with the nearest words, not another token', () => {
  const ioi3 = bundled('ioi3');
  const [word = ''] = encode(ioi3, 'It waas late.').unknown;
  const { message, help } = wordsOf(unknownWord(ioi3, word));
  assert.is(message, '`waas` is not in the vocabulary of `ioi3`');
  assert.match(help ?? '', /did you mean .*`was`/);
});

test('a model without text has no tokenizer', () => {
  assert.is(tokenizerOf(bundled('attn2')), undefined);
});

test.run();
