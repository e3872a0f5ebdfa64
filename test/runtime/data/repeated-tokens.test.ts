import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { RepeatedTokensSpec } from '../../../src/compiler/data/data-spec.js';
import { dataFacts } from '../../../src/runtime/data/data-facts.js';
import { materialise } from '../../../src/runtime/data/materialise.js';
import { kindsOf, numbers, ROOT, rowOf, rowsOf, THREE, unwrap } from './fixtures.js';
import { drawBelow } from './philox-oracle.js';

const test = suite('repeated tokens');

const SPEC: RepeatedTokensSpec = {
  kind: 'repeated_tokens',
  vocab: 50,
  period: { low: 3, high: 9 },
  size: 60,
  split: { kind: 'shares', shares: THREE },
};

/** Number of the row in its split: clusters are called `discover/12`. */
const numberOf = (id: string | undefined): number => Number(id?.split('/')[1]);

test('periods and tokens are the draws that the stream names say', () => {
  const rows = rowsOf(SPEC, 'discover', { root: ROOT });
  assert.is(rows.rows, 24);
  for (let row = 0; row < rows.rows; row++) {
    const number = numberOf(rows.clusters.ids[rows.clusters.of[row] ?? -1]);
    const period = 3 + drawBelow(ROOT, 'discover/period', 7, { index: number, replicate: 0 });
    assert.is(numbers(rows, 'period')[row], period);
    const block = Array.from({ length: period }, (_, index) =>
      drawBelow(ROOT, 'discover/token', 50, { index, replicate: number }),
    );
    assert.equal(rowOf(rows.columns.get('tokens'), row), [...block, ...block]);
  }
});

test('the next token is the token after, without a value at the end; the second copy begins at the period', () => {
  const rows = rowsOf(SPEC, 'reference');
  const next = rows.columns.get('next_token');
  if (next?.kind !== 'positions' || next.valid === undefined) throw new Error('next_token has a validity');
  for (let row = 0; row < rows.rows; row++) {
    const tokens = rowOf(rows.columns.get('tokens'), row);
    const period = numbers(rows, 'period')[row] ?? 0;
    assert.equal(rowOf(next, row), [...tokens.slice(1), 0]);
    const valid = [...next.valid.subarray(next.offsets[row], next.offsets[row + 1])];
    assert.equal(
      valid,
      tokens.map((_, at) => (at === tokens.length - 1 ? 0 : 1)),
    );
    assert.equal(
      rowOf(rows.columns.get('second_copy'), row),
      tokens.map((_, at) => (at >= period ? 1 : 0)),
    );
    assert.is(rows.lengths[row], 2 * period);
    assert.is(rows.roles.get('end')?.[row], 2 * period - 1);
  }
});

test('both ends of the period occur, and every row is a cluster of its own', () => {
  const rows = rowsOf({ ...SPEC, size: 2000 }, 'discover');
  assert.is(Math.min(...numbers(rows, 'period')), 3);
  assert.is(Math.max(...numbers(rows, 'period')), 9);
  assert.is(rows.clusters.ids.length, rows.rows);
});

test('under the same root a larger size keeps the rows there were', () => {
  const small = rowsOf(SPEC, 'discover', { root: ROOT });
  const large = rowsOf({ ...SPEC, size: 120 }, 'discover', { root: ROOT });
  for (const [row, hash] of small.itemHashes.entries()) {
    const at = large.itemHashes.indexOf(hash);
    assert.ok(at >= 0);
    assert.equal(rowOf(large.columns.get('tokens'), at), rowOf(small.columns.get('tokens'), row));
  }
});

test('facts say sizes and lengths without a row', () => {
  const facts = unwrap(dataFacts({ spec: SPEC, root: ROOT }));
  assert.equal(
    facts.splits.map((one) => [one.name, one.clusters, one.rows, one.sealed]),
    [
      ['discover', 24, 24, false],
      ['reference', 6, 6, false],
      ['confirm', 30, 30, true],
    ],
  );
  assert.equal(facts.length, { low: 6, high: 18 });
  assert.equal(
    facts.columns.map((one) => one.name),
    ['tokens', 'next_token', 'second_copy', 'period'],
  );
});

test('sizes, ranges and splits that cannot be are refused', () => {
  const kinds = (change: Partial<RepeatedTokensSpec>): string[] =>
    kindsOf(materialise({ spec: { ...SPEC, ...change }, root: ROOT, split: 'discover' }));
  assert.equal(kinds({ size: 0 }), ['bad-size']);
  assert.equal(kinds({ size: 1.5 }), ['bad-size']);
  assert.equal(kinds({ period: { low: 9, high: 3 } }), ['bad-range']);
  assert.equal(kinds({ period: { low: 0, high: 3 } }), ['bad-range']);
  assert.equal(kinds({ vocab: 0 }), ['bad-range']);
  assert.equal(kinds({ size: 3 }), ['empty-split']);
  assert.equal(kinds({ split: { kind: 'by', column: 'period', shares: THREE } }), ['split-column-unknown']);
  const unknown = materialise({ spec: SPEC, root: ROOT, split: 'discovr' });
  assert.equal(kindsOf(unknown), ['split-unknown']);
  assert.match(unknown.kind === 'failed' ? (unknown.problems[0]?.help ?? '') : '', /discover/);
  assert.equal(kindsOf(materialise({ spec: SPEC, root: ROOT, split: 'discover', variants: ['abc'] })), [
    'unknown-variant',
  ]);
});

test('six hundred rows take well under a tenth of a second', () => {
  const spec = { ...SPEC, vocab: 256, period: { low: 12, high: 40 }, size: 600 };
  rowsOf(spec, 'discover');
  const started = performance.now();
  for (const split of ['discover', 'reference']) rowsOf(spec, split);
  assert.ok(performance.now() - started < 100);
});

test.run();
