// Numbers as a reader sees them: never a false zero, never a false certainty.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  bytesText,
  countText,
  durationText,
  estimateText,
  flopsText,
  plural,
  shareText,
} from '../../../src/runtime/quantity-text.js';
import { columnText, intervalKind, intervalText } from '../../../src/runtime/report/text.js';

const test = suite('numbers in words');

test('counts, sizes and durations', () => {
  assert.equal([0, 999, 1000, 1234567].map(countText), ['0', '999', '1,000', '1,234,567']);
  assert.equal([0, 999, 1000, 41_234_567, 999_960].map(bytesText), [
    '0 B',
    '999 B',
    '1.0 kB',
    '41 MB',
    '1.0 MB',
  ]);
  assert.is(flopsText(6.5e12), '6.5 TFLOP');
  assert.equal([0, 400, 9_960, 59_400, 59_600, 200_000, 7_500_000].map(durationText), [
    '0.0 s',
    '0.4 s',
    '10 s',
    '59 s',
    '1 min 00 s',
    '3 min 20 s',
    '2 h 05 min',
  ]);
  assert.equal([plural(1, 'head'), plural(2, 'head')], ['1 head', '2 heads']);
});

test('an estimate keeps three digits and is 0 only when it is', () => {
  assert.equal([0, 0.2139, -1.304, 12.34, 1234, 1e-7, -0.00042].map(estimateText), [
    '0',
    '0.214',
    '−1.30',
    '12.3',
    '1,234',
    '1.0e−7',
    '−4.2e−4',
  ]);
});

test('a share is rounded to 0 or 100 % only when it is', () => {
  assert.equal([0, 0.0001, 0.5, 0.9999, 1].map(shareText), ['0 %', '<1 %', '50 %', '>99 %', '100 %']);
});

test('a column has one number of decimals, and nothing but zero looks like zero', () => {
  assert.equal([0.62, -0.006, -0.00001].map(columnText([0.62, -0.006], 4)), ['0.6200', '−0.0060', '−1.0e−5']);
  assert.equal([12.5, 0.1].map(columnText([12.5, null], 4)), ['12.50', '0.10']);
  assert.equal([2e-5].map(columnText([2e-5], 4)), ['2.0e−5']);
});

test('an interval says how it was made and when there is none', () => {
  const bca = { kind: 'bca', low: -0.1, high: 0.2, level: 0.95, fewClusters: false } as const;
  assert.is(intervalText(bca), '[−0.100, 0.200]');
  assert.is(intervalText({ ...bca, kind: 'student', fewClusters: true }), '[−0.100, 0.200] few clusters');
  assert.is(intervalText({ kind: 'none', level: 0.95 }), 'none (fewer than 5 clusters)');
  assert.is(intervalKind([bca, null]), '95 % BCa interval');
  assert.is(intervalKind([bca, { ...bca, kind: 'student', level: 0.9 }]), '90 % t / 95 % BCa interval');
});

test.run();
