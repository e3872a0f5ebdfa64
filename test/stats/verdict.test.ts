// The decision rules: each quantifier, part, correction and kind of member on data whose answer is plain.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Claim, Decision, Family, Gate, MemberState, Part } from '../../src/runtime/stats/types.js';
import { decideFamily } from '../../src/runtime/stats/verdict.js';
import { around, claim, clusterValues, family, meanPart, member, over } from './synthetic.js';
import { columnOf, vectors, zeroRoot } from './vectors.js';

const test = suite('verdict');
const high = around(0.5);
const low = around(0.01);
const negative = around(-0.5);
const noisy = Float64Array.from(
  { length: 12 },
  (_, index) => 0.05 + (index % 2 === 0 ? 1 : -1) * (1 + index / 20),
);

/** The decision of the n-th member (or of the claim as a whole) of the first claim. */
function decide(of: Family, at = 0): Decision {
  const [first] = decideFamily(of).claims;
  const decision = first?.decision ?? first?.members[at]?.decision;
  if (decision === null || decision === undefined) throw new Error('nothing was decided');
  return decision;
}
const said = ({ verdict, reason }: Decision) =>
  'name' in reason ? `${verdict}: ${reason.kind} ${reason.name}` : `${verdict}: ${reason.kind}`;
const single = (parts: readonly Part[], gates: readonly Gate[] = []): Claim =>
  claim('one', { kind: 'single' }, [member('m', parts, gates)]);
const sayOne = (parts: readonly Part[], gates: readonly Gate[] = []) =>
  said(decide(family('max_t', [single(parts, gates)])));

test('each under max-T: above, below, opposite sign and undecided', () => {
  const values = [high, low, negative, noisy];
  const each = claim(
    'each',
    { kind: 'each' },
    values.map((x, index) => member(`m${index}`, [meanPart(x, 0.05)])),
  );
  const decisions = decideFamily(family('max_t', [each])).claims[0]?.members.map(
    ({ decision }) => decision && said(decision),
  );
  assert.equal(decisions, [
    'supported: shown',
    'refuted: margin-not-reached',
    'refuted: opposite-sign',
    'inconclusive: undecided',
  ]);
});

test('each under max-T tests both directions of all members in one family', () => {
  const columns = [0, 1, 2, 3].map((index) => columnOf(vectors.sign_flip_maxT.D, index));
  const members = columns.map((x, index) => member(`m${index}`, [meanPart(x, 0)]));
  const result = decideFamily(family('max_t', [claim('each', { kind: 'each' }, members)]));
  assert.equal([result.columns, result.conclusions, result.flips, result.enumerated], [8, 4, 256, true]);
  const [first] = result.claims[0]?.members ?? [];
  assert.equal(first?.raw.support, { kind: 'count', c: 1, n: 256 });
  assert.equal(first?.decision?.adjusted.support, { kind: 'count', c: 2, n: 256 });
});

test('a single claim tests each direction at its own level', () => {
  const five = around(0.5, 5); // 1/32 is enough alone, 2/32 would not be
  assert.equal(sayOne([meanPart(five, 0.05)]), 'supported: shown');
  assert.equal(sayOne([meanPart(around(0.01, 5), 0.05)]), 'refuted: margin-not-reached');
  const twoMembers = ['a', 'b'].map((id) => member(id, [meanPart(five, 0.05)]));
  assert.is(
    said(decide(family('max_t', [claim('each', { kind: 'each' }, twoMembers)]))),
    'inconclusive: undecided',
  );
});

test('direction below turns everything round', () => {
  assert.is(sayOne([meanPart(low, 0.05, 'below')]), 'supported: shown');
  assert.is(sayOne([meanPart(high, 0.05, 'below')]), 'refuted: margin-not-reached');
  assert.is(sayOne([meanPart(negative, 0.05, 'below')]), 'supported: shown');
});

test('abs(mean) > d is supported on either side and refuted by an equivalence', () => {
  const beyond = (x: ArrayLike<number>): Part => ({
    kind: 'abs-mean',
    name: 'abs',
    direction: 'above',
    margin: 0.1,
    x: over(x),
  });
  assert.is(sayOne([beyond(high)]), 'supported: shown');
  assert.is(sayOne([beyond(negative)]), 'supported: shown');
  assert.is(sayOne([beyond(low)]), 'refuted: equivalent');
  assert.is(sayOne([beyond(noisy)]), 'inconclusive: undecided');
  // Two alternatives: the support p doubles, so five clusters are one too few.
  assert.is(sayOne([beyond(around(0.5, 5))]), 'inconclusive: undecided');
  assert.is(sayOne([beyond(around(0.5, 6))]), 'supported: shown');
});

