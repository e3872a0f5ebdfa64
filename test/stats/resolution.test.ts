// The smallest p that is promised before a run, against the smallest that the decision itself gives to outcomes that could not
// be clearer, and against the table of the design.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CorrectionName } from '../../src/compiler/correction/procedures.js';
import {
  type ClaimDesign,
  columnLevel,
  type FamilyDesign,
  replicatesNeeded,
  resolutionOf,
} from '../../src/compiler/correction/resolution.js';
import type { Claim, Member, Part, PValue } from '../../src/runtime/stats/types.js';
import { decideFamily } from '../../src/runtime/stats/verdict.js';
import { zeroRoot } from './vectors.js';

const test = suite('resolution');

const plain = { quantifier: { kind: 'plain' }, alternatives: 1, block: false } as const;

type Shape = Partial<Omit<ClaimDesign, 'id'>> & { readonly clusters: number };

function family(correction: CorrectionName, shapes: readonly Shape[], flips = 9_999): FamilyDesign {
  const claims = shapes.map((shape, i) => ({ list: 'a', conclusions: 1, ...plain, ...shape, id: `c${i}` }));
  return { correction, rate: '0.05', flips, claims };
}

const value = (p: PValue): number => (p.kind === 'count' ? p.c / p.n : p.value);

/** Far above the margin in every cluster, with hardly any noise; each member with its own. */
function clear(clusters: number, at: number): Float64Array {
  return Float64Array.from({ length: clusters }, (_, g) => 1000 + at + ((g * 7 + at * 3) % 5) / 1000);
}

function nothing(clusters: number, at: number): Float64Array {
  return Float64Array.from({ length: clusters }, (_, g) => (g % 2 === 0 ? 1 : -1) * (1 + ((g + at) % 3)));
}

function claimOf(design: ClaimDesign, start: number, values: typeof clear): Claim {
  const { quantifier, conclusions, alternatives, list, clusters } = design;
  const count = quantifier.kind === 'plain' ? conclusions : quantifier.of;
  const members = Array.from({ length: count }, (_, i): Member => {
    const x = { clusters: list, values: values(clusters, start + i) };
    const part: Part = {
      kind: alternatives === 2 ? 'abs-mean' : 'mean',
      name: 'x',
      direction: 'above',
      margin: 0.5,
      x,
    };
    return { id: String(i), state: { kind: 'measured', parts: [part], gates: [] } };
  });
  return {
    id: design.id,
    quantifier:
      quantifier.kind === 'at-least'
        ? quantifier.k === 1
          ? { kind: 'some' }
          : { kind: 'at-least', k: quantifier.k }
        : { kind: 'each' },
    members,
    gates: [],
    block: design.block ? 'max-t' : 'members',
  };
}

/** The smallest adjusted p of the claim where `isClear` members have outcomes that could not be clearer. */
function decided(design: FamilyDesign, id: string, only: string | null): number {
  const decision = decideFamily({
    correction: design.correction,
    rate: design.rate,
    flipPlan: { root: zeroRoot, path: 'resolution', flips: design.flips },
    claims: design.claims.map((one, i) =>
      claimOf(one, 10 * i, (clusters, at) =>
        only === null || (one.id === only && at === 10 * i) ? clear(clusters, at) : nothing(clusters, at),
      ),
    ),
  });
  const claim = decision.claims.find((one) => one.id === id);
  const all = [claim?.decision, ...(claim?.members ?? []).map((one) => one.decision)];
  return Math.min(...all.flatMap((one) => (one ? [value(one.adjusted.support)] : [])));
}

const some = (k: number, of: number): Shape['quantifier'] & object => ({ kind: 'at-least', k, of });

const designs: Readonly<Record<string, FamilyDesign>> = {
  'one claim in max-T': family('max_t', [{ clusters: 6 }]),
  'one abs claim in max-T': family('max_t', [{ clusters: 6, alternatives: 2 }]),
  'three members in max-T, enumerated': family('max_t', [{ clusters: 7, conclusions: 3 }]),
  'three abs members in max-T, enumerated': family('max_t', [
    { clusters: 7, conclusions: 3, alternatives: 2 },
  ]),
  'three members in max-T, random flips': family('max_t', [{ clusters: 40, conclusions: 3 }], 199),
  'two claims in max-T': family('max_t', [{ clusters: 6 }, { clusters: 6, conclusions: 2 }]),
  'random flips of one claim': family('max_t', [{ clusters: 40 }], 99),
  'random flips of one abs claim': family('max_t', [{ clusters: 40, alternatives: 2 }], 99),
  'some of four': family('max_t', [{ clusters: 6, quantifier: some(1, 4) }]),
  'some of four with abs': family('max_t', [{ clusters: 6, quantifier: some(1, 4), alternatives: 2 }]),
  'two of four': family('max_t', [{ clusters: 6, quantifier: some(2, 4) }]),
  'some in Holm': family('holm', [{ clusters: 6, quantifier: some(1, 4) }, { clusters: 6 }]),
  'abs in Holm': family('holm', [{ clusters: 9, conclusions: 3, alternatives: 2 }, { clusters: 9 }]),
  'Holm of unlike clusters': family('holm', [
    { clusters: 12 },
    { clusters: 5, list: 'b' },
    { clusters: 7, list: 'c' },
  ]),
  'Holm, random flips': family('holm', [{ clusters: 30, conclusions: 4 }], 499),
  bonferroni: family('bonferroni', [
    { clusters: 8, conclusions: 3 },
    { clusters: 5, list: 'b' },
  ]),
  hochberg: family('hochberg', [
    { clusters: 8, conclusions: 3 },
    { clusters: 5, list: 'b' },
  ]),
  hommel: family('hommel', [
    { clusters: 8, conclusions: 3 },
    { clusters: 5, list: 'b' },
  ]),
  bh: family('bh', [
    { clusters: 8, conclusions: 3 },
    { clusters: 5, list: 'b' },
  ]),
  by: family('by', [
    { clusters: 8, conclusions: 3 },
    { clusters: 5, list: 'b' },
  ]),
  'a max-T block in Holm': family('holm', [
    { clusters: 10, conclusions: 3, block: true },
    { clusters: 9, list: 'b' },
  ]),
};

