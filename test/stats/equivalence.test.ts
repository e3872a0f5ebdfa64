// TOST against R and full enumeration, and the trap: max-T of min(T_low, T_up) is not a test of a family of equivalences.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { binomialCdf } from '../../src/runtime/stats/distributions.js';
import {
  enumerateFlips,
  flipStatistics,
  randomFlips,
  toleratedThreshold,
} from '../../src/runtime/stats/flips.js';
import { atMost, decimalFraction, fractionOf } from '../../src/runtime/stats/fraction.js';
import { normal } from '../../src/runtime/stats/normal.js';
import { streamKey } from '../../src/runtime/stats/rng.js';
import { centred } from '../../src/runtime/stats/single.js';
import {
  type Equivalence,
  equivalenceFamily,
  equivalenceHolm,
  tostFlips,
  tostStudent,
} from '../../src/runtime/stats/tost.js';
import { assertClose } from '../support/close.js';
import { columnOf, vectors, zeroRoot } from './vectors.js';

const test = suite('equivalence');
const flips = enumerateFlips(8);
const column = (index: number) => columnOf(vectors.sign_flip_maxT.D, index);

test('equals the reference by t and by flips', () => {
  const { D_column_4: fourth, D_column_3: third, D_column_1: first } = vectors.tost;
  const t4 = tostStudent(column(3), 0.25);
  assertClose([t4.low, t4.up], [fourth.t_p_low, fourth.t_p_up], { rtol: 1e-7 });
  const t3 = tostStudent(column(2), 0.25);
  assertClose([t3.low, t3.up], [third.t_p_low, third.t_p_up], { rtol: 1e-7 });
  assertClose(tostStudent(column(0), 1.5).p, first.t_p, { rtol: 1e-7 });
  const { low, up } = tostFlips(flips, column(3), 0.25);
  assert.equal(
    [low, up],
    [
      { c: 3, n: 256 },
      { c: 3, n: 256 },
    ],
  );
  const third3 = tostFlips(flips, column(2), 0.25);
  assert.equal([third3.low.c, third3.up.c, third3.p.c], [22, 24, 24]);
  assert.is(tostFlips(flips, column(0), 1.5).p.c, 8);
});

test('a family of one is the larger of two jointly corrected columns', () => {
  const [joint] = equivalenceFamily(flips, [{ values: column(3), margin: 0.25 }]);
  assert.ok((joint?.c ?? 0) >= 3 && (joint?.c ?? 0) <= 6);
});

const members = 20;
const clusters = 16;
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
    const set = randomFlips({ clusters, random: 199, root: zeroRoot, path: `equivalence/${run}/flips` });
    if (equivalenceFamily(set, data).some((p) => atMost(fractionOf(p), alpha))) joint += 1;
    if (equivalenceHolm(set, data).some((p) => atMost(p, alpha))) holm += 1;
    if (trap(data, set)) trapped += 1;
  }
  const tooMany = (errors: number) => 1 - binomialCdf(errors - 1, runs, 0.05) < 0.001;
  assert.not(tooMany(joint), `joint ${joint} of ${runs}`);
  assert.not(tooMany(holm), `holm ${holm} of ${runs}`);
  assert.ok(trapped > runs / 2, `trap ${trapped} of ${runs}`);
});

test.run();