test('abs(mean) < d is an equivalence', () => {
  const within = (x: ArrayLike<number>): Part => ({
    kind: 'abs-mean',
    name: 'abs',
    direction: 'below',
    margin: 0.1,
    x: over(x),
  });
  assert.is(sayOne([within(low)]), 'supported: shown');
  assert.is(sayOne([within(high)]), 'refuted: not-equivalent');
  assert.is(sayOne([within(negative)]), 'refuted: not-equivalent');
  assert.is(sayOne([within(noisy)]), 'inconclusive: undecided');
});

function share(
  x: ArrayLike<number>,
  reference: ArrayLike<number>,
  of: number,
  direction: Part['direction'],
): Part {
  return { kind: 'share', name: direction, direction, share: of, x: over(x), reference: over(reference) };
}

test('a share is a contrast, and needs behaviour to be a share of', () => {
  assert.is(sayOne([share(around(0.95), around(1), 0.9, 'above')]), 'supported: shown');
  assert.is(sayOne([share(around(0.5), around(1), 0.9, 'above')]), 'refuted: margin-not-reached');
  assert.is(sayOne([share(around(-0.5), around(1), 0.9, 'above')]), 'refuted: opposite-sign');
  assert.is(sayOne([share(around(0.95), noisy, 0.9, 'above')]), 'inconclusive: no-behaviour');
  assert.is(sayOne([share(around(-5), around(-1), 0.9, 'above')]), 'inconclusive: no-behaviour');
});

test('faithful: every part must be shown, any part refutes at three times its p', () => {
  const faithful = (x: ArrayLike<number>, distance: ArrayLike<number>): readonly Part[] => [
    share(x, around(1, x.length), 0.9, 'above'),
    share(x, around(1, x.length), 1.1, 'below'),
    { ...meanPart(distance, 0.5, 'below'), name: 'distance' },
  ];
  assert.is(sayOne(faithful(around(0.98), around(0.1))), 'supported: shown');
  assert.is(sayOne(faithful(around(1.3), around(0.1))), 'refuted: part-refuted below');
  assert.is(sayOne(faithful(around(0.98), around(0.9))), 'refuted: part-refuted distance');
  assert.is(
    sayOne(
      faithful(
        around(0.98),
        noisy.map((value) => value + 0.45),
      ),
    ),
    'inconclusive: undecided',
  );
  // Five clusters: 1/32 supports, 3/32 does not refute.
  assert.is(sayOne(faithful(around(0.98, 5), around(0.1, 5))), 'supported: shown');
  assert.is(sayOne(faithful(around(1.3, 5), around(0.1, 5))), 'inconclusive: undecided');
  const decision = decide(family('max_t', [single(faithful(around(1.3, 6), around(0.1, 6)))]));
  assert.equal(decision.raw.refute, { kind: 'count', c: 3, n: 64 });
});

test('a paired control gates support and never refutes', () => {
  const gate = (x: ArrayLike<number>): Gate => ({ kind: 'paired', name: 'direction', part: meanPart(x, 0) });
  assert.is(sayOne([meanPart(high, 0.05)], [gate(around(0.4))]), 'supported: shown');
  assert.is(sayOne([meanPart(high, 0.05)], [gate(noisy)]), 'inconclusive: control direction');
  assert.is(sayOne([meanPart(high, 0.05)], [gate(negative)]), 'inconclusive: control direction');
  assert.is(sayOne([meanPart(low, 0.05)], [gate(negative)]), 'refuted: margin-not-reached');
});

test('a paired control of an each joins the max-T of its family', () => {
  const gate = (x: ArrayLike<number>): Gate => ({ kind: 'paired', name: 'direction', part: meanPart(x, 0) });
  const members = [
    member('held', [meanPart(high, 0.05)], [gate(around(0.4))]),
    member('not', [meanPart(around(0.6), 0.05)], [gate(noisy)]),
  ];
  const result = decideFamily(family('max_t', [claim('each', { kind: 'each' }, members)]));
  assert.is(result.columns, 6);
  assert.equal(
    result.claims[0]?.members.map(({ decision }) => decision && said(decision)),
    ['supported: shown', 'inconclusive: control direction'],
  );
});

