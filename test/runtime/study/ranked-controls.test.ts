// Controls that are ranked against replicates, worked out by hand, and controls that could not have shown anything.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Decision } from '../../../src/runtime/stats/types.js';
import { verdictText } from '../../../src/runtime/stats/wording.js';
import { decideStudy, type StudyDecision } from '../../../src/runtime/study/decide.js';
import type { StudyFacts } from '../../../src/runtime/study/facts.js';
import {
  CLUSTERS,
  claim,
  member,
  near,
  paired,
  part,
  replicates,
  study,
  Tables,
} from '../../support/study-facts.js';

const test = suite('ranked controls');
const zeros = new Float64Array(CLUSTERS);

function decided(facts: StudyFacts, tables: Tables): StudyDecision {
  return decideStudy(facts, tables.all());
}

function decisionOf(made: StudyDecision, id: string): Decision {
  const [claimId, memberId] = id.split('/');
  const found = made.families.flatMap((one) => one.claims).find((one) => one.id === claimId);
  const decision =
    memberId === undefined ? found?.decision : found?.members.find((one) => one.id === memberId)?.decision;
  if (decision === null || decision === undefined) throw new Error(`no decision on ${id}`);
  return decision;
}

function textOf(made: StudyDecision, id: string): string {
  const { verdict, reason } = decisionOf(made, id);
  return verdictText(verdict, reason);
}

function stateOf(made: StudyDecision, name: string): string | undefined {
  return made.controls.find((one) => one.name === name)?.state;
}

/** One claim with one member of effect `own`, and replicates of the effects given. */
function rankOf(
  own: Float64Array,
  list: readonly Float64Array[],
  more: Parameters<typeof replicates>[3] = {},
): StudyDecision {
  const tables = new Tables();
  const members = [member('a', [part(tables, 'claims', 'a', own)])];
  const others = list.map((values, i) => [member('a', [part(tables, 'control-random', String(i), values)])]);
  return decided(study([claim('c', members)], [replicates('random', 'c', others, more)]), tables);
}

const many = (count: number, mean: (i: number) => number): Float64Array[] =>
  Array.from({ length: count }, (_, i) => near(mean(i)));

test('a control that can reach nothing keeps its own member only, and never hides a failed one', () => {
  const tables = new Tables();
  const ids = ['a', 'b'];
  const own = ids.map((id) => member(id, [part(tables, 'claims', id, near(0.5))]));
  const direction = ids.map((id) =>
    member(id, [part(tables, 'claims', `${id}/direction`, id === 'a' ? zeros : near(0.1))], {
      structural: id === 'a',
    }),
  );
  const alone = decided(study([claim('c', own)], [paired('direction', 'c', direction)]), tables);
  assert.is(textOf(alone, 'c/a'), 'inconclusive (direction: not informative)');
  assert.is(textOf(alone, 'c/b'), 'supported');
  assert.is(stateOf(alone, 'direction'), 'not-informative');
  const bad = ids.map((id) => member(id, [part(tables, 'control-random', `${id}/noise`, near(0.9))]));
  const both = decided(
    study([claim('c', own)], [paired('direction', 'c', direction), replicates('random', 'c', [bad, bad])]),
    tables,
  );
  assert.is(textOf(both, 'c/a'), 'inconclusive (random)');
});

test('nineteen replicates reach 0.05 and one that is as large is one too many', () => {
  const passed = rankOf(
    near(0.5),
    many(19, (i) => 0.4 - 0.01 * i),
  );
  assert.is(textOf(passed, 'c/a'), 'supported');
  assert.equal(passed.controls[0]?.rank, { kind: 'rank', p: { c: 1, n: 20 }, passed: true });
  const worse = rankOf(
    near(0.5),
    many(19, (i) => 0.6 - 0.15 * i),
  );
  assert.equal(worse.controls[0]?.rank, { kind: 'rank', p: { c: 2, n: 20 }, passed: false });
  assert.is(textOf(worse, 'c/a'), 'inconclusive (random)');
  assert.is(stateOf(worse, 'random'), 'failed');
  const worst = rankOf(
    near(0.5),
    many(19, (i) => 0.6 + 0.01 * i),
  );
  assert.equal(worst.controls[0]?.rank, { kind: 'rank', p: { c: 20, n: 20 }, passed: false });
});

test('a failed rank never refutes and never supports', () => {
  const made = rankOf(
    near(0),
    many(19, (i) => 0.6 + 0.01 * i),
  );
  assert.is(textOf(made, 'c/a'), 'refuted (the margin is not reached in what was sampled)');
  assert.is(stateOf(made, 'random'), 'failed');
});

test('all the circuits there are count the observed one among them', () => {
  const made = rankOf(
    near(0.5),
    many(19, (i) => 0.4 - 0.01 * i),
    { exhaustive: true },
  );
  assert.equal(made.controls[0]?.rank, { kind: 'rank', p: { c: 1, n: 20 }, passed: true });
  const few = rankOf(
    near(0.5),
    many(18, (i) => 0.01 - 0.01 * i),
    { exhaustive: true },
  );
  assert.is(stateOf(few, 'random'), 'smoke');
});

