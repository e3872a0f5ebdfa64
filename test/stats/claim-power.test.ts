// What a claim could show, against R's power.t.test and the table of equivalence sizes of the design.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { clustersForPower, detectableEffect, verdictPower } from '../../src/runtime/stats/claim-power.js';
import { sdOf } from '../../src/runtime/stats/sum.js';
import type { Part } from '../../src/runtime/stats/types.js';
import { assertClose } from '../support/close.js';
import { over } from './synthetic.js';
import { vectors } from './vectors.js';

const test = suite('claim-power');

/** Values with mean 0 and a given standard deviation. */
function spread(sd: number): Float64Array {
  const raw = Float64Array.from({ length: 10 }, (_, i) => i - 4.5);
  return raw.map((value) => (value * sd) / sdOf(raw));
}

const partOf =
  (kind: 'mean' | 'abs-mean') =>
  (direction: Part['direction'], margin: number, sd = 1): Part => ({
    kind,
    name: 'x',
    direction,
    margin,
    x: over(spread(sd)),
  });
const mean = partOf('mean');
const size = partOf('abs-mean');

test('the detectable effect is that of power.t.test in the unit of the noisiest member', () => {
  for (const { n, a05, a05o144 } of vectors.from_R.power.mde) {
    const members = [[mean('above', 0.1, 0.5)], [mean('above', 0.1, 3)]];
    assertClose(detectableEffect(members, { clusters: n, level: 0.05 }) ?? 0, 3 * a05, { rtol: 1e-5 });
    assertClose(detectableEffect(members, { clusters: n, level: 0.05 / 144 }) ?? 0, 3 * a05o144, {
      rtol: 1e-5,
    });
  }
  assert.is(detectableEffect([[mean('above', 0.1, 0)]], { clusters: 20, level: 0.05 }), null);
  assert.is(detectableEffect([], { clusters: 20, level: 0.05 }), null);
});

const needed = (part: Part, truth: number | 'nothing', level: number) =>
  clustersForPower([[part]], truth, { level, target: 0.8 });

test('clusters needed are those of power.t.test', () => {
  const { d, alpha05, alpha05o144 } = vectors.from_R.power.n_one_sided_80;
  for (const [index, effect] of d.entries()) {
    const at = (level: number) => needed(mean('above', 0.1), 0.1 + effect, level);
    assertClose([at(0.05), at(0.05 / 144)], [alpha05[index] ?? 0, alpha05o144[index] ?? 0], { rtol: 1e-5 });
  }
});

test('clusters for equivalence equal the table of the design', () => {
  const margins = [0.1, 0.2, 0.3, 0.5, 0.8, 1];
  const rows: readonly (readonly [number, readonly number[]])[] = [
    [0.05, [858, 216, 97, 36, 15, 11]],
    [0.05 / 20, [1676, 422, 190, 71, 31, 21]],
    [0.05 / 144, [2190, 552, 249, 94, 40, 28]],
  ];
  for (const [level, expected] of rows)
    for (const [index, margin] of margins.entries()) {
      const found = Math.ceil(needed(size('below', margin), 'nothing', level));
      assert.ok(Math.abs(found - (expected[index] ?? 0)) <= 1, `${margin} at ${level}: ${found}`);
    }
  assert.is(needed(mean('above', 0.1), 0.1, 0.05), Number.POSITIVE_INFINITY);
});

test('the right verdict short of the margin is refuted, and beyond it supported', () => {
  const design = { clusters: 27, level: 0.05 };
  const distance = 0.5; // 27 clusters: power .8 for half a standard deviation, by the design's table
  const supported = verdictPower([mean('above', 0.1)], 0.1 + distance, design) ?? 0;
  const refuted = verdictPower([mean('above', distance)], 'nothing', design) ?? 0;
  const below = verdictPower([mean('below', distance)], 'nothing', design) ?? 0;
  assertClose([supported, refuted, below], [0.81, 0.81, 0.81], { atol: 0.015 });
  assert.is(verdictPower([mean('above', 0.1)], 0.1, design), 0);
});

test('a size beyond the margin is found on one side, within it on both', () => {
  const design = { clusters: 36, level: 0.05 };
  const beyond = verdictPower([size('above', 0.5)], -1, design) ?? 0;
  assertClose(beyond, verdictPower([mean('above', 0.5)], 1, design) ?? 0, { rtol: 1e-12 });
  const within = verdictPower([size('above', 0.5)], 'nothing', design) ?? 0;
  assertClose(within, verdictPower([size('below', 0.5)], 'nothing', design) ?? 0, { rtol: 1e-12 });
  const near = verdictPower([size('below', 0.5)], 0.3, design) ?? 1;
  assert.ok(near < within);
});

test('several parts have at least the power of all of them missed one at a time', () => {
  const design = { clusters: 40, level: 0.05 };
  const reference = over(Float64Array.from({ length: 10 }, () => 1));
  const share = (direction: Part['direction'], of: number): Part => ({
    kind: 'share',
    name: 's',
    direction,
    share: of,
    x: over(spread(0.2).map((value) => 1 + value)),
    reference,
  });
  const one = verdictPower([share('above', 0.9)], 'nothing', design) ?? 0;
  const both = verdictPower([share('above', 0.9), share('below', 1.1)], 'nothing', design) ?? 0;
  assertClose(both, 2 * one - 1, { rtol: 1e-9 });
  assert.ok(one > 0.8 && one < 1);
  // A distance is never 0 under noise: what was seen is assumed.
  const folded: Part = { ...mean('below', 1.2), x: over(spread(0.5).map(Math.abs)) };
  const distance = verdictPower([folded], 'nothing', { clusters: 12, level: 0.001 }) ?? 0;
  assert.ok(distance > 0 && distance < 1);
});

test.run();