test('a settled control gates by name, for one member or for all', () => {
  const failed: Gate = { kind: 'settled', name: 'untrained', passed: false };
  const passed: Gate = { kind: 'settled', name: 'random', passed: true };
  assert.is(sayOne([meanPart(high, 0.05)], [passed]), 'supported: shown');
  assert.is(sayOne([meanPart(high, 0.05)], [passed, failed]), 'inconclusive: control untrained');
  assert.is(sayOne([meanPart(low, 0.05)], [failed]), 'refuted: margin-not-reached');
  const members = [member('a', [meanPart(high, 0.05)]), member('b', [meanPart(low, 0.05)])];
  const gated = decideFamily(
    family('max_t', [claim('each', { kind: 'each' }, members, { gates: [failed] })]),
  );
  assert.equal(
    gated.claims[0]?.members.map(({ decision }) => decision && said(decision)),
    ['inconclusive: control untrained', 'refuted: margin-not-reached'],
  );
});

const quantified = (quantifier: Claim['quantifier'], values: readonly ArrayLike<number>[]) =>
  said(
    decide(
      family('max_t', [
        claim(
          'q',
          quantifier,
          values.map((x, index) => member(`m${index}`, [meanPart(x, 0.05)])),
        ),
      ]),
    ),
  );

test('all, some and at least k are one conclusion each', () => {
  assert.is(quantified({ kind: 'all' }, [high, high.slice()]), 'supported: shown');
  assert.is(quantified({ kind: 'all' }, [high, low]), 'refuted: part-refuted m1');
  assert.is(quantified({ kind: 'all' }, [high, noisy]), 'inconclusive: undecided');
  assert.is(quantified({ kind: 'some' }, [low, high]), 'supported: shown');
  assert.is(quantified({ kind: 'some' }, [low, negative]), 'refuted: margin-not-reached');
  assert.is(quantified({ kind: 'some' }, [low, noisy]), 'inconclusive: undecided');
  assert.is(quantified({ kind: 'at-least', k: 2 }, [high, noisy, around(0.4)]), 'supported: shown');
  assert.is(
    quantified({ kind: 'at-least', k: 2 }, [low, noisy, around(0.02)]),
    'refuted: margin-not-reached',
  );
  assert.is(quantified({ kind: 'at-least', k: 2 }, [high, noisy, low]), 'inconclusive: undecided');
});

test('all costs nothing, some pays for its members', () => {
  const five = [around(0.5, 5), around(0.4, 5)];
  assert.is(quantified({ kind: 'all' }, five), 'supported: shown');
  const all = claim(
    'q',
    { kind: 'all' },
    five.map((x, index) => member(`m${index}`, [meanPart(x, 0.05)])),
  );
  assert.equal(decide(family('max_t', [all])).raw.support, { kind: 'count', c: 1, n: 32 });
  const mixed = [columnOf(vectors.sign_flip_maxT.D, 1), columnOf(vectors.sign_flip_maxT.D, 2)];
  const some = claim(
    'q',
    { kind: 'some' },
    mixed.map((x, index) => member(`m${index}`, [meanPart(x, 0)])),
  );
  const p = decide(family('max_t', [some])).raw.support;
  assert.ok(p.kind === 'count' && p.c > 3 && p.n === 256, 'more than the raw 3/256');
});

test('holm counts every member and every single claim', () => {
  const members = [high, around(0.4), low].map((x, index) => member(`m${index}`, [meanPart(x, 0.05)]));
  const claims = [
    claim('each', { kind: 'each' }, members),
    claim('one', { kind: 'single' }, [member('x', [meanPart(around(0.3), 0.05)])]),
    claim('two', { kind: 'single' }, [member('y', [meanPart(noisy, 0.05)])]),
  ];
  const result = decideFamily(family('holm', claims));
  assert.is(result.conclusions, 5);
  const [first, , third] = result.claims[0]?.members ?? [];
  assert.equal(first?.decision?.adjusted.support, { kind: 'count', c: 5, n: 4096 });
  assert.equal(third?.decision?.adjusted.refute, { kind: 'count', c: 5, n: 4096 });
  assert.equal(said(result.claims[1]?.decision ?? decide(family('holm', claims))), 'supported: shown');
  assert.is(result.claims[2]?.decision?.verdict, 'inconclusive');
});