test('a replicate without a number counts as larger, and is not dropped', () => {
  const list = many(19, (i) => 0.4 - 0.01 * i);
  list[7]?.fill(Number.NaN, 0, 1);
  const made = rankOf(near(0.5), list);
  assert.equal(made.controls[0]?.rank, { kind: 'rank', p: { c: 2, n: 20 }, passed: false });
  assert.is(made.controls[0]?.replicates, 19);
  assert.ok(Number.isFinite(made.controls[0]?.largest));
});

test('replicates that are all alike and lie below do not count as passed', () => {
  for (const exhaustive of [false, true]) {
    const made = rankOf(
      near(0.5),
      many(19, () => 0),
      { exhaustive },
    );
    assert.is(stateOf(made, 'random'), 'not-informative');
    assert.is(textOf(made, 'c/a'), 'inconclusive (random: not informative)');
  }
});

test('replicates that are all as large, or have no number, have failed the claim', () => {
  const equal = rankOf(
    near(0.5),
    many(19, () => 0.5),
  );
  assert.equal(equal.controls[0]?.rank, { kind: 'rank', p: { c: 20, n: 20 }, passed: false });
  assert.is(textOf(equal, 'c/a'), 'inconclusive (random)');
  const undefinedOnes = rankOf(
    near(0.5),
    many(19, () => Number.NaN),
  );
  assert.equal(undefinedOnes.controls[0]?.rank, { kind: 'rank', p: { c: 20, n: 20 }, passed: false });
  assert.is(stateOf(undefinedOnes, 'random'), 'failed');
  const smoke = rankOf(near(0.5), [near(0.01), near(Number.NaN)]);
  assert.is(textOf(smoke, 'c/a'), 'inconclusive (random)');
});

test('at another rate than 0.05 a rank needs as many replicates as reach it', () => {
  const at = (rate: string, count: number): StudyDecision => {
    const tables = new Tables();
    const list = many(count, (i) => 0.4 - 0.001 * i);
    const others = list.map((values, i) => [
      member('a', [part(tables, 'control-random', String(i), values)]),
    ]);
    const facts = study(
      [claim('c', [member('a', [part(tables, 'claims', 'a', near(0.5))])])],
      [replicates('random', 'c', others)],
    );
    return decided({ ...facts, families: facts.families.map((one) => ({ ...one, rate })) }, tables);
  };
  for (const [rate, enough] of [
    ['0.01', 99],
    ['0.025', 39],
    ['0.1', 9],
  ] as const) {
    assert.is(at(rate, enough).controls[0]?.rank?.kind, 'rank', rate);
    assert.is(textOf(at(rate, enough), 'c/a'), 'supported', rate);
    assert.is(at(rate, enough - 1).controls[0]?.rank?.kind, 'smoke', rate);
  }
});

test('a smoke control fails when the claim holds on a replicate', () => {
  const silent = rankOf(
    near(0.5),
    many(3, (i) => 0.01 * i),
  );
  assert.is(stateOf(silent, 'random'), 'smoke');
  assert.is(textOf(silent, 'c/a'), 'supported');
  const smoke = rankOf(
    near(0.5),
    many(3, (i) => 0.2 * i),
  );
  assert.is(stateOf(smoke, 'random'), 'failed');
  assert.is(textOf(smoke, 'c/a'), 'inconclusive (random)');
});

test('a smoke control asks for the claim with its own quantifier', () => {
  const smokeOf = (
    quantity: 'all' | 'some' | 'at-least',
    k: number,
    effects: readonly number[],
  ): string | undefined => {
    const tables = new Tables();
    const ids = ['a', 'b', 'c'];
    const members = ids.map((id) => member(id, [part(tables, 'claims', id, near(0.5))]));
    const list = [0, 1].map((r) =>
      ids.map((id, i) =>
        member(id, [part(tables, 'control-new', `${r}${id}`, near((effects[i] ?? 0) - 0.001 * r))]),
      ),
    );
    return stateOf(
      decided(study([claim('c', members, { quantity, k })], [replicates('new', 'c', list)]), tables),
      'new',
    );
  };
  assert.is(smokeOf('all', 0, [0.4, 0, 0]), 'smoke');
  assert.is(smokeOf('all', 0, [0.4, 0.3, 0.3]), 'failed');
  assert.is(smokeOf('some', 0, [0, 0, 0.4]), 'failed');
  assert.is(smokeOf('some', 0, [0, 0, 0.01]), 'smoke');
  assert.is(smokeOf('at-least', 2, [0, 0, 0.4]), 'smoke');
  assert.is(smokeOf('at-least', 2, [0, 0.4, 0.4]), 'failed');
});

test('a paired control with no numbers on one side was not run, whatever it would have said', () => {
  for (const broken of ['own', 'its'] as const) {
    const tables = new Tables();
    const nothing = new Float64Array(CLUSTERS).fill(Number.NaN);
    const own = member('a', [part(tables, 'claims', 'a', broken === 'own' ? nothing : near(0.5))]);
    const its = member('a', [part(tables, 'claims', 'b', broken === 'its' ? nothing : near(0.01))]);
    const made = decided(study([claim('c', [own])], [paired('direction', 'c', [its])]), tables);
    assert.is(stateOf(made, 'direction'), broken === 'own' ? 'not-run' : 'failed');
  }
});

test.run();
