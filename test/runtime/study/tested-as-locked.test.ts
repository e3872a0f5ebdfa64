// A description of the decision that is not the lock's is found, whatever follows from it.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makeLock } from '../../../src/runtime/store/lock.js';
import type { StudyFacts } from '../../../src/runtime/study/facts.js';
import { testedOtherwise } from '../../../src/runtime/study/tested-as-locked.js';
import { claim, member, near, paired, part, study, Tables } from '../../support/study-facts.js';

const test = suite('tested-as-locked');

const tables = new Tables();
const named = { ...part(tables, 'claims', 'a', near(0.5)), name: 'mean > 0.05 nat' };
const plain = study([claim('c', [member('a', [named])])], [paired('direction', 'c', [])]);

const lock = makeLock({
  meaning: {
    families: plain.families.map((one) => ({ ...one })),
    claims: [{ name: 'c', quantity: 'each', members: 1, margins: ['mean > 0.05 nat'] }],
    controls: [{ claim: 'c', name: 'direction', inserted: false, waived: null, kind: 'paired' }],
    predictions: [],
  },
  environment: {},
  head: '0'.repeat(64),
});
const basis: StudyFacts = { ...plain, root: lock.lock };

test('what was locked passes', () => assert.is(testedOtherwise(basis, lock), null));

test('another root, family, quantifier, control, waiver or margin is found', () => {
  const [only] = basis.claims;
  const [family] = basis.families;
  const [control] = basis.controls;
  if (only === undefined || family === undefined || control === undefined) throw new Error('an empty study');
  const withPart = (change: Partial<typeof named>): StudyFacts => ({
    ...basis,
    claims: [{ ...only, members: [member('a', [{ ...named, ...change }])] }],
  });
  const changed: readonly [StudyFacts, RegExp][] = [
    [{ ...basis, root: 'f'.repeat(64) }, /flips/],
    [{ ...basis, families: [{ ...family, rate: '0.5' }] }, /families/],
    [{ ...basis, families: [{ ...family, flips: 99 }] }, /families/],
    [{ ...basis, claims: [{ ...only, quantity: 'some' }] }, /claims/],
    [{ ...basis, claims: [{ ...only, members: [] }] }, /claims/],
    [{ ...basis, controls: [] }, /controls/],
    [{ ...basis, controls: [{ ...control, waived: 'no need' }] }, /controls/],
    [withPart({ margin: 0.01 }), /tested against 0.01/],
    [withPart({ margin: 0.01, marginText: '0.01' }), /tested against 0.01/],
    [withPart({ margin: 0.0, marginText: '0.0' }), /tested against 0/],
    [withPart({ direction: 'below' }), /tested against/],
    [withPart({ name: 'mean > 0.01 nat', margin: 0.01, marginText: '0.01' }), /margins/],
  ];
  for (const [facts, expected] of changed) assert.match(testedOtherwise(facts, lock) ?? 'nothing', expected);
});

test.run();