test('holm steps down: the last true claim is tested at the full rate, a refutation never is', () => {
  const borderline = columnOf(vectors.sign_flip_maxT.D, 1); // raw 3/256
  const claims = [around(0.5, 8), around(0.6, 8), around(0.7, 8), around(0.8, 8)].map((x, index) =>
    claim(`c${index}`, { kind: 'single' }, [member('m', [meanPart(x, 0)])]),
  );
  const last = claim('last', { kind: 'single' }, [member('m', [meanPart(borderline, 0)])]);
  const turned = claim('turned', { kind: 'single' }, [
    member('m', [
      meanPart(
        borderline.map((x) => -x),
        0,
      ),
    ]),
  ]);
  const shown = decideFamily(family('holm', [last, ...claims])).claims[0]?.decision;
  assert.equal(shown?.adjusted.support, { kind: 'count', c: 5, n: 256 });
  const refuted = decideFamily(family('holm', [turned, ...claims])).claims[0]?.decision;
  assert.equal(refuted?.adjusted.refute, { kind: 'count', c: 15, n: 256 });
  assert.is(refuted?.verdict, 'inconclusive');
});

test('a max-T block enters holm with weight m / k and passes nothing on', () => {
  const members = [high, around(0.4), low].map((x, index) => member(`m${index}`, [meanPart(x, 0.05)]));
  const claims = [
    claim('each', { kind: 'each' }, members, { block: 'max-t' }),
    claim('one', { kind: 'single' }, [member('x', [meanPart(around(0.3), 0.05)])]),
  ];
  const result = decideFamily(family('holm', claims));
  assert.is(result.conclusions, 4);
  const p = result.claims[0]?.members[0]?.decision?.adjusted.support;
  assert.equal(p, { kind: 'count', c: 8, n: 3 * 4096 }); // joint 2/4096 times 4/3
  assert.equal(result.claims[1]?.decision?.adjusted.support, { kind: 'count', c: 4, n: 4096 });
});

test('false discovery rates count both directions', () => {
  const members = [high, around(0.4), low].map((x, index) => member(`m${index}`, [meanPart(x, 0.05)]));
  const result = decideFamily(family('bh', [claim('each', { kind: 'each' }, members)]));
  assert.equal(result.claims[0]?.members[0]?.decision?.adjusted.support, {
    kind: 'count',
    c: 6,
    n: 3 * 4096,
  });
  assert.is(result.claims[0]?.members[2]?.decision?.verdict, 'refuted');
  const stricter = decideFamily(family('by', [claim('each', { kind: 'each' }, members)])).claims[0]
    ?.members[0];
  assert.is(stricter?.decision?.verdict, 'supported');
});

const inFamily = (state: MemberState, correction: Family['correction'] = 'holm') => {
  const members = [member('a', [meanPart(high, 0.05)]), { id: 'b', state }];
  const result = decideFamily(family(correction, [claim('each', { kind: 'each' }, members)]));
  const [a, b] = result.claims[0]?.members ?? [];
  return { conclusions: result.conclusions, a: a?.decision, b: b?.decision && said(b.decision) };
};

test('members that were not run keep their place, structural zeros cost nothing', () => {
  const notRun = inFamily({ kind: 'not-run', because: 'out of memory' });
  assert.is(notRun.b, 'not-run: not-run out of memory');
  assert.is(notRun.conclusions, 2);
  assert.equal(notRun.a?.adjusted.support, { kind: 'count', c: 2, n: 4096 });
  const structural = inFamily({ kind: 'structural-zero', satisfies: false });
  assert.is(structural.b, 'refuted: structural');
  assert.is(structural.conclusions, 1);
  assert.equal(structural.a?.adjusted.support, { kind: 'count', c: 1, n: 4096 });
  assert.is(
    inFamily({ kind: 'structural-zero', satisfies: true }).b,
    'invalid: vacuous no path from the site to the metric',
  );
  assert.is(inFamily({ kind: 'no-op' }).b, 'inconclusive: no-op');
});

test('undefined, non-finite and too few values are invalid, never dropped', () => {
  assert.is(
    inFamily({ kind: 'invalid', reason: 'undefined-values', detail: '3 rows' }).b,
    'invalid: undefined-values 3 rows',
  );
  assert.is(inFamily({ kind: 'invalid', reason: 'undefined-values', detail: '3 rows' }).conclusions, 2);
  const holed = high.map((value, index) => (index === 3 ? Number.NaN : value));
  assert.is(sayOne([meanPart(holed, 0.05)]), 'invalid: non-finite mean: 1 of 12 clusters');
  assert.is(sayOne([meanPart([1], 0.05)]), 'invalid: too-few-clusters mean: 1');
  const all = claim('all', { kind: 'all' }, [
    member('a', [meanPart(high, 0.05)]),
    member('b', [meanPart(holed, 0.05)]),
  ]);
  assert.is(decide(family('max_t', [all])).verdict, 'invalid');
});

