// What a run concluded, as events: stamped, with intervals, and with the reason of what was waived.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { RunEvent, RunMode } from '../../../src/runtime/event.js';
import { studentInterval } from '../../../src/runtime/stats/intervals.js';
import { conclusions } from '../../../src/runtime/study/conclusions.js';
import { decideStudy } from '../../../src/runtime/study/decide.js';
import { describeStudy } from '../../../src/runtime/study/describe-study.js';
import type { StudyFacts } from '../../../src/runtime/study/facts.js';
import { claim, member, near, paired, part, study, Tables } from '../../support/study-facts.js';

const test = suite('conclusions as events');

function eventsOf(facts: StudyFacts, tables: Tables, mode: RunMode = 'explore') {
  const decision = decideStudy(facts, tables.all());
  return conclusions({
    checked: { predictions: [] },
    facts,
    tables: [...tables.all().values()],
    decision,
    descriptions: describeStudy(facts, decision),
    mode,
  });
}

type Claim = Omit<Extract<RunEvent, { kind: 'claim' }>, 'at'>;
const claimsOf = (events: ReturnType<typeof eventsOf>): readonly Claim[] =>
  events.flatMap((one) => (one.kind === 'claim' ? [one] : []));

test('a conclusion has the interval of its member', () => {
  const tables = new Tables();
  const values = near(0.5);
  const facts = study([claim('c', [member('a', [part(tables, 'claims', 'a', values)])])]);
  const [only] = claimsOf(eventsOf(facts, tables));
  // Ten clusters: Student's interval, computed here from the values themselves.
  const expected = studentInterval(values, 0.95);
  if (expected.kind === 'none') throw new Error('too few clusters');
  assert.equal(only?.interval, { low: expected.low, high: expected.high, level: 0.95 });
  assert.ok(expected.low < 0.5 && 0.5 < expected.high);
});

test('a claim about many members as one has no number of one of them', () => {
  const tables = new Tables();
  const members = [0.5, 0.9].map((size, i) => member(`m${i}`, [part(tables, 'claims', `m${i}`, near(size))]));
  const [whole] = claimsOf(eventsOf(study([claim('c', members, { quantity: 'all' })]), tables));
  assert.equal([whole?.member, whole?.estimate, whole?.interval], [null, null, null]);
});

test('every conclusion is stamped with the kind of its run', () => {
  const stamps = (['explore', 'confirm', 'replay'] as const).map((mode) => {
    const tables = new Tables();
    const facts = study([claim('c', [member('a', [part(tables, 'claims', 'a', near(0.5))])])]);
    return claimsOf(eventsOf(facts, tables, mode)).map((one) => one.stamp);
  });
  assert.equal(stamps, [['EXPLORATORY'], ['CONFIRM'], ['REPLAY']]);
});

test('a waived control says why and compares nothing', () => {
  const tables = new Tables();
  const facts = study(
    [claim('c', [member('a', [part(tables, 'claims', 'a', near(0.5))])])],
    [paired('direction', 'c', [], 'the site has one dimension')],
  );
  const control = eventsOf(facts, tables).find((one) => one.kind === 'control');
  assert.equal(control, {
    kind: 'control',
    name: 'direction',
    claim: 'c',
    state: 'waived',
    text: 'the site has one dimension',
  });
});

test.run();
