// Estimates beside the decisions: every part of every member, with the interval its number of clusters allows.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { describeClaims } from '../../src/runtime/stats/describe.js';
import type { Part } from '../../src/runtime/stats/types.js';
import { assertClose } from '../support/close.js';
import { around, claim, clusterValues, meanPart, member, over } from './synthetic.js';
import { zeroRoot } from './vectors.js';

const test = suite('describe');
const plan = { level: 0.95, rateOf: () => 0.05, resamples: 999, root: zeroRoot, path: 'bootstrap' };

test('every part is described, a share by its contrast and its ratio', () => {
  const parts: readonly Part[] = [
    meanPart(around(0.5), 0.05),
    {
      kind: 'share',
      name: 'share',
      direction: 'above',
      share: 0.9,
      x: over(around(0.8)),
      reference: over(around(1)),
    },
    { kind: 'abs-mean', name: 'abs', direction: 'below', margin: 0.1, x: over(around(0.02)) },
  ];
  const [described] = describeClaims([claim('c', { kind: 'single' }, [member('m', parts)])], plan);
  const [mean, share, equivalence] = described?.members[0]?.parts ?? [];
  assertClose(mean?.effect.estimate ?? Number.NaN, 0.5, { atol: 0.001, rtol: 0 });
  assertClose(share?.effect.estimate ?? Number.NaN, -0.1, { atol: 0.001, rtol: 0 });
  assertClose(share?.ratio ?? Number.NaN, 0.8, { rtol: 0.01 });
  assert.is(share?.margin, 0);
  assert.is(mean?.interval.level, 0.95);
  assert.is(equivalence?.interval.level, 0.9);
});

test('members that were not measured stay in the list without parts', () => {
  const members = [
    member('a', [meanPart(around(1), 0.05)]),
    { id: 'b', state: { kind: 'not-run', because: 'time' } as const },
  ];
  const [described] = describeClaims([claim('c', { kind: 'each' }, members)], plan);
  assert.equal(
    described?.members.map(({ id, parts }) => [id, parts.length]),
    [
      ['a', 1],
      ['b', 0],
    ],
  );
});

test('intervals cover the true mean about as often as they say', () => {
  const runs = 200;
  const values = Array.from({ length: runs }, (_, run) =>
    clusterValues({ stream: `cover/${run}`, clusters: 40, mean: 0.3, sd: 1 }),
  );
  const members = values.map((x, index) => member(`m${index}`, [meanPart(x, 0.05)]));
  const [described] = describeClaims([claim('c', { kind: 'each' }, members)], plan);
  const covered = described?.members.filter(({ parts: [part] }) => {
    const interval = part?.interval;
    return interval?.kind === 'bca' && interval.low <= 0.3 && 0.3 <= interval.high;
  }).length;
  assert.ok((covered ?? 0) >= 176 && (covered ?? 0) <= 199, `${covered} of ${runs}`); // binomial .94, p >= .001
});

test.run();
