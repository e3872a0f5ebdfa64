// Each member is shown with what the controls say of it: its own state, the control's own effect, the difference.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { studentInterval } from '../../../src/runtime/stats/intervals.js';
import { decideStudy } from '../../../src/runtime/study/decide.js';
import type { ControlFacts, MemberFacts } from '../../../src/runtime/study/facts.js';
import { memberControls } from '../../../src/runtime/study/member-controls.js';
import { assertClose } from '../../support/close.js';
import { claim, member, near, paired, part, replicates, study, Tables } from '../../support/study-facts.js';

const test = suite('controls beside members');

type Size = readonly [string, number, number];

/** An `each` claim (margin 0.05) over members with an effect and a paired control with another. */
function pairs(sizes: readonly Size[], more: Parameters<typeof claim>[2] = {}, spread = 0.01) {
  const tables = new Tables();
  const members = sizes.map(([id, own]) => member(id, [part(tables, 'claims', id, near(own))]));
  const others = sizes.map(([id, , other]) =>
    member(id, [part(tables, 'claims', `${id}/direction`, near(other, spread))]),
  );
  return judge(members, paired('direction', 'c', others), tables, more);
}

function judge(
  members: readonly MemberFacts[],
  control: ControlFacts,
  tables: Tables,
  more: Parameters<typeof claim>[2] = {},
) {
  const facts = study([claim('c', members, more)], [control]);
  const decision = decideStudy(facts, tables.all());
  const of = memberControls({ facts, decision, tables: [...tables.all().values()] }, 'c');
  const only = (id: string) => {
    const [one, ...others] = of.get(id) ?? [];
    if (one === undefined || others.length > 0) throw new Error(`not one control of ${id}`);
    return one;
  };
  return { whole: decision.controls[0]?.state, only };
}

test('one member that does not exceed its control does not fail the others, nor do they pass it', () => {
  const { whole, only } = pairs([
    ['loud', 0.5, 0.1],
    ['matched', 0.5, 0.5],
  ]);
  assert.is(whole, 'failed');
  assert.equal([only('loud').state, only('matched').state], ['passed', 'failed']);
});

test('a member that is refuted by itself is compared all the same', () => {
  const { only } = pairs([
    ['loud', 0.5, 0.1],
    ['small', 0.02, -0.4],
    ['smaller', -0.02, 0.4],
  ]);
  // By hand: 0.02 exceeds -0.4 on all ten clusters, -0.02 exceeds 0.4 on none.
  assert.equal([only('small').state, only('smaller').state], ['not-binding', 'failed']);
});

test('the control has its own effect beside the member, and the difference its interval', () => {
  const { only } = pairs([['loud', 0.5, 0.125]], {}, 0);
  const { estimate, contrast, interval } = only('loud');
  assert.is(estimate?.toFixed(6), '0.125000');
  assert.is(contrast?.toFixed(6), '0.375000');
  // The control is the same on every cluster, so that the difference has the effect's own spread.
  const expected = studentInterval(near(0.375), 0.95);
  if (interval?.kind !== 'student' || expected.kind !== 'student') throw new Error('no interval');
  assertClose([interval.low, interval.high], [expected.low, expected.high], { rtol: 1e-12, atol: 1e-12 });
});

test('a control that lies far below the margin is not binding for that member alone', () => {
  const { only } = pairs([
    ['one', 0.5, 0.001],
    ['two', 0.5, 0.2],
  ]);
  assert.equal([only('one').state, only('two').state], ['not-binding', 'passed']);
});

test('a control without a path to the metric is not informative for that member', () => {
  const tables = new Tables();
  const own = ['a', 'b'].map((id) => member(id, [part(tables, 'claims', id, near(0.5))]));
  const control = paired('direction', 'c', [
    member('a', [part(tables, 'claims', 'a/direction', near(0.2))]),
    member('b', [part(tables, 'claims', 'b/direction', new Float64Array(10))], { structural: true }),
  ]);
  const { only } = judge(own, control, tables);
  assert.equal([only('a').state, only('b').state], ['passed', 'not-informative']);
});

test('under `all` every member has the state of its own comparison', () => {
  const { only } = pairs(
    [
      ['loud', 0.5, 0.1],
      ['matched', 0.5, 0.5],
    ],
    { quantity: 'all' },
  );
  assert.equal([only('loud').state, only('matched').state], ['passed', 'failed']);
});

test('each member has its own rank among replicates, the refuted one as well', () => {
  const tables = new Tables();
  const members = [
    ['big', 0.9],
    ['middle', 0.105],
    ['nothing', 0.001],
  ] as const;
  const own = members.map(([id, size]) => member(id, [part(tables, 'claims', id, near(size))]));
  const control = replicates(
    'untrained',
    'c',
    Array.from({ length: 19 }, (_, i) => [
      member('big', [part(tables, 'control-untrained', `r${i}`, near(0.01 * (i + 1)))]),
    ]),
  );
  const { only } = judge(own, control, tables);
  assert.equal(
    members.map(([id]) => only(id).state),
    ['passed', 'failed', 'failed'],
  );
  // 0.9 exceeds all nineteen, 0.105 is reached by ten of them, 0.001 by all.
  assert.equal(
    members.map(([id]) => only(id).p),
    [1, 10, 20].map((c) => ({ kind: 'count', c, n: 20 })),
  );
  assert.is(only('big').contrast?.toFixed(6), (0.9 - 0.19).toFixed(6));
});

test('a waived control is waived for every member and has no numbers', () => {
  const tables = new Tables();
  const own = [member('a', [part(tables, 'claims', 'a', near(0.5))])];
  const { only } = judge(own, paired('direction', 'c', [], 'it is known'), tables);
  assert.equal(only('a'), {
    name: 'direction',
    state: 'waived',
    estimate: null,
    contrast: null,
    interval: null,
    p: null,
  });
});

test.run();