for (const [name, design] of Object.entries(designs)) {
  test(`${name}: the promised smallest p is the one that is decided`, () => {
    for (const { id } of design.claims) {
      const promised = resolutionOf(design, id);
      assert.is(value(promised.smallest).toPrecision(12), decided(design, id, null).toPrecision(12), id);
      assert.is(promised.canReject, value(promised.smallest) <= 0.05, id);
    }
  });
}

for (const name of ['hochberg', 'hommel', 'bh', 'by', 'abs in Holm', 'a max-T block in Holm']) {
  test(`${name}: so is that of a lone finding`, () => {
    const design = designs[name] ?? family('holm', []);
    for (const claim of design.claims) {
      const promised = value(resolutionOf(design, claim.id).alone);
      const found = decided(design, claim.id, claim.id);
      assert.is(promised.toPrecision(12), found.toPrecision(12), claim.id);
    }
  });
}

const can = (design: FamilyDesign): boolean => resolutionOf(design, 'c0').canReject;

test('joint max-T needs six clusters, and 19 flips where they are random', () => {
  const joint = (clusters: number, flips?: number) =>
    family('max_t', [{ clusters, conclusions: 144 }], flips);
  assert.equal([can(joint(5)), can(joint(6))], [false, true]);
  assert.equal([can(joint(300, 18)), can(joint(300, 19))], [false, true]);
  const { clustersNeeded, smallest } = resolutionOf(joint(5), 'c0');
  assert.is(clustersNeeded, 6);
  assert.equal(smallest, { kind: 'count', c: 2, n: 32 });
  assert.is(resolutionOf(joint(300, 18), 'c0').flipsNeeded, 19);
});

test('a single one-sided claim needs five clusters and 19 flips, abs one more and 39', () => {
  const single = (clusters: number, flips: number, alternatives = 1) =>
    family('max_t', [{ clusters, alternatives }], flips);
  assert.equal(
    [can(single(4, 9_999)), can(single(5, 9_999)), can(single(5, 9_999, 2)), can(single(6, 9_999, 2))],
    [false, true, false, true],
  );
  assert.equal([can(single(50, 18)), can(single(50, 19))], [false, true]);
  assert.equal([can(single(50, 38, 2)), can(single(50, 39, 2))], [false, true]);
  assert.is(resolutionOf(single(50, 18, 2), 'c0').flipsNeeded, 39);
});

test('Holm over k needs log2(k / alpha) clusters, one more for abs, and k / alpha - 1 flips', () => {
  const holm = (conclusions: number, clusters: number, flips = 9_999, alternatives = 1) =>
    family('holm', [{ clusters, conclusions, alternatives }], flips);
  assert.equal([can(holm(144, 11)), can(holm(144, 12))], [false, true]);
  assert.equal([can(holm(144, 12, 9_999, 2)), can(holm(144, 13, 9_999, 2))], [false, true]);
  assert.equal([can(holm(144, 20, 2_878)), can(holm(144, 20, 2_879))], [false, true]);
  assert.is(resolutionOf(holm(144, 12, 9_999, 2), 'c0').clustersNeeded, 13);
  const edges = resolutionOf(holm(32_491, 17), 'c0');
  assert.equal([edges.canReject, edges.clustersNeeded, edges.flipsNeeded], [false, 20, 649_819]);
});

test('step-up methods can reject together what they could not alone', () => {
  const hommel = resolutionOf(family('hommel', [{ clusters: 8, conclusions: 144 }]), 'c0');
  assert.equal([hommel.canReject, hommel.canRejectAlone], [true, false]);
  const bh = (clusters: number) => family('bh', [{ clusters, conclusions: 144 }]);
  assert.equal([can(bh(5)), can(bh(6))], [false, true]);
});

test('a block has its share of the rate', () => {
  const block = family('holm', [
    { clusters: 7, conclusions: 2, block: true },
    { clusters: 9 },
    { clusters: 9 },
  ]);
  assert.equal(resolutionOf(block, 'c0').smallest, { kind: 'count', c: 8, n: 256 });
});

test('a rank control needs 1 / rate - 1 replicates', () => {
  assert.equal(['0.05', '0.01', '0.025', '0.03'].map(replicatesNeeded), [19, 99, 39, 33]);
});

test('power is asked at the level of one column', () => {
  const level = (design: FamilyDesign) => Number(columnLevel(design, 'c0').toPrecision(9));
  assert.is(level(family('max_t', [{ clusters: 9 }])), 0.05);
  assert.is(level(family('max_t', [{ clusters: 9, alternatives: 2 }])), 0.025);
  assert.is(level(family('max_t', [{ clusters: 9, conclusions: 8 }])), 0.05 / 16);
  assert.is(level(family('holm', [{ clusters: 9, conclusions: 4 }, { clusters: 9 }])), 0.01);
  assert.is(
    level(family('hommel', [{ clusters: 9, conclusions: 4, alternatives: 2 }, { clusters: 9 }])),
    0.005,
  );
  assert.is(level(family('bh', [{ clusters: 9, conclusions: 5 }])), 0.005);
  assert.is(
    level(family('holm', [{ clusters: 9, quantifier: some(2, 4) }, { clusters: 9 }])),
    Number((0.05 / 8).toPrecision(9)),
  );
});

test.run();
