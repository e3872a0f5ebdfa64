// The fixed wordings of verdicts and p-values, for report and terminal alike. Nobody's adjectives: no "trend", no "no
// effect", and a verdict always says that it is about what was sampled.
import type { PValue, Reason, Verdict } from './types.js';

const verdictWords = {
  supported: 'supported',
  refuted: 'refuted',
  inconclusive: 'inconclusive',
  invalid: 'invalid',
  'not-run': 'not run',
} as const satisfies Record<Verdict, string>;

const reasonWords = {
  shown: () => '',
  'margin-not-reached': () => 'the margin is not reached in what was sampled',
  'opposite-sign': () => 'the effect has the opposite sign in what was sampled',
  equivalent: () => 'within the margin in what was sampled',
  'not-equivalent': () => 'beyond the margin in what was sampled',
  'part-refuted': (name) => `${name} fails in what was sampled`,
  structural: () => 'structural: no path from the site to the metric',
  undecided: () => '',
  control: (name) => name,
  'no-behaviour': () => 'no behaviour to explain',
  'no-op': () => 'no-op: the writes changed nothing',
  'not-run': (name) => name,
  'undefined-values': (name) => `undefined values: ${name}`,
  'non-finite': (name) => `not finite: ${name}`,
  'too-few-clusters': (name) => `too few clusters: ${name}`,
  vacuous: (name) => `vacuous: ${name}`,
  'check-failed': (name) => `check failed: ${name}`,
} as const satisfies Record<Reason['kind'], (name: string) => string>;

/** `supported`, `refuted (within the margin in what was sampled)`, `inconclusive (direction)`, ... */
export function verdictText(verdict: Verdict, reason: Reason): string {
  const why = reasonWords[reason.kind]('name' in reason ? reason.name : '');
  return why === '' ? verdictWords[verdict] : `${verdictWords[verdict]} (${why})`;
}

/** `3/256 = 0.0117`; a p-value is never printed as 0. */
export function pText(p: PValue): string {
  return p.kind === 'count' ? `${p.c}/${p.n} = ${digits(p.c / p.n)}` : digits(p.value);
}

function digits(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** What no test on sampled clusters can see; printed beside refutations. */
export function sparseEffectText(clusters: number): string {
  const share = (count: number) => `${Math.min(100, Number(((100 * count) / clusters).toPrecision(2)))} %`;
  return (
    `An effect that lives in ${share(3)} of the ${clusters} clusters is missed in 5 % of samples whatever its size, ` +
    `and near the margin wrongly refuted up to 20 % of the time (in ${share(10)}: up to 9 %).`
  );
}
