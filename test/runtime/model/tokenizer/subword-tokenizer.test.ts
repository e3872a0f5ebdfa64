// Token ids and places of a few hundred texts as the original libraries give them: `tokenizers`, and `sentencepiece` for spm.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Tokenizer } from '../../../../src/compiler/model/manifest.js';
import type { Encoding, RowTokenizer } from '../../../../src/runtime/data/row-tokenizer.js';
import { contentTokens } from '../../../../src/runtime/data/row-tokenizer.js';
import { readGgufHeader } from '../../../../src/runtime/model/gguf/read-header.js';
import { ggufTokenizer } from '../../../../src/runtime/model/gguf/tokenizer-json.js';
import { describeTokenizer } from '../../../../src/runtime/model/tokenizer/describe-tokenizer.js';
import { subwordTokenizer } from '../../../../src/runtime/model/tokenizer/subword-tokenizer.js';

const test = suite('model/tokenizer/subwords');
const folder = join(import.meta.dirname, '../../../oracle/model-files/tokenizers');
type Row = {
  readonly text: string;
  readonly ids: readonly number[];
  readonly offsets?: readonly (readonly [number, number])[];
};

/** `unknown`: the id for words without a token, null where every text has tokens. */
const tokenizers = [
  { name: 'gpt2', unknown: null },
  { name: 'smollm', unknown: null },
  { name: 'llama3', unknown: null },
  { name: 'qwen2', unknown: null },
  { name: 'bert-uncased', unknown: 1 },
  { name: 'bert-cased', unknown: 1 },
  { name: 'metaspace', unknown: null },
  { name: 'spm', unknown: null },
] as const;

function expectedOf(name: string): readonly Row[] {
  return JSON.parse(readFileSync(join(folder, `${name}.expected.json`), 'utf8'));
}

function plainJson(name: string): Record<string, never> {
  return JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));
}

function opened(made: {
  readonly kind: string;
  readonly value?: Tokenizer;
  readonly text?: string;
}): RowTokenizer {
  if (made.value?.kind !== 'subwords') throw new Error(made.text ?? made.kind);
  return subwordTokenizer(made.value);
}

async function fromGguf(name: string): Promise<RowTokenizer> {
  const header = await readGgufHeader(join(folder, `${name}.gguf`), name);
  if (header.kind === 'problem') throw new Error(JSON.stringify(header.problem));
  return opened(ggufTokenizer(header.value.fields));
}

/** Python counts code points, JavaScript code units. */
function unitsOf(text: string): readonly number[] {
  const at = [0];
  for (const character of text) at.push((at.at(-1) ?? 0) + character.length);
  return at;
}

function agree(tokenizer: RowTokenizer, name: string, unknownId: number | null): void {
  const rows = expectedOf(name);
  assert.ok(rows.length > 250);
  for (const { text, ids, offsets } of rows) {
    const encoding = tokenizer.encode(text);
    assert.equal(Array.from(encoding.ids), [...ids], JSON.stringify(text));
    const hasUnknown = unknownId !== null && ids.includes(unknownId) && !text.includes('[UNK]');
    assert.is(encoding.unknown.length > 0, hasUnknown, JSON.stringify(text));
    if (!hasUnknown && offsets !== undefined) agreePlaces(text, encoding, offsets);
  }
}

/**
 * Where a letter and its mark were composed, the original covers one of the two and we cover both; and the ▁ that is put before
 * a text covers nothing here, the first character there.
 */
function agreePlaces(text: string, { starts, ends }: Encoding, offsets: NonNullable<Row['offsets']>): void {
  if (text.normalize('NFC') !== text) return;
  const units = unitsOf(text);
  for (const [i, [start, end]] of offsets.entries()) {
    if (starts[i] === ends[i]) continue;
    assert.equal([starts[i], ends[i]], [units[start], units[end]], `${JSON.stringify(text)} token ${i}`);
  }
}

for (const { name, unknown } of tokenizers) {
  if (existsSync(join(folder, `${name}.json`)))
    test(`${name}: tokenizer.json gives the ids and places of the original`, () => {
      agree(opened(describeTokenizer(plainJson(name))), name, unknown);
    });
  if (existsSync(join(folder, `${name}.gguf`)))
    test(`${name}: so does the tokenizer inside a GGUF file`, async () => {
      agree(await fromGguf(name), name, unknown);
    });
}

test('every character of a text lies in a token or is white space', () => {
  for (const { name } of tokenizers.filter((one) => one.name !== 'spm')) {
    const tokenizer = opened(describeTokenizer(plainJson(name)));
    for (const { text } of expectedOf(name)) {
      const { starts, ends, unknown } = tokenizer.encode(text);
      if (unknown.length > 0) continue;
      const covered = new Set<number>();
      for (let i = 0; i < starts.length; i++)
        for (let at = starts[i] ?? 0; at < (ends[i] ?? 0); at++) covered.add(at);
      // BERT drops control characters, and accents where it lowers case.
      const missing = Array.from(text, (_, at) => at).filter(
        (at) => !covered.has(at) && /[\p{L}\p{N}]/u.test(text[at] ?? ''),
      );
      assert.equal(missing, [], `${name} ${JSON.stringify(text)}`);
    }
  }
});

test('marks around a text cover none of it, and an answer is one token', () => {
  const llama = opened(describeTokenizer(plainJson('llama3')));
  const encoding = llama.encode(' Mary');
  assert.is(encoding.ids.length, contentTokens(encoding).length + 1);
  const bert = opened(describeTokenizer(plainJson('bert-uncased')));
  assert.equal(contentTokens(bert.encode('Mary')).length, bert.encode('Mary').ids.length - 2);
});

test('a word that has no token is named, with the others that have none', () => {
  const bert = opened(describeTokenizer(plainJson('bert-uncased')));
  assert.equal(bert.encode('the ☃☃ dog').unknown, ['☃☃']);
  assert.equal(bert.encode('the dog').unknown, []);
});

test('parts that are not carried out as the original does are refused', () => {
  const fault = (change: Record<string, unknown>): string => {
    const made = describeTokenizer({ ...plainJson('gpt2'), ...change } as never);
    return made.kind === 'problem' ? made.text : 'ok';
  };
  assert.is(fault({}), 'ok');
  assert.match(fault({ model: { type: 'Unigram', vocab: [] } }), /model is Unigram/);
  assert.match(fault({ model: null }), /no model/);
  assert.match(
    fault({ normalizer: { type: 'Precompiled', precompiled_charsmap: '' } }),
    /normalizer is Precompiled/,
  );
  const split = { type: 'Split', pattern: { String: ' ' }, behavior: 'MergedWithNext', invert: false };
  assert.match(fault({ pre_tokenizer: { type: 'Sequence', pretokenizers: [split] } }), /MergedWithNext/);
  assert.match(fault({ added_tokens: 7 }), /not a list/);
  assert.match(fault({ added_tokens: [{ id: 1e99, content: 'x' }] }), /no indices/);
  assert.match(fault({ model: { ...Object(plainJson('gpt2').model), dropout: 0.1 } }), /at random/);
});

test.run();
