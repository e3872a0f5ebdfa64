// Equivalence as it is decided (two one-sided tests, Schuirmann 1987): against full enumeration, and against the trap: max-T of
// min(T_low, T_up) looks natural, is not a test of a family of equivalences, and errs in most of them.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { atMost, decimalFraction, fractionOf } from '../../src/compiler/correction/fraction.js';
import { binomialCdf } from '../../src/runtime/stats/distributions.js';
import { flipStatistics, randomFlips, toleratedThreshold } from '../../src/runtime/stats/flips.js';
import { normal } from '../../src/runtime/stats/normal.js';
import { streamKey } from '../../src/runtime/stats/rng.js';
import { centred } from '../../src/runtime/stats/single.js';
import type { CorrectionName, Decision, Member } from '../../src/runtime/stats/types.js';
import { decideFamily } from '../../src/runtime/stats/verdict.js';
import { claim, family, member as memberOf } from './synthetic.js';
import { columnOf, vectors, zeroRoot } from './vectors.js';

const test = suite('equivalence');
const column = (index: number) => columnOf(vectors.sign_flip_maxT.D, index);

type Equivalence = { readonly values: Float64Array; readonly margin: number };

function asMember({ values, margin }: Equivalence, index: number): Member {
  const x = { clusters: 'confirm', values };
  return memberOf(String(index), [{ kind: 'abs-mean', name: 'x', direction: 'below', margin, x }]);
}

function decisions(
  correction: CorrectionName,
  data: readonly Equivalence[],
  path = 'flips',
): readonly Decision[] {
  const decided = decideFamily(
    family(correction, [claim('c', { kind: 'each' }, data.map(asMember))], {
      flipPlan: { root: zeroRoot, path, flips: 199 },
    }),
  );
  return decided.claims.flatMap((one) => one.members.flatMap(({ decision }) => decision ?? []));
}

test('p is the larger of two one-sided p, as enumerated by the reference', () => {
  const support = (values: Float64Array, margin: number) =>
    decisions('max_t', [{ values, margin }])[0]?.raw.support;
  assert.equal(support(column(3), 0.25), { kind: 'count', c: 3, n: 256 });
  assert.equal(support(column(2), 0.25), { kind: 'count', c: 24, n: 256 });
  assert.equal(support(column(0), 1.5), { kind: 'count', c: 8, n: 256 });
});

const members = 20;
const clusters = 17; // the fewest whose flips are drawn, not enumerated
const runs = 300;
const alpha = decimalFraction('0.05');

/** Correlated normal members (rho .5), every mean exactly at the margin: each shown member is an error. */
function atTheMargin(run: number): Equivalence[] {
  const key = streamKey(zeroRoot, `equivalence/${run}`);
  const shared = Array.from({ length: clusters }, (_, cluster) => normal(key, cluster));
  return Array.from({ length: members }, (_, member) => ({
    values: Float64Array.from(
      { length: clusters },
      (_v, cluster) => 0.5 + ((shared[cluster] ?? 0) + normal(key, cluster, member + 1)) / Math.SQRT2 / 4,
    ),
    margin: 0.5,
  }));
}

/** The tempting wrong test: step-free max-T of min(T_low, T_up) against flips of the same minimum. */
function trap(data: readonly Equivalence[], set: ReturnType<typeof randomFlips>): boolean {
  const minima = data.map(({ values, margin }) => {
    const low = flipStatistics(set, centred(values, -margin));
    const up = flipStatistics(set, centred(values, margin));
    return low.map((value, flip) => Math.min(value, -(up[flip] ?? 0)));
  });
  const observed = Math.max(...minima.map((minimum) => minimum[0] ?? 0));
  let count = 0;
  for (let flip = 0; flip < set.count; flip++)
    if (Math.max(...minima.map((minimum) => minimum[flip] ?? 0)) >= toleratedThreshold(observed)) count += 1;
  return atMost(fractionOf({ c: count, n: set.count }), alpha);
}

test('joint columns and Holm keep the error of a family at the margin; the trap does not', () => {
  let joint = 0;
  let holm = 0;
  let trapped = 0;
  for (let run = 0; run < runs; run++) {
    const data = atTheMargin(run);
    const path = `equivalence/${run}/flips`;
    const set = randomFlips({ clusters, random: 199, root: zeroRoot, path });
    if (decisions('max_t', data, path).some(({ verdict }) => verdict === 'supported')) joint += 1;
    if (decisions('holm', data, path).some(({ verdict }) => verdict === 'supported')) holm += 1;
    if (trap(data, set)) trapped += 1;
  }
  const tooMany = (errors: number) => 1 - binomialCdf(errors - 1, runs, 0.05) < 0.001;
  assert.not(tooMany(joint), `joint ${joint} of ${runs}`);
  assert.not(tooMany(holm), `holm ${holm} of ${runs}`);
  assert.ok(trapped > runs / 2, `trap ${trapped} of ${runs}`);
});

test.run();
