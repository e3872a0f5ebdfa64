import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { DataSpec } from '../../../src/compiler/data/data-spec.js';
import { ConfirmToken, issueConfirmToken } from '../../../src/runtime/data/confirm-token.js';
import { dataDigest } from '../../../src/runtime/data/data-digest.js';
import { materialise, materialiseConfirm } from '../../../src/runtime/data/materialise.js';
import { rowSetDigest } from '../../support/row-set-digest.js';
import { IOI, numbers, rowsOf, THREE, texts, unwrap, WORDS } from './fixtures.js';

const test = suite('the seal of confirm rows');

const REPEATS: DataSpec = {
  kind: 'repeated_tokens',
  vocab: 9,
  period: { low: 2, high: 4 },
  size: 40,
  split: { kind: 'shares', shares: THREE },
};
const GRID: DataSpec = {
  kind: 'grid',
  variables: [{ name: 'a', low: 0, high: 9 }],
  tokens: [{ kind: 'variable', name: 'a' }],
  columns: [],
  split: { kind: 'shares', shares: THREE },
};
const token = (rootHex: string): ConfirmToken => issueConfirmToken({ rootHex, entry: 'f'.repeat(64) });
const open = (spec: DataSpec, rootHex: string) =>
  unwrap(
    materialiseConfirm({ spec, root: dataDigest(spec), split: 'confirm', tokenizer: WORDS }, token(rootHex)),
  );

test('without a token there are no confirm rows', () => {
  for (const spec of [REPEATS, IOI, GRID]) {
    for (const split of ['confirm', 'confirm_2']) {
      assert.throws(
        () => materialise({ spec, root: dataDigest(spec), split, tokenizer: WORDS }),
        /without a confirm token/,
      );
    }
  }
});

test('what only looks like a token opens nothing', () => {
  const fake = Object.create(ConfirmToken.prototype) as ConfirmToken; // an impostor is the point
  assert.throws(
    () => materialiseConfirm({ spec: GRID, root: dataDigest(GRID), split: 'confirm' }, fake),
    /not a confirm token/,
  );
  assert.throws(() => new ConfirmToken(Symbol('issue'), 'ab', 'cd'), /issued by the ledger only/);
});

test('a token opens confirm splits only', () => {
  const request = { spec: GRID, root: dataDigest(GRID), split: 'discover' };
  assert.throws(() => materialiseConfirm(request, token('aa'.repeat(32))), /no confirm split/);
});

test('the token names the entry that opened the split, and does not show its root', () => {
  const own = token('aa'.repeat(32));
  assert.is(own.entry, 'f'.repeat(64));
  assert.not.ok(JSON.stringify(own).includes('aa'));
});

test('drawn confirm rows come from the second root, the same one gives the same rows', () => {
  for (const spec of [REPEATS, IOI]) {
    assert.is(rowSetDigest(open(spec, '11'.repeat(32))), rowSetDigest(open(spec, '11'.repeat(32))));
    const [one, other] = [open(spec, '11'.repeat(32)), open(spec, '22'.repeat(32))];
    assert.equal(
      one.itemHashes.filter((hash) => other.itemHashes.includes(hash)),
      [],
    );
    assert.is.not(rowSetDigest(open(spec, '11'.repeat(32))), rowSetDigest(open(spec, '22'.repeat(32))));
  }
});

test("which templates are confirm is the data declaration's choice; what fills them is not", () => {
  const [one, other] = [open(IOI, '11'.repeat(32)), open(IOI, '22'.repeat(32))];
  assert.equal([...one.clusters.ids].sort(), [...other.clusters.ids].sort());
  const discover = rowsOf(IOI, 'discover', { tokenizer: WORDS });
  assert.is(one.clusters.ids.filter((id) => discover.clusters.ids.includes(id)).length, 0);
  const shared = texts(one, 'text').filter((text) => texts(other, 'text').includes(text));
  assert.ok(shared.length < one.rows / 2);
});

test('the rows of a fixed population do not depend on the second root', () => {
  const [one, other] = [open(GRID, '11'.repeat(32)), open(GRID, '22'.repeat(32))];
  assert.is(rowSetDigest(one), rowSetDigest(other));
  const all = [one, rowsOf(GRID, 'discover'), rowsOf(GRID, 'reference')].flatMap((rows) =>
    numbers(rows, 'a'),
  );
  assert.equal(
    all.sort((a, b) => a - b),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  );
});

test('only the store imports the issuer of tokens', () => {
  const importers = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file))
    .filter((file) => readFileSync(join('src', file), 'utf8').includes('issueConfirmToken'))
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file !== 'runtime/data/confirm-token.ts');
  assert.equal(
    importers.filter((file) => !file.startsWith('runtime/store/')),
    [],
  );
});

test.run();
