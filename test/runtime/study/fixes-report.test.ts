// What is said about a decision: the sign of an effect, the rank of each member, how many replicates a claim holds on.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { historySection } from '../../../src/runtime/report/section/controls.js';
import { adviceOf } from '../../../src/runtime/report/wording.js';
import { decideFamily } from '../../../src/runtime/stats/verdict.js';
import { type LedgerBody, nextEntry } from '../../../src/runtime/store/ledger-entry.js';
import { tallyLooks } from '../../../src/runtime/store/looks.js';
import { controlWording } from '../../../src/runtime/study/control-wording.js';
import { decideStudy } from '../../../src/runtime/study/decide.js';
import { around, claim as claimOf, family, meanPart, member as memberOf } from '../../stats/synthetic.js';
import { claim, member, near, part, replicates, study, Tables } from '../../support/study-facts.js';
import { syntheticReport } from '../report/synthetic-report.js';

const test = suite('what is said about a decision');

function reasonOf(values: Float64Array): string {
  const one = claimOf('one', { kind: 'each' }, [memberOf('m', [meanPart(values, 0.05)])]);
  const decision = decideFamily(family('max_t', [one])).claims[0]?.members[0]?.decision;
  return `${decision?.verdict}: ${decision?.reason.kind}`;
}

test('the opposite sign is said where the interval excludes zero on the other side', () => {
  assert.is(reasonOf(around(-0.5)), 'refuted: opposite-sign');
});

test('an effect that would be printed as zero has no sign', () => {
  // Twelve values around -0.0002: significantly negative, and nothing against a margin of 0.05.
  const tiny = Float64Array.from({ length: 12 }, (_, i) => -0.0002 - i * 1e-6);
  assert.is(reasonOf(tiny), 'refuted: margin-not-reached');
});

test('each member has its own rank among the replicates', () => {
  const tables = new Tables();
  const members = [0.9, 0.105].map((size, i) =>
    member(`m${i}`, [part(tables, 'claims', `m${i}`, near(size))]),
  );
  const control = replicates(
    'untrained',
    'c',
    Array.from({ length: 19 }, (_, i) => [
      member('m0', [part(tables, 'control-untrained', `r${i}`, near(0.01 * (i + 1)))]),
    ]),
  );
  const made = decideStudy(study([claim('c', members)], [control]), tables.all());
  const [ranked] = made.controls;
  const ranks = ranked?.members.map(({ rank }) => (rank.kind === 'not-informative' ? null : rank.p.c));
  // 0.9 exceeds all nineteen; 0.105 is reached by those of 0.11 to 0.19.
  assert.equal(ranks, [1, 10]);
});

test('a failed smoke control says on how many replicates the claim is supported', () => {
  const text = controlWording({ kind: 'smoke', p: { c: 2, n: 4 }, passed: false, supportedOn: [0, 2] }, 3);
  assert.is(text, '; the claim is supported on 2 of 3 replicates');
  assert.is(controlWording({ kind: 'smoke', p: { c: 1, n: 4 }, passed: true, supportedOn: [] }, 3), '');
  assert.is(controlWording(null, null), '');
});

test('a share of nothing comes with advice', () => {
  const [first] = syntheticReport().claims;
  if (first === undefined) throw new Error('no claim');
  assert.is(adviceOf({ ...first, verdict: 'supported', reason: { kind: 'shown' }, members: [] }), null);
  assert.match(
    adviceOf({ ...first, verdict: 'inconclusive', reason: { kind: 'no-behaviour' }, members: [] }) ?? '',
    /more is better/,
  );
});

const run = {
  lock: '1'.repeat(64),
  evaluations: 8,
  outcome: '2'.repeat(64),
  decision: '3'.repeat(64),
  evidence: '4'.repeat(64),
};
const stamp = { time: '2026-01-31T12:00:00.000Z', tool: 'eisc 0.1.0' };

test('predictions are counted over all confirm runs of the ledger', () => {
  const bodies: readonly LedgerBody[] = [
    { kind: 'confirm', bits: 'full', ...run, ...stamp },
    { kind: 'confirm', bits: 'full', ...run, ...stamp, predictions: 3, hits: 2 },
    { kind: 'replay', agrees: 'decision', ...run, ...stamp },
    { kind: 'confirm', bits: 'full', ...run, ...stamp, predictions: 1, hits: 0 },
  ];
  const entries = bodies.map((body, i) => nextEntry(undefined, body, i));
  const { predictions, hits } = tallyLooks(entries);
  assert.equal([predictions, hits], [4, 2]);
  const report = syntheticReport();
  const section = historySection({ ...report, history: { ...report.history, predictions: 4, hits: 2 } });
  const facts = section.blocks.flatMap((block) => (block.kind === 'facts' ? block.items : []));
  assert.is(facts.find((one) => one.name === 'Predictions in this ledger')?.value, '2 of 4 predictions hit');
});

test.run();