test('a control that cannot be tested makes the verdict invalid, also one of the claim as a whole', () => {
  const holed: Gate = {
    kind: 'paired',
    name: 'direction',
    part: meanPart([Number.NaN, ...around(1, 11)], 0),
  };
  assert.is(sayOne([meanPart(high, 0.05)], [holed]), 'invalid: non-finite mean: 1 of 12 clusters');
  const each = claim('each', { kind: 'each' }, [member('a', [meanPart(high, 0.05)])], { gates: [holed] });
  assert.is(said(decide(family('max_t', [each]))), 'invalid: non-finite mean: 1 of 12 clusters');
  assert.throws(() => decide(family('max_t', [single([meanPart(high, Number.NaN)])])), /not finite/);
});

test('quantified claims with members that have no effect by structure', () => {
  const structural = { id: 's', state: { kind: 'structural-zero', satisfies: false } as const };
  const strong = member('a', [meanPart(high, 0.05)]);
  const q = (quantifier: Claim['quantifier'], members: Claim['members']) =>
    said(decide(family('max_t', [claim('q', quantifier, members)])));
  assert.is(q({ kind: 'all' }, [strong, structural]), 'refuted: structural');
  assert.is(q({ kind: 'some' }, [strong, structural]), 'supported: shown');
  assert.is(q({ kind: 'some' }, [structural, structural]), 'refuted: structural');
  assert.is(q({ kind: 'at-least', k: 2 }, [strong, structural]), 'refuted: structural');
});

test('a joint family over two lists of clusters keeps one number of flips', () => {
  const small = around(0.5, 12);
  const large = clusterValues({ stream: 'two-lists', clusters: 40, mean: 0.5, sd: 0.1 });
  const members = [
    member('a', [{ kind: 'mean', name: 'mean', direction: 'above', margin: 0.05, x: over(small, 'small') }]),
    member('b', [{ kind: 'mean', name: 'mean', direction: 'above', margin: 0.05, x: over(large, 'large') }]),
  ];
  const result = decideFamily(family('max_t', [claim('each', { kind: 'each' }, members)]));
  for (const { decision } of result.claims[0]?.members ?? []) {
    assert.is(decision?.verdict, 'supported');
    assert.is(decision?.adjusted.support.kind === 'count' && decision.adjusted.support.n, 1000);
  }
});

test('a decision survives JSON and is the same when recomputed', () => {
  const members = [high, low, noisy].map((x, index) => member(`m${index}`, [meanPart(Array.from(x), 0.05)]));
  const input = family('max_t', [claim('each', { kind: 'each' }, members)]);
  const stored = JSON.parse(JSON.stringify(input)) as Family;
  assert.equal(decideFamily(stored), decideFamily(input));
});

test('the order of members does not change their decisions', () => {
  const values = [high, low, negative, noisy, around(0.07)];
  const members = values.map((x, index) => member(`m${index}`, [meanPart(x, 0.05)]));
  const forward =
    decideFamily(family('max_t', [claim('each', { kind: 'each' }, members)])).claims[0]?.members ?? [];
  const backward =
    decideFamily(family('max_t', [claim('each', { kind: 'each' }, members.toReversed())])).claims[0]
      ?.members ?? [];
  assert.equal(backward.toReversed(), [...forward]);
});

test('the number of borderline flips follows the outcome tolerance and changes no decision', () => {
  const columns = [0, 1, 2, 3].map((index) => columnOf(vectors.sign_flip_maxT.D, index));
  const members = columns.map((x, index) => member(`m${index}`, [meanPart(x, 0)]));
  const each = [claim('each', { kind: 'each' }, members)];
  const exact = decideFamily(family('max_t', each));
  const loose = decideFamily(family('max_t', each, { outcomeTolerance: 0.2 }));
  assert.ok(loose.borderline > exact.borderline);
  assert.equal(loose.claims, exact.claims);
});

test('other seeds give other random flips, equal seeds equal ones', () => {
  const x = clusterValues({ stream: 'seeds', clusters: 40, mean: 0.2, sd: 1 });
  const p = (root: string) =>
    decide(family('max_t', [single([meanPart(x, 0)])], { flipPlan: { root, path: 'f', flips: 999 } })).raw
      .support;
  assert.equal(p(zeroRoot), p(zeroRoot));
  assert.not.equal(p(zeroRoot), p('1'.repeat(64)));
});

test.run();
