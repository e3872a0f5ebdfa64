// Simulated error rates of the decision rules, printed as a Markdown table. Every mean is at its margin unless said, so each
// decided conclusion is an error. Run it outside the tests: `npx tsx docs/calibration/simulate.ts [scale] [name]`; scale 1
// (the default) is the table in README.md, and the same scale gives the same numbers on every machine.

import { atMost, decimalFraction, fractionOf } from '../../src/compiler/correction/fraction.js';
import { binomialCdf } from '../../src/runtime/stats/distributions.js';
import { drawFlips } from '../../src/runtime/stats/flips.js';
import { maxT } from '../../src/runtime/stats/max-t.js';
import { normal } from '../../src/runtime/stats/normal.js';
import { type StreamKey, streamKey, uniform01 } from '../../src/runtime/stats/rng.js';
import { centred } from '../../src/runtime/stats/single.js';
import type { Claim, CorrectionName, Direction, Part, Verdict } from '../../src/runtime/stats/types.js';
import { decideFamily } from '../../src/runtime/stats/verdict.js';

const root = '0'.repeat(64);
const rate = decimalFraction('0.05');
const margin = 0.05;

type Law = 'normal' | 'exponential' | 'sparse';

interface Setting {
  readonly members: number;
  readonly clusters: number;
  readonly rho: number;
  readonly law: Law;
}

/** What happened in one run, by the name of the count it adds to. */
type Outcome = readonly string[];

interface Design {
  readonly name: string;
  readonly runs: number;
  readonly counts: readonly { readonly name: string; readonly expect: 'exact' | 'at-most' | 'shown' }[];
  readonly run: (run: number) => Outcome;
}

/** Cluster values with mean 0 and (normal, exponential) variance 1; the shared term makes members correlated. */
function noise({ members, clusters, rho, law }: Setting, key: StreamKey): Float64Array[] {
  const draw = (cluster: number, member: number): number => {
    switch (law) {
      case 'normal':
        return normal(key, cluster, member);
      case 'exponential':
        return -Math.log(1 - uniform01(key, cluster, member)) - 1;
      case 'sparse': // an effect in 5 % of the clusters, little noise elsewhere, mean 0 after centring
        return (
          (uniform01(key, cluster, member + 100_000) < 0.05 ? 1 : 0) -
          0.05 +
          0.01 * normal(key, cluster, member)
        );
    }
  };
  const shared = Array.from({ length: clusters }, (_, cluster) => Math.sqrt(rho) * draw(cluster, 0));
  return Array.from({ length: members }, (_, member) =>
    Float64Array.from(
      { length: clusters },
      (_v, cluster) => (shared[cluster] ?? 0) + Math.sqrt(1 - rho) * draw(cluster, member + 1),
    ),
  );
}

function meanPart(values: Float64Array, direction: Direction = 'above'): Part {
  return { kind: 'mean', name: 'mean', direction, margin, x: { clusters: 'c', values } };
}

function claimOf(parts: readonly Part[]): Claim {
  return {
    id: 'claim',
    quantifier: { kind: parts.length === 1 ? 'single' : 'each' },
    members: parts.map((part, index) => ({
      id: `m${index}`,
      state: { kind: 'measured', parts: [part], gates: [] },
    })),
    gates: [],
    block: 'members',
  };
}

interface Decided {
  readonly correction: CorrectionName;
  readonly flips: number;
  readonly stream: string;
}

function verdicts(parts: readonly Part[], { correction, flips, stream }: Decided): Verdict[] {
  const flipPlan = { root, path: `${stream}/flips`, flips };
  const { claims } = decideFamily({ correction, rate: '0.05', flipPlan, claims: [claimOf(parts)] });
  return claims.flatMap(({ decision, members }) =>
    decision === null ? members.map((one) => one.decision?.verdict ?? 'invalid') : [decision.verdict],
  );
}

const shift = (values: Float64Array, by: number) => values.map((value) => value + by);

