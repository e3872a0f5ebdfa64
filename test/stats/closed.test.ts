// Closed-testing bounds, partial conjunction, rank tests and resolution: brute force and the tables of the design.
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { largestUnrejected, trueDiscoveries } from '../../src/runtime/stats/closed-testing.js';
import { decimalFraction, fractionOf, fractionOfNumber, toNumber } from '../../src/runtime/stats/fraction.js';
import { holm } from '../../src/runtime/stats/holm.js';
import { hommel } from '../../src/runtime/stats/hommel.js';
import { partialConjunction } from '../../src/runtime/stats/partial-conjunction.js';
import { decideRank, isNotBinding, rankP, rankStatistic } from '../../src/runtime/stats/rank.js';
import { type Design, resolutionOf } from '../../src/runtime/stats/resolution.js';
import { assertClose } from '../support/close.js';
import { vectors } from './vectors.js';

const test = suite('closed');
const p = vectors.closed.p.map(fractionOfNumber);

test('bounds equal the brute force over all intersections', () => {
  assertClose(holm(p).map(toNumber), vectors.closed.holm, { rtol: 1e-12 });
  assertClose(hommel(p).map(toNumber), vectors.closed.hommel, { rtol: 1e-12 });
  const five = decimalFraction('0.05');
  const ten = decimalFraction('0.10');
  assert.is(largestUnrejected(p, five), 4);
  assert.is(largestUnrejected(p, ten), 3);
  const at = (chosen: readonly number[], alpha = five) => trueDiscoveries(p, chosen, alpha);
  assert.equal(
    [at([0]), at([0, 1]), at([0, 1, 2]), at([0, 1, 2, 3, 4]), at([2, 3, 4]), at([3, 4, 5])],
    [1, 2, 3, 3, 1, 0],
  );
  assert.equal([at([0, 1, 2, 3], ten), at([2, 3, 4], ten), at([3, 4, 5], ten)], [4, 2, 1]);
});

/** d(S) by definition: |S| minus the largest subset of S that closed testing does not reject. */
function bruteForce(values: readonly number[], chosen: readonly number[], alpha: number): number {
  const m = values.length;
  const simesRejects = (set: number) => {
    const sorted = values.filter((_v, index) => (set >> index) & 1).sort((a, b) => a - b);
    return sorted.some((value, index) => value * sorted.length <= alpha * (index + 1) + 1e-12);
  };
  const closedRejects = (set: number) => {
    for (let over = 1; over < 2 ** m; over++) if ((over & set) === set && !simesRejects(over)) return false;
    return true;
  };
  let kept = 0;
  const mask = chosen.reduce((set, index) => set | (1 << index), 0);
  for (let set = 1; set < 2 ** m; set++)
    if ((set & mask) === set && !closedRejects(set))
      kept = Math.max(kept, set.toString(2).replaceAll('0', '').length);
  return chosen.length - kept;
}

test('the shortcut equals closed testing on random families', () => {
  const input = fc.tuple(
    fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 6 }),
    fc.integer({ min: 1, max: 63 }),
  );
  void fc.assert(
    fc.property(input, ([counts, mask]) => {
      const chosen = counts.flatMap((_c, index) => ((mask >> index) & 1 ? [index] : []));
      const exact = counts.map((c) => fractionOf({ c, n: 200 }));
      assert.is(
        trueDiscoveries(exact, chosen, decimalFraction('0.05')),
        bruteForce(
          counts.map((c) => c / 200),
          chosen,
          0.05,
        ),
      );
    }),
    { numRuns: 150, seed: 4 },
  );
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

test('constant replicates are not informative and do not pass', () => {
  const constant = {
    observed: 1,
    replicates: new Array(99).fill(0),
    exhaustive: false,
    rate,
    supportedOn: [],
  };
  assert.equal(decideRank(constant), { kind: 'not-informative', passed: false });
  assert.ok(isNotBinding([0.01, 0.02], 0.05));
  assert.not(isNotBinding([0.01, 0.03], 0.05));
});

