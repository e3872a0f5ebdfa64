// Closure by brute force, partial conjunction and rank tests: the reference and small worked cases.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { decimalFraction, toNumber } from '../../src/compiler/correction/fraction.js';
import { holm } from '../../src/compiler/correction/holm.js';
import { hommel } from '../../src/compiler/correction/hommel.js';
import { partialConjunction } from '../../src/runtime/stats/partial-conjunction.js';
import { decideRank, isNotBinding, rankP } from '../../src/runtime/stats/rank.js';
import { assertClose } from '../support/close.js';
import { fractionOfNumber, vectors } from './vectors.js';

const test = suite('closed');
const p = vectors.closed.p.map(fractionOfNumber);

test('bounds equal the brute force over all intersections', () => {
  assertClose(holm(p).map(toNumber), vectors.closed.holm, { rtol: 1e-12 });
  assertClose(hommel(p).map(toNumber), vectors.closed.hommel, { rtol: 1e-12 });
});

test('partial conjunction equals the reference', () => {
  const { p: values, bonferroni } = vectors.partial_conjunction;
  assertClose(
    partialConjunction(values.map(fractionOfNumber)).map(toNumber),
    [1, 2, 3, 4, 5].map((u) => bonferroni[String(u)] ?? Number.NaN),
    { rtol: 1e-12 },
  );
});

const rate = decimalFraction('0.05');
const replicates = Array.from({ length: 19 }, (_, index) => index / 100);

test('a rank counts the observed one: 19 replicates all below give 1/20', () => {
  assert.equal(rankP({ observed: 1, replicates, exhaustive: false }), { c: 1, n: 20 });
  assert.equal(rankP({ observed: 0.18, replicates, exhaustive: false }), { c: 2, n: 20 }); // a tie counts against
  const shared = { replicates, exhaustive: false, rate, supportedOn: [] };
  assert.equal(decideRank({ observed: 1, ...shared }), { kind: 'rank', p: { c: 1, n: 20 }, passed: true });
  assert.is(decideRank({ observed: 0.18, ...shared }).passed, false);
});

test('exhaustive draws hold the observed one themselves', () => {
  const all = [...replicates, 1];
  assert.equal(rankP({ observed: 1, replicates: all, exhaustive: true }), { c: 1, n: 20 });
  assert.equal(rankP({ observed: 0.5, replicates: all, exhaustive: true }), { c: 1, n: 20 });
});

test('too few replicates make a smoke control, which fails if the claim holds on one of them', () => {
  const few = { observed: 1, replicates: [0.1, 0.2, 0.3], exhaustive: false, rate };
  assert.equal(decideRank({ ...few, supportedOn: [false, false, false] }), {
    kind: 'smoke',
    p: { c: 1, n: 4 },
    passed: true,
    supportedOn: [],
  });
  assert.equal(decideRank({ ...few, supportedOn: [false, true, false] }), {
    kind: 'smoke',
    p: { c: 1, n: 4 },
    passed: false,
    supportedOn: [1],
  });
});

test('replicates that are all alike say nothing below the observed value, and fail from it on', () => {
  const constant = (value: number, exhaustive = false) =>
    decideRank({
      observed: 1,
      replicates: new Array(99).fill(value),
      exhaustive,
      rate,
      supportedOn: [],
    });
  assert.equal(constant(0), { kind: 'not-informative', passed: false });
  assert.equal(constant(0, true), { kind: 'not-informative', passed: false });
  for (const value of [1, 1 - 1e-12, 2, Number.POSITIVE_INFINITY, Number.NaN])
    assert.equal(constant(value), { kind: 'rank', p: { c: 100, n: 100 }, passed: false }, String(value));
  assert.equal(constant(2, true), { kind: 'rank', p: { c: 100, n: 100 }, passed: false });
  assert.ok(isNotBinding([0.01, 0.02], 0.05));
  assert.not(isNotBinding([0.01, 0.03], 0.05));
});

test('replicates that nothing can reach say nothing, and an observed value that does not exist exceeds none', () => {
  const shared = { replicates, exhaustive: false, rate, supportedOn: [] };
  assert.is(decideRank({ observed: 1, ...shared, mute: true }).kind, 'not-informative');
  assert.is(decideRank({ observed: 0.05, ...shared, mute: true }).kind, 'rank');
  assert.is(decideRank({ observed: Number.NaN, ...shared }).passed, false);
});

test('a single replicate is a smoke control', () => {
  const one = { observed: 1, replicates: [0.1], exhaustive: false, rate, supportedOn: [false] };
  assert.equal(decideRank(one), { kind: 'smoke', p: { c: 1, n: 2 }, passed: true, supportedOn: [] });
  assert.is(decideRank({ ...one, replicates: [Number.POSITIVE_INFINITY] }).passed, false);
});

test.run();