function label({ members, clusters, rho, law }: Setting): string {
  return `m ${members}, G ${clusters}, rho ${rho}${law === 'normal' ? '' : `, ${law}`}`;
}

/** All means at the margin; any decided member is wrong. */
function jointDesign(setting: Setting, runs: number, expect: 'exact' | 'shown' = 'exact'): Design {
  const name = `joint each (max_t), ${label(setting)}`;
  return {
    name,
    runs,
    counts: [{ name: 'any decided', expect }],
    run: (run) => {
      const stream = `${name}/${run}`;
      const data = noise(setting, streamKey(root, stream)).map((x) => meanPart(shift(x, margin)));
      const all = verdicts(data, { correction: 'max_t', flips: 999, stream });
      return all.some((verdict) => verdict !== 'inconclusive') ? ['any decided'] : [];
    },
  };
}

/** A third far above, a third at the margin, a third far below: only the middle ones can be wrong for both reasons. */
function mixedDesign(setting: Setting, runs: number): Design {
  const name = `joint each, a third at +1 sd, at the margin, at -1 sd, ${label(setting)}`;
  return {
    name,
    runs,
    counts: [{ name: 'any wrong', expect: 'at-most' }],
    run: (run) => {
      const stream = `${name}/${run}`;
      const places = [1, 0, -1];
      const data = noise(setting, streamKey(root, stream)).map((x, index) =>
        meanPart(shift(x, margin + (places[index % 3] ?? 0))),
      );
      const all = verdicts(data, { correction: 'max_t', flips: 999, stream });
      const right: readonly Verdict[] = ['supported', 'inconclusive', 'refuted'];
      return all.some((verdict, index) => verdict !== 'inconclusive' && verdict !== right[index % 3])
        ? ['any wrong']
        : [];
    },
  };
}

function singleDesign(setting: Setting, runs: number, expect: 'exact' | 'shown' = 'exact'): Design {
  const name = `single claim, ${label(setting)}`;
  return {
    name,
    runs,
    counts: [
      { name: 'supported', expect },
      { name: 'refuted', expect },
    ],
    run: (run) => {
      const stream = `${name}/${run}`;
      const data = noise(setting, streamKey(root, stream)).map((x) => meanPart(shift(x, margin)));
      return verdicts(data, { correction: 'max_t', flips: 999, stream });
    },
  };
}

function vectorDesign(correction: CorrectionName, setting: Setting, runs: number): Design {
  const name = `each (${correction}), ${label(setting)}`;
  return {
    name,
    runs,
    counts: [
      { name: 'supported', expect: 'at-most' },
      { name: 'refuted', expect: 'at-most' },
    ],
    run: (run) => {
      const stream = `${name}/${run}`;
      const data = noise(setting, streamKey(root, stream)).map((x) => meanPart(shift(x, margin)));
      return [...new Set(verdicts(data, { correction, flips: 9_999, stream }))];
    },
  };
}

/** Equivalences whose means sit at the upper margin: each supported one is wrong. */
function equivalenceDesign(correction: CorrectionName, setting: Setting, runs: number): Design {
  const name = `equivalences at the margin (${correction}), ${label(setting)}`;
  return {
    name,
    runs,
    counts: [{ name: 'any supported', expect: 'at-most' }],
    run: (run) => {
      const stream = `${name}/${run}`;
      const parts = noise(setting, streamKey(root, stream)).map(
        (x): Part => ({
          kind: 'abs-mean',
          name: 'abs',
          direction: 'below',
          margin: 1,
          x: { clusters: 'c', values: shift(x, 1) },
        }),
      );
      return verdicts(parts, { correction, flips: 1_999, stream }).includes('supported')
        ? ['any supported']
        : [];
    },
  };
}