test('the ranked statistic follows the form of the claim', () => {
  const x = { clusters: 'c', values: [-1, -3] };
  assert.is(rankStatistic({ kind: 'mean', name: 'x', direction: 'above', margin: 1, x }), -2);
  assert.is(rankStatistic({ kind: 'mean', name: 'x', direction: 'below', margin: 1, x }), 2);
  assert.is(rankStatistic({ kind: 'abs-mean', name: 'x', direction: 'above', margin: 1, x }), 2);
  const cancelling = { clusters: 'c', values: [-3, 3] };
  assert.is(rankStatistic({ kind: 'abs-mean', name: 'x', direction: 'below', margin: 1, x: cancelling }), -3);
  const reference = { clusters: 'c', values: [2, 2] };
  assertClose(rankStatistic({ kind: 'share', name: 'x', direction: 'above', share: 0.5, x, reference }), -3);
});

const joint = (clusters: number, flips = 9_999): Design => ({
  kind: 'joint-max-t',
  clusters,
  flips,
  weight: { of: 1, in: 1 },
});
const single = (clusters: number, flips: number, alternatives = 1): Design => ({
  kind: 'single',
  clusters,
  flips,
  alternatives,
});
const vector = (
  correction: 'holm' | 'hommel' | 'bh',
  conclusions: number,
  clusters: number,
  flips = 9_999,
): Design => ({
  kind: 'vector',
  correction,
  conclusions,
  clusters,
  flips,
  alternatives: 1,
});
const can = (design: Design) => resolutionOf(design, '0.05').canReject;

test('joint max-T needs six clusters and 39 flips, whatever the family', () => {
  assert.equal([can(joint(5)), can(joint(6))], [false, true]);
  assert.equal([can(joint(300, 38)), can(joint(300, 39))], [false, true]);
  const { clustersNeeded, flipsNeeded, smallest } = resolutionOf(joint(5), '0.05');
  assert.equal([clustersNeeded, flipsNeeded], [6, 39]);
  assert.equal(smallest, { kind: 'count', c: 2, n: 32 });
});

test('a single one-sided claim needs five clusters and 19 flips, abs one more', () => {
  assert.equal(
    [can(single(4, 9_999)), can(single(5, 9_999)), can(single(5, 9_999, 2)), can(single(6, 9_999, 2))],
    [false, true, false, true],
  );
  assert.equal([can(single(50, 18)), can(single(50, 19))], [false, true]);
});

test('Holm over k needs log2(k / alpha) clusters and k / alpha - 1 flips', () => {
  assert.equal([can(vector('holm', 144, 11)), can(vector('holm', 144, 12))], [false, true]);
  assert.equal([can(vector('holm', 144, 20, 2_878)), can(vector('holm', 144, 20, 2_879))], [false, true]);
  const edges = resolutionOf(vector('holm', 32_491, 17), '0.05');
  assert.equal([edges.clustersNeeded, edges.flipsNeeded], [20, 649_819]);
});

test('step-up methods can reject together what they could not alone', () => {
  const result = resolutionOf(vector('hommel', 144, 8), '0.05');
  assert.equal([result.canReject, result.loneDiscovery], [true, false]);
  assert.equal([can(vector('bh', 144, 5)), can(vector('bh', 144, 6))], [false, true]);
});

test('a rank control needs 1 / alpha - 1 replicates, at its own level', () => {
  const rank = (draws: number, exhaustive = false): Design => ({
    kind: 'rank',
    replicates: draws,
    exhaustive,
  });
  assert.equal(
    [can(rank(18)), can(rank(19)), can(rank(19, true)), can(rank(20, true))],
    [false, true, false, true],
  );
  assert.is(resolutionOf(rank(19), '0.025').replicatesNeeded, 39);
  assert.is(resolutionOf(rank(0), '0.05').canReject, false);
});

test.run();
