// Fixed wordings: what the reader sees of a verdict and a p-value.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { pText, sparseEffectText, verdictText } from '../../src/runtime/stats/wording.js';

const test = suite('wording');

test('a verdict says why, and about what', () => {
  assert.is(verdictText('supported', { kind: 'shown' }), 'supported');
  assert.is(verdictText('inconclusive', { kind: 'undecided' }), 'inconclusive');
  assert.is(verdictText('inconclusive', { kind: 'control', name: 'direction' }), 'inconclusive (direction)');
  assert.is(verdictText('inconclusive', { kind: 'no-behaviour' }), 'inconclusive (no behaviour to explain)');
  assert.is(
    verdictText('refuted', { kind: 'equivalent' }),
    'refuted (within the margin in what was sampled)',
  );
  assert.is(verdictText('not-run', { kind: 'not-run', name: 'out of memory' }), 'not run (out of memory)');
});

test('p is shown as a count and a decimal with three digits', () => {
  assert.is(pText({ kind: 'count', c: 3, n: 256 }), '3/256 = 0.0117');
  assert.is(pText({ kind: 'count', c: 1, n: 10_000 }), '1/10000 = 0.0001');
  assert.is(pText({ kind: 'decimal', value: 0.123456 }), '0.123');
});

test('the limit of sampling is stated with its numbers', () => {
  assert.ok(sparseEffectText(300).startsWith('An effect that lives in 1 % of the 300 clusters is missed'));
  assert.match(sparseEffectText(20), /15 % of the 20 clusters .* \(in 50 %: up to 9 %\)/);
});

test.run();
