// K2: simulated error rates of whole families, every mean exactly at its margin, counted per direction: for a joint `each`
// any decided member is wrong; for a single claim "supported" and "refuted" are each wrong in alpha of the runs.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { binomialCdf } from '../../src/runtime/stats/distributions.js';
import { normal } from '../../src/runtime/stats/normal.js';
import { streamKey } from '../../src/runtime/stats/rng.js';
import type { CorrectionName, FamilyDecision, Verdict } from '../../src/runtime/stats/types.js';
import { decideFamily } from '../../src/runtime/stats/verdict.js';
import { claim, family, meanPart, member } from './synthetic.js';
import { zeroRoot } from './vectors.js';

const test = suite('simulation');
const runs = 2_000;
const margin = 0.05;

interface Setting {
  readonly name: string;
  readonly members: number;
  readonly clusters: number;
  /** Correlation of members over clusters. */
  readonly rho: number;
  /** Added to the mean of the first members, in standard deviations. */
  readonly planted: { readonly members: number; readonly by: number };
}

/** One family of normal members whose means are at the margin, except the planted ones. */
function simulate(setting: Setting, run: number, correction: CorrectionName): FamilyDecision {
  const { members, clusters, rho, planted } = setting;
  const key = streamKey(zeroRoot, `simulation/${setting.name}/${run}`);
  const shared = Array.from({ length: clusters }, (_, cluster) => Math.sqrt(rho) * normal(key, cluster));
  const own = Math.sqrt(1 - rho);
  const data = Array.from({ length: members }, (_, index) =>
    Float64Array.from({ length: clusters }, (_v, cluster) => {
      const shift = index < planted.members ? planted.by : 0;
      return margin + shift + (shared[cluster] ?? 0) + own * normal(key, cluster, index + 1);
    }),
  );
  const asserted = data.map((x, index) => member(`m${index}`, [meanPart(x, margin)]));
  const claims =
    members === 1
      ? [claim('one', { kind: 'single' }, asserted)]
      : [claim('each', { kind: 'each' }, asserted)];
  return decideFamily(
    family(correction, claims, { flipPlan: { root: zeroRoot, path: `simulation/${run}/flips`, flips: 199 } }),
  );
}

function verdicts(decided: FamilyDecision): Verdict[] {
  return decided.claims.flatMap(({ decision, members }) =>
    decision === null ? members.map((one) => one.decision?.verdict ?? 'invalid') : [decision.verdict],
  );
}

/** Both tails of the binomial at .05 are at least .0005. */
function insideBand(errors: number): boolean {
  return binomialCdf(errors, runs, 0.05) >= 0.0005 && notTooMany(errors);
}

function notTooMany(errors: number): boolean {
  return 1 - binomialCdf(errors - 1, runs, 0.05) >= 0.0005;
}

const nothing = { members: 0, by: 0 };

for (const rho of [0, 0.5]) {
  test(`joint each over 16 members, rho ${rho}: any decided member, at alpha`, () => {
    const setting = { name: `joint-${rho}`, members: 16, clusters: 20, rho, planted: nothing };
    let wrong = 0;
    for (let run = 0; run < runs; run++)
      if (verdicts(simulate(setting, run, 'max_t')).some((verdict) => verdict !== 'inconclusive')) wrong += 1;
    assert.ok(insideBand(wrong), `${wrong} of ${runs}`);
  });
}

test('joint each with planted members: a wrong verdict about the others, at most alpha', () => {
  const setting = { name: 'planted', members: 16, clusters: 20, rho: 0.5, planted: { members: 6, by: 1.5 } };
  let wrong = 0;
  let found = 0;
  for (let run = 0; run < runs; run++) {
    const all = verdicts(simulate(setting, run, 'max_t'));
    if (all.some((verdict, index) => (index < 6 ? verdict === 'refuted' : verdict !== 'inconclusive')))
      wrong += 1;
    found += all.slice(0, 6).filter((verdict) => verdict === 'supported').length / 6;
  }
  assert.ok(notTooMany(wrong), `${wrong} of ${runs}`);
  assert.ok(found / runs > 0.9, `power ${found / runs}`);
});

test('a single claim: supported in alpha of the runs, refuted in alpha of the runs', () => {
  const setting = { name: 'single', members: 1, clusters: 20, rho: 0, planted: nothing };
  const count = { supported: 0, refuted: 0 };
  for (let run = 0; run < runs; run++) {
    const [verdict] = verdicts(simulate(setting, run, 'max_t'));
    if (verdict === 'supported') count.supported += 1;
    if (verdict === 'refuted') count.refuted += 1;
  }
  assert.ok(insideBand(count.supported), `supported ${count.supported} of ${runs}`);
  assert.ok(insideBand(count.refuted), `refuted ${count.refuted} of ${runs}`);
});

test('holm over 16 members: wrongly supported and wrongly refuted, each at most alpha', () => {
  const setting = { name: 'holm', members: 16, clusters: 20, rho: 0.5, planted: nothing };
  const count = { supported: 0, refuted: 0 };
  for (let run = 0; run < runs; run++) {
    const all = verdicts(simulate(setting, run, 'holm'));
    if (all.includes('supported')) count.supported += 1;
    if (all.includes('refuted')) count.refuted += 1;
  }
  assert.ok(notTooMany(count.supported), `supported ${count.supported} of ${runs}`);
  assert.ok(notTooMany(count.refuted), `refuted ${count.refuted} of ${runs}`);
});

test('a raw p instead of an adjusted one would be far outside the band', () => {
  const setting = { name: 'joint-0.5', members: 16, clusters: 20, rho: 0.5, planted: nothing };
  let wrong = 0;
  for (let run = 0; run < 400; run++) {
    const members = simulate(setting, run, 'max_t').claims[0]?.members ?? [];
    if (members.some(({ raw: { support: p } }) => p.kind === 'count' && p.c * 20 <= p.n)) wrong += 1;
  }
  assert.ok(wrong > 80, `${wrong} of 400`);
});

test.run();
