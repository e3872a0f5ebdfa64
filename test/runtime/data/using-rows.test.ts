import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { RepeatedTokensSpec } from '../../../src/compiler/data/data-spec.js';
import { columnsOf } from '../../../src/runtime/data/columns-of.js';
import { dataDigest } from '../../../src/runtime/data/data-digest.js';
import { drawDonors } from '../../../src/runtime/data/draw-donors.js';
import { PROBLEM_SEVERITY } from '../../../src/runtime/data/problem.js';
import { rowLabel } from '../../../src/runtime/data/row-label.js';
import { wordTokenizer } from '../../../src/runtime/data/word-tokenizer.js';
import { columnDigest, rowSetDigest } from '../../support/row-set-digest.js';
import { IOI, kindsOf, ROOT, rowOf, rowsOf, THREE, texts, unwrap, VOCAB, WORDS } from './fixtures.js';
import { drawBelow } from './philox-oracle.js';

const test = suite('using rows');

const REPEATS: RepeatedTokensSpec = {
  kind: 'repeated_tokens',
  vocab: 9,
  period: { low: 2, high: 6 },
  size: 100,
  split: { kind: 'shares', shares: THREE },
};

test('a variant that was not made is our own mistake', () => {
  assert.throws(() => columnsOf(rowsOf(REPEATS, 'discover'), 'abc'), /`abc` was not made/);
});

const target = rowsOf(IOI, 'discover', { tokenizer: WORDS });
const source = rowsOf(IOI, 'reference', { tokenizer: WORDS });
const samePlace = (donor: number, row: number): boolean =>
  texts(source, 'place')[donor] === texts(target, 'place')[row];

test('donors satisfy the condition and are the draws of their stream', () => {
  const donors = unwrap(drawDonors({ name: 'other', root: ROOT, target, source, where: samePlace }));
  for (const [row, donor] of donors.entries()) {
    assert.ok(samePlace(donor, row));
    const allowed = Array.from({ length: source.rows }, (_, one) => one).filter((one) => samePlace(one, row));
    const drawn = drawBelow(ROOT, `draw/other/${target.itemHashes[row]}`, allowed.length, {
      index: 0,
      replicate: 0,
    });
    assert.is(donor, allowed[drawn]);
  }
});

test('another name is another draw, another replicate too, and the same name the same', () => {
  const draw = (name: string, replicate = 0): number[] => [
    ...unwrap(drawDonors({ name, root: ROOT, target, source, where: samePlace, replicate })),
  ];
  assert.equal(draw('a'), draw('a'));
  assert.not.equal(draw('a'), draw('b'));
  assert.not.equal(draw('a', 0), draw('a', 1));
});

test('a row is never its own donor', () => {
  const donors = unwrap(drawDonors({ name: 'self', root: ROOT, target, source: target, where: () => true }));
  for (const [row, donor] of donors.entries()) assert.is.not(donor, row);
});

test('a row without a donor is an error that shows the row', () => {
  const result = drawDonors({ name: 'other', root: ROOT, target, source, where: (_, row) => row !== 3 });
  assert.equal(kindsOf(result), ['no-donor']);
  assert.match(
    result.kind === 'failed' ? (result.problems[0]?.text ?? '') : '',
    new RegExp(texts(target, 'text')[3] ?? '-'),
  );
});

test('a digest changes with any value, its validity, its type, its variant', () => {
  const tokens = { kind: 'tokens', offsets: Int32Array.of(0, 2), values: Int32Array.of(1, 2) } as const;
  const digests = [
    columnDigest(tokens),
    columnDigest({ ...tokens, values: Int32Array.of(1, 3) }),
    columnDigest({ ...tokens, offsets: Int32Array.of(0, 1) }),
    columnDigest({ ...tokens, kind: 'positions', type: 'int' }),
    columnDigest({ ...tokens, kind: 'positions', type: 'token' }),
    columnDigest({ ...tokens, kind: 'positions', type: 'int', valid: Uint8Array.of(1, 0) }),
    columnDigest({ kind: 'scalars', type: 'int', values: Int32Array.of(1, 2) }),
    columnDigest({ kind: 'texts', values: ['1', '2'] }),
    columnDigest({ kind: 'texts', values: ['12'] }),
  ];
  assert.is(new Set(digests).size, digests.length);
  const all = rowSetDigest(target);
  assert.is(rowSetDigest(rowsOf(IOI, 'discover', { tokenizer: WORDS })), all);
  const without = new Map([...target.variants].filter(([path]) => path !== 'abc'));
  assert.is.not(rowSetDigest({ ...target, variants: without }), all);
  assert.is.not(rowSetDigest({ ...target, split: 'reference' }), all);
});

test('any change of a declaration changes its digest, the order of its fields does not', () => {
  const { size, ...rest } = REPEATS;
  assert.is(dataDigest({ size, ...rest }), dataDigest(REPEATS));
  const changed = [
    { ...REPEATS, size: 101 },
    { ...REPEATS, vocab: 10 },
    { ...REPEATS, period: { low: 2, high: 7 } },
  ];
  assert.is(new Set([REPEATS, ...changed].map(dataDigest)).size, 4);
});

test('a row is called by its text, or by its tokens', () => {
  assert.is(rowLabel(target, 0), texts(target, 'text')[0]);
  assert.is(rowLabel(target, 0, 'charlie'), texts(target.variants.get('charlie'), 'text')[0]);
  const repeats = rowsOf(REPEATS, 'discover');
  assert.is(rowLabel(repeats, 0), rowOf(repeats.columns.get('tokens'), 0).join(' '));
  const long = rowsOf({ ...REPEATS, period: { low: 20, high: 20 } }, 'discover');
  assert.is(rowLabel(long, 0), `${rowOf(long.columns.get('tokens'), 0).slice(0, 24).join(' ')} …`);
});

test('the word tokenizer is the regular expression of the training scripts', () => {
  const text = "  Ann went,\tto the\n\u00a0shop's \u{1f600}42é";
  const { unknown, starts, ends, ids } = WORDS.encode(text);
  const expected = [...text.matchAll(/[A-Za-z]+|[^\sA-Za-z]/gu)];
  assert.equal(
    [...Array.from(starts)],
    expected.map((match) => match.index),
  );
  assert.equal(
    [...Array.from(ends)],
    expected.map((match) => match.index + match[0].length),
  );
  assert.equal(
    [...unknown],
    expected.map((match) => match[0]).filter((word) => !VOCAB.includes(word)),
  );
  assert.is(ids.length, expected.length);
  assert.is.not(wordTokenizer(['a', 'b']).digest, wordTokenizer(['b', 'a']).digest);
});

test('problems are errors but for what is only worth knowing', () => {
  const warnings = Object.entries(PROBLEM_SEVERITY)
    .filter(([, severity]) => severity === 'warning')
    .map(([kind]) => kind);
  assert.equal(warnings, ['clusters-merged', 'duplicate-rows']);
});

test.run();
