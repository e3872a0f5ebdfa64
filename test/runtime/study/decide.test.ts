// Verdicts of whole studies from made-up outcomes, each worked out by hand: ten clusters, so all 1,024 flips are counted.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Decision } from '../../../src/runtime/stats/types.js';
import { verdictText } from '../../../src/runtime/stats/wording.js';
import { decideStudy, type StudyDecision } from '../../../src/runtime/study/decide.js';
import type { ControlFacts, MemberFacts, StudyFacts } from '../../../src/runtime/study/facts.js';
import {
  CLUSTERS,
  claim,
  member,
  near,
  paired,
  part,
  replicates,
  study,
  swinging,
  Tables,
} from '../../support/study-facts.js';

const test = suite('decide');

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

/** One claim with one member of effect `own`, and a paired control of effect `other`. */
function pairOf(
  own: Float64Array,
  other: Float64Array,
  options: Parameters<typeof part>[4] = {},
): StudyDecision {
  const tables = new Tables();
  const members = [member('a', [part(tables, 'claims', 'a', own, options)])];
  const control = paired('direction', 'c', [
    member('a', [part(tables, 'claims', 'a/direction', other, options)]),
  ]);
  return decided(study([claim('c', members)], [control]), tables);
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

test('heads that do nothing and whose control does nothing are refuted beside one that counts', () => {
  const tables = new Tables();
  const effects: [string, Float64Array, Float64Array][] = [
    ['loud', near(0.5), near(0.1)],
    ['silent', zeros, zeros],
    ['quiet', near(0.001, 0.0001), near(0.0001, 0.00001)],
    ['helpful', near(-0.2), near(0.01, 0.001)],
  ];
  const members = effects.map(([id, own]) => member(id, [part(tables, 'claims', id, own)]));
  const others = effects.map(([id, , its]) => member(id, [part(tables, 'claims', `${id}/direction`, its)]));
  const made = decided(study([claim('c', members)], [paired('direction', 'c', others)]), tables);
  assert.is(textOf(made, 'c/loud'), 'supported');
  assert.is(textOf(made, 'c/silent'), 'refuted (the margin is not reached in what was sampled)');
  assert.is(textOf(made, 'c/quiet'), 'refuted (the margin is not reached in what was sampled)');
  assert.is(textOf(made, 'c/helpful'), 'refuted (the effect has the opposite sign in what was sampled)');
  assert.is(stateOf(made, 'direction'), 'passed');
  // Both directions of four members and one contrast each; the contrast of the silent head is constant zero.
  assert.is(made.families[0]?.columns, 12);
});

test('a paired control as large as the effect stops it, and never refutes', () => {
  const stopped = pairOf(near(0.5), near(0.5).reverse());
  assert.is(textOf(stopped, 'c/a'), 'inconclusive (direction)');
  assert.is(stateOf(stopped, 'direction'), 'failed');
  const larger = pairOf(near(0.5), near(0.9));
  assert.is(textOf(larger, 'c/a'), 'inconclusive (direction)');
  const refuted = pairOf(near(0), near(0.9));
  assert.is(textOf(refuted, 'c/a'), 'refuted (the margin is not reached in what was sampled)');
  assert.is(stateOf(refuted, 'direction'), 'passed');
});

test('a paired control of an absolute effect compares sizes, whatever the signs', () => {
  const size = { kind: 'abs-mean', margin: 0.1 } as const;
  for (const [own, other, verdict] of [
    [-0.5, 0.2, 'supported'],
    [-0.5, -0.2, 'supported'],
    [0.5, -0.2, 'supported'],
    [-0.5, 0.6, 'inconclusive (direction)'],
    [-0.5, -0.6, 'inconclusive (direction)'],
    [0.5, -0.6, 'inconclusive (direction)'],
  ] as const) {
    assert.is(textOf(pairOf(near(own), near(other, 0.011), size), 'c/a'), verdict, `${own} against ${other}`);
  }
});

test('a paired control of an equivalence is one that is further off', () => {
  const within = { kind: 'abs-mean', direction: 'below', margin: 0.1 } as const;
  assert.is(textOf(pairOf(near(0.01), near(0.9), within), 'c/a'), 'supported');
  assert.is(textOf(pairOf(near(0.05), near(0.01), within), 'c/a'), 'inconclusive (direction)');
});

test('a control whose writes never changed anything does not count as passed', () => {
  const tables = new Tables();
  const own = member('a', [part(tables, 'claims', 'a', near(0.5))]);
  const idle = member('a', [part(tables, 'claims', 'a/direction', near(0.9))], {
    changes: [tables.add('claims', 'a/direction/changed', zeros)],
  });
  const made = decided(study([claim('c', [own])], [paired('direction', 'c', [idle])]), tables);
  assert.is(stateOf(made, 'direction'), 'not-informative');
  assert.is(textOf(made, 'c/a'), 'inconclusive (direction: not informative)');
  const waived = decided(study([claim('c', [own])], [paired('direction', 'c', [], 'no other site')]), tables);
  assert.is(textOf(waived, 'c/a'), 'supported');
});

test('a paired control with a row that has no number stops what it should be compared with', () => {
  const broken = near(0.01);
  broken[3] = Number.NaN;
  assert.is(textOf(pairOf(near(0.5), broken), 'c/a'), 'inconclusive (direction)');
});

test('a control far below the margin is called not binding', () => {
  assert.is(stateOf(pairOf(near(0.5), near(0.001, 0.0001)), 'direction'), 'not-binding');
  assert.is(stateOf(pairOf(near(0.5), near(0.03, 0.0001)), 'direction'), 'passed');
  assert.is(
    stateOf(
      rankOf(
        near(0.5),
        many(19, (i) => 0.001 * i),
      ),
      'random',
    ),
    'not-binding',
  );
  assert.is(
    stateOf(
      rankOf(
        near(0.5),
        many(19, (i) => 0.002 * i),
      ),
      'random',
    ),
    'passed',
  );
});

test('waived controls gate nothing and are called waived', () => {
  const tables = new Tables();
  const own = [member('a', [part(tables, 'claims', 'a', near(0.5))])];
  const made = decided(
    study(
      [claim('c', own)],
      [
        paired('direction', 'c', [], 'no such direction'),
        replicates('random', 'c', [], { waived: 'too dear' }),
      ],
    ),
    tables,
  );
  assert.is(textOf(made, 'c/a'), 'supported');
  assert.equal(
    made.controls.map((one) => one.state),
    ['waived', 'waived'],
  );
});

/** Near 1 of `reference` within a tenth, and close example by example: the shape of `faithful`. */
function composite(
  x: Float64Array,
  reference: Float64Array,
  distance: Float64Array,
  assay: Float64Array | null = null,
): { made: StudyDecision; text: string; decision: Decision } {
  const tables = new Tables();
  const low = part(tables, 'claims', 'x', x, { kind: 'share', margin: 0.9 }, reference);
  const parts = [
    low,
    { ...low, name: 'below', direction: 'below', margin: 1.1 } as const,
    part(tables, 'claims', 'distance', distance, { direction: 'below', margin: 0.5 }),
  ];
  const shown =
    assay === null ? null : [part(tables, 'claims', 'assay', assay, { kind: 'share', margin: 0.5 }, near(1))];
  const facts = study([claim('f', [member('all', parts)], { quantity: 'single', assay: shown })], [], 'holm');
  const made = decided(facts, tables);
  return { made, text: textOf(made, 'f'), decision: decisionOf(made, 'f') };
}

test('a composite needs every part and is refuted at three times the smallest of three', () => {
  const faithful = composite(near(1), near(1).reverse(), near(0.1));
  assert.is(faithful.text, 'supported');
  assert.equal(faithful.decision.adjusted.support, { kind: 'count', c: 1, n: 1024 });
  const overshoot = composite(near(1.5), near(1).reverse(), near(0.1));
  assert.is(overshoot.text, 'refuted (below fails in what was sampled)');
  assert.equal(overshoot.decision.adjusted.refute, { kind: 'count', c: 3, n: 1024 });
  const cancelling = composite(near(1), near(1).reverse(), near(0.9));
  assert.is(cancelling.text, 'refuted (distance below 0.5 fails in what was sampled)');
});

test('a share of a behaviour that is not there, or is negative, is neither reached nor missed', () => {
  for (const reference of [near(-3), swinging(1)]) {
    const made = composite(near(-1), reference, near(4));
    assert.is(made.text, 'inconclusive (no behaviour to explain)');
  }
});

test('an assay gates support only', () => {
  assert.is(composite(near(1), near(1).reverse(), near(0.1), near(0.9)).text, 'supported');
  assert.is(composite(near(1), near(1).reverse(), near(0.1), near(0.2)).text, 'inconclusive (assay)');
  assert.match(composite(near(1.5), near(1).reverse(), near(0.1), near(0.2)).text, /^refuted/);
  const broken = near(0.9);
  broken[0] = Number.NaN;
  assert.is(composite(near(1), near(1).reverse(), near(0.1), broken).text, 'inconclusive (assay)');
});

test('holm counts members, doubles the p of an absolute effect, and refutes at rate / k', () => {
  const tables = new Tables();
  const size = { kind: 'abs-mean', margin: 0.1 } as const;
  const effects = [near(-0.5), near(0.4), near(0.02, 0.001)];
  const each = effects.map((values, i) => member(`m${i}`, [part(tables, 'claims', `m${i}`, values, size)]));
  const dead = member('dead', [part(tables, 'claims', 'dead', zeros, size)], { structural: true });
  const facts = study(
    [
      claim('c', [...each, dead]),
      claim('one', [member('all', [part(tables, 'claims', 'one', near(0.5))])], { quantity: 'single' }),
    ],
    [],
    'holm',
  );
  const made = decided(facts, tables);
  assert.is(made.families[0]?.conclusions, 4);
  // Raw p: one 1/1024, absolute effects 2/1024 each. Holm: 4 * 1, then 3 * 2 and 2 * 2 with a running maximum.
  assert.equal(decisionOf(made, 'one').adjusted.support, { kind: 'count', c: 4, n: 1024 });
  assert.equal(decisionOf(made, 'c/m0').adjusted.support, { kind: 'count', c: 6, n: 1024 });
  assert.equal(decisionOf(made, 'c/m1').adjusted.support, { kind: 'count', c: 6, n: 1024 });
  assert.equal(decisionOf(made, 'c/m2').adjusted.refute, { kind: 'count', c: 4, n: 1024 });
  assert.is(textOf(made, 'c/m2'), 'refuted (within the margin in what was sampled)');
  assert.is(textOf(made, 'c/dead'), 'refuted (structural: no path from the site to the metric)');
});

test('the failed control of one claim does not hold up another', () => {
  const tables = new Tables();
  const weak = Float64Array.of(1, 1, 1, 1, 1, 1, 1, 1, 1, -2); // 47 of 1,024 flips have as large a sum
  const single = (id: string, values: Float64Array) =>
    claim(id, [member('all', [part(tables, 'claims', id, values, { margin: 0 })])], { quantity: 'single' });
  const control = paired('direction', 'strong', [
    member('all', [part(tables, 'claims', 'strong/direction', near(2), { margin: 0 })]),
  ]);
  const made = decided(study([single('strong', near(1)), single('weak', weak)], [control], 'holm'), tables);
  assert.is(textOf(made, 'strong'), 'inconclusive (direction)');
  assert.equal(decisionOf(made, 'weak').adjusted.support, { kind: 'count', c: 47, n: 1024 });
  assert.is(textOf(made, 'weak'), 'supported');
});

test('all, some and at least k', () => {
  const verdict = (
    quantity: 'all' | 'some' | 'at-least',
    k: number,
    list: readonly Float64Array[],
  ): string => {
    const tables = new Tables();
    const members = list.map((values, i) => member(`m${i}`, [part(tables, 'claims', `m${i}`, values)]));
    return textOf(decided(study([claim('c', members, { quantity, k })]), tables), 'c');
  };
  const [shown, open, missed] = [near(0.5), swinging(1), near(0)];
  assert.is(verdict('all', 0, [shown, near(0.3)]), 'supported');
  assert.is(verdict('all', 0, [shown, open]), 'inconclusive');
  assert.is(verdict('all', 0, [shown, missed]), 'refuted (m1 fails in what was sampled)');
  assert.is(verdict('some', 0, [shown, missed]), 'supported');
  assert.is(verdict('some', 0, [open, missed]), 'inconclusive');
  assert.is(
    verdict('some', 0, [near(-0.1), missed]),
    'refuted (the margin is not reached in what was sampled)',
  );
  assert.is(verdict('at-least', 2, [shown, near(0.3), missed]), 'supported');
  assert.is(verdict('at-least', 2, [shown, open, missed]), 'inconclusive');
  assert.is(
    verdict('at-least', 2, [shown, near(-0.1), missed]),
    'refuted (the margin is not reached in what was sampled)',
  );
});

test('controls of members gate a quantified claim', () => {
  const verdict = (quantity: 'all' | 'some' | 'at-least', k: number, others: readonly number[]): string => {
    const tables = new Tables();
    const own = others.map((_, i) => member(`m${i}`, [part(tables, 'claims', `m${i}`, near(0.5))]));
    const its = others.map((mean, i) =>
      member(`m${i}`, [part(tables, 'claims', `d${i}`, near(mean, 0.011))]),
    );
    const control: ControlFacts = paired('direction', 'c', its);
    return textOf(decided(study([claim('c', own, { quantity, k })], [control]), tables), 'c');
  };
  assert.is(verdict('all', 0, [0.1, 0.1, 0.1]), 'supported');
  assert.is(verdict('all', 0, [0.1, 0.1, 0.6]), 'inconclusive (direction)');
  assert.is(verdict('some', 0, [0.1, 0.6, 0.6]), 'supported');
  assert.is(verdict('some', 0, [0.6, 0.6, 0.6]), 'inconclusive (direction)');
  assert.is(verdict('at-least', 2, [0.1, 0.1, 0.6]), 'supported');
  assert.is(verdict('at-least', 2, [0.1, 0.6, 0.6]), 'inconclusive (direction)');
});

test('members that nothing reaches, that change nothing, or that have no number', () => {
  const one = (own: (tables: Tables) => MemberFacts, method: 'holm' | 'max_t' = 'max_t'): string => {
    const tables = new Tables();
    const other = member('other', [part(tables, 'claims', 'other', near(0.5))]);
    return textOf(decided(study([claim('c', [own(tables), other])], [], method), tables), 'c/a');
  };
  const structural = { structural: true };
  const dead = (options: Parameters<typeof part>[4]) => (tables: Tables) =>
    member('a', [part(tables, 'claims', 'a', zeros, options)], structural);
  assert.is(one(dead({})), 'refuted (structural: no path from the site to the metric)');
  // Zero does not exceed zero: a margin of 0 makes no vacuous success.
  assert.is(one(dead({ margin: 0 })), 'refuted (structural: no path from the site to the metric)');
  assert.is(
    one(dead({ kind: 'abs-mean', margin: 0 })),
    'refuted (structural: no path from the site to the metric)',
  );
  assert.match(one(dead({ direction: 'below' })), /^invalid \(vacuous/);
  assert.match(one(dead({ kind: 'abs-mean', direction: 'below' })), /^invalid \(vacuous/);
  const idle = (tables: Tables) =>
    member('a', [part(tables, 'claims', 'a', near(0.5))], {
      changes: [tables.add('claims', 'a/changed', zeros)],
    });
  assert.is(one(idle), 'inconclusive (no-op: the writes changed nothing)');
  const holed = (value: number) => (tables: Tables) =>
    member('a', [
      part(
        tables,
        'claims',
        'a',
        Float64Array.from(near(0.5), (x, i) => (i === 4 ? value : x)),
      ),
    ]);
  assert.is(one(holed(Number.NaN)), 'invalid (undefined values: 1 of 10 rows)');
  assert.is(one(holed(Number.POSITIVE_INFINITY)), 'invalid (not finite: 1 of 10 rows)');
});

test('a sign turned round, a forgotten member or a rank without the one turn a verdict', () => {
  // Mutations of the facts that a wrong implementation would amount to: each must show.
  const base = rankOf(
    near(0.5),
    many(19, (i) => 0.4 - 0.01 * i),
  );
  const turned = rankOf(
    near(-0.5),
    many(19, (i) => 0.4 - 0.01 * i),
  );
  assert.is.not(textOf(base, 'c/a'), textOf(turned, 'c/a'));
  const short = rankOf(
    near(0.5),
    many(18, (i) => 0.4 - 0.01 * i),
  );
  assert.is(stateOf(short, 'random'), 'failed'); // 1/19 > 0.05: smoke, and the claim holds on replicates
});

test.run();