/** What the joint family prevents: two max-T families, one a direction, each at the full rate. */
function separateDesign(setting: Setting, runs: number): Design {
  const name = `not offered: two max-T families, one a direction, ${label(setting)}`;
  return {
    name,
    runs,
    counts: [{ name: 'any decided', expect: 'shown' }],
    run: (run) => {
      const stream = `${name}/${run}`;
      const flips = drawFlips({ clusters: setting.clusters, random: 999, root, path: `${stream}/flips` });
      const data = noise(setting, streamKey(root, stream)).map((x) => centred(x, 0));
      const decided = (['plus', 'minus'] as const).some((side) => {
        const { stepDown } = maxT(data.map((x) => ({ x, flips, side })));
        return stepDown.some((c) => atMost(fractionOf({ c, n: flips.count }), rate));
      });
      return decided ? ['any decided'] : [];
    },
  };
}

const at = (members: number, clusters: number, rho: number, law: Law = 'normal'): Setting => ({
  members,
  clusters,
  rho,
  law,
});

const designs: readonly Design[] = [
  jointDesign(at(8, 16, 0), 600),
  jointDesign(at(8, 16, 0.5), 600),
  jointDesign(at(8, 32, 0.5), 2_000),
  jointDesign(at(8, 300, 0.5), 2_000),
  jointDesign(at(16, 20, 0.5), 2_000),
  jointDesign(at(144, 20, 0), 2_000),
  jointDesign(at(144, 32, 0), 2_000),
  jointDesign(at(144, 32, 0.5), 2_000),
  jointDesign(at(144, 300, 0.5), 1_000),
  mixedDesign(at(8, 32, 0.5), 2_000),
  mixedDesign(at(144, 32, 0.5), 1_000),
  singleDesign(at(1, 20, 0), 2_000),
  singleDesign(at(1, 300, 0), 2_000),
  vectorDesign('holm', at(8, 32, 0.5), 1_000),
  vectorDesign('by', at(8, 32, 0.5), 1_000),
  equivalenceDesign('max_t', at(20, 30, 0.5), 1_000),
  equivalenceDesign('holm', at(20, 30, 0.5), 1_000),
  separateDesign(at(8, 32, 0), 2_000),
  separateDesign(at(144, 32, 0.5), 1_000),
  jointDesign(at(8, 20, 0.5, 'exponential'), 2_000, 'shown'),
  jointDesign(at(144, 32, 0.5, 'exponential'), 1_000, 'shown'),
  singleDesign(at(1, 20, 0, 'exponential'), 2_000, 'shown'),
  singleDesign(at(1, 20, 0, 'sparse'), 2_000, 'shown'),
  singleDesign(at(1, 50, 0, 'sparse'), 2_000, 'shown'),
];

/** Smallest and largest count with at least .0005 of the binomial at .05 on its own side. */
function band(runs: number): { readonly low: number; readonly high: number } {
  let low = 0;
  while (binomialCdf(low, runs, 0.05) < 0.0005) low += 1;
  let high = runs;
  while (1 - binomialCdf(high - 1, runs, 0.05) < 0.0005) high -= 1;
  return { low, high };
}

function judge(count: number, runs: number, expect: 'exact' | 'at-most' | 'shown'): string {
  const { low, high } = band(runs);
  if (expect === 'shown') return 'shown, not required';
  const inside = count <= high && (expect === 'at-most' || count >= low);
  return `${inside ? 'inside' : 'OUTSIDE'} ${expect === 'exact' ? `${low} to ${high}` : `at most ${high}`}`;
}

const [scaleText = '1', filter = ''] = process.argv.slice(2);
const scale = Number(scaleText);
console.log('| design | runs | counted | count | rate | band |');
console.log('|---|---|---|---|---|---|');
for (const { name, runs: full, counts, run } of designs) {
  if (!name.includes(filter)) continue;
  const runs = Math.max(1, Math.round(full * scale));
  const tally = new Map<string, number>();
  for (let index = 0; index < runs; index++)
    for (const outcome of run(index)) tally.set(outcome, (tally.get(outcome) ?? 0) + 1);
  for (const { name: counted, expect } of counts) {
    const count = tally.get(counted) ?? 0;
    console.log(
      `| ${name} | ${runs} | ${counted} | ${count} | ${(count / runs).toFixed(3)} | ${judge(count, runs, expect)} |`,
    );
  }
}
