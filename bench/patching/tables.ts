// The comparisons as tables: lines for the terminal, and Markdown between two markers of docs/benchmarks.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { bug } from '../../src/compiler/base/bug.js';
import { type Comparison, RIVALS, type RivalName, type RivalResult, type Spread } from './compare.js';
import { SWEEPS } from './sweeps.js';

const RIVAL_NAMES = Object.keys(RIVALS) as RivalName[]; // the table's own keys

export function linesOf(comparisons: readonly Comparison[]): readonly (readonly [string, string])[] {
  return comparisons.flatMap((one) => [
    [
      `${labelOf(one)}, ${SWEEPS[one.sweep].about}`,
      `eisc ${seconds(one.eisc.seconds)}, ${workOf(one)}`,
    ] as const,
    ...RIVAL_NAMES.map((name) => {
      const rival = one.rivals[name];
      return [
        `    ${RIVALS[name]}`,
        `${seconds(rival.seconds)}${markOf(rival)}, ${ratioText(rival)}`,
      ] as const;
    }),
  ]);
}

/** Four tables: times, work, cold starts, memory. */
export function markdownOf(comparisons: readonly Comparison[], about: string): string {
  const times = table(
    ['sweep', 'N', 'eisc', ...RIVAL_NAMES.map((name) => RIVALS[name]), 'largest difference'],
    comparisons.map((one) => [
      `${letterOf(one)} ${SWEEPS[one.sweep].about}`,
      promptsOf(one, comparisons),
      seconds(one.eisc.seconds),
      ...RIVAL_NAMES.map((name) => `${seconds(one.rivals[name].seconds)}${markOf(one.rivals[name])}`),
      Math.max(...RIVAL_NAMES.map((name) => one.rivals[name].largestDifference)).toExponential(0),
    ]),
  );
  const ratios = table(
    [
      'sweep',
      'N',
      'aim',
      ...RIVAL_NAMES.map((name) => `${RIVALS[name]} / eisc`),
      'processor time, the same',
      'load',
    ],
    comparisons.map((one) => [
      letterOf(one),
      promptsOf(one, comparisons),
      `${SWEEPS[one.sweep].aim}`,
      ...RIVAL_NAMES.map((name) => `${ratioText(one.rivals[name])}${markOf(one.rivals[name])}`),
      RIVAL_NAMES.map((name) => digits(one.rivals[name].cpuRatio.median)).join(' · '),
      one.load.toFixed(1),
    ]),
  );
  const work = table(
    ['sweep', 'N', 'a loop', 'done', 'needed', 'calls', 'rate', 'best product', 'share'],
    comparisons.map((one) => [
      letterOf(one),
      promptsOf(one, comparisons),
      gigaflops(one.eisc.plan.loopGigaflops),
      gigaflops(one.eisc.plan.gigaflops),
      gigaflops(one.neededGigaflops),
      `${one.eisc.plan.calls}`,
      `${Math.round(rateOf(one))}`,
      `${Math.round(one.peakGigaflopsPerSecond)}`,
      percent(rateOf(one) / one.peakGigaflopsPerSecond),
    ]),
  );
  const cold = table(
    [
      'sweep',
      'N',
      'eisc, all members',
      ...RIVAL_NAMES.map((name) => `${RIVALS[name]}: first member · all`),
      'peak memory',
    ],
    comparisons.map((one) => [
      letterOf(one),
      promptsOf(one, comparisons),
      text(one.eisc.creationSeconds),
      ...RIVAL_NAMES.map((name) => coldText(one.rivals[name])),
      [one.eisc, ...RIVAL_NAMES.map((name) => one.rivals[name])]
        .map(({ peakMegabytes }) => (peakMegabytes / 1024).toFixed(1))
        .join(' · '),
    ]),
  );
  const [first] = comparisons;
  const versions =
    first === undefined ? [] : [first.eisc.version, ...RIVAL_NAMES.map((name) => first.rivals[name].version)];
  return `${about}

${[...new Set(versions)].join('; ')}; two threads each.

Warm: models loaded and sessions created. Seconds, median (least to most) over rounds in which all take turns.

${times}

${COLUMNS.extrapolated}

${ratios}

Operations in GFLOP, rates in GFLOP/s. ${COLUMNS.work}

${work}

From the start of the process, in seconds: ${COLUMNS.cold}

${cold}`;
}

const COLUMNS = {
  extrapolated:
    'ᵉ extrapolated from one random member of each layer, drawn anew in each round. Ratios are taken round by round.',
  work: "A loop runs the whole model once for each member and prompt. Needed: a lower bound, matrix products only. The rate is what eisc does in its whole run; the best product is the backend's, measured before and after.",
  cold: 'checking, planning, loading, sessions and one run for eisc; imports, loading and the run for the rivals. Peak memory in GB: eisc · the rivals in the order of the columns.',
} as const;

/** Replaces what stands between the markers. */
export function writeBetweenMarkers(path: string, name: string, markdown: string): void {
  const whole = readFileSync(path, 'utf8');
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const from = whole.indexOf(open);
  const to = whole.indexOf(close);
  if (from < 0 || to < from) bug(`${path} has no place between ${open} and ${close}`);
  writeFileSync(path, `${whole.slice(0, from + open.length)}\n${markdown}\n${whole.slice(to)}`);
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

/** With the number of tokens where it is not the same throughout. */
function promptsOf({ prompts, tokens }: Comparison, all: readonly Comparison[]): string {
  return all.every((one) => one.tokens === tokens) ? `${prompts}` : `${prompts} of ${tokens}`;
}

function labelOf(one: Comparison): string {
  return `(${letterOf(one)}) N = ${one.prompts} of ${one.tokens} tokens`;
}

export function letterOf({ sweep }: Pick<Comparison, 'sweep'>): string {
  switch (sweep) {
    case 'a-all':
      return "a'";
    case 'd-mlps':
      return "d'";
    case 'a':
    case 'b':
    case 'c':
    case 'd':
      return sweep;
  }
}

function workOf(one: Comparison): string {
  const { plan } = one.eisc;
  const share = percent(rateOf(one) / one.peakGigaflopsPerSecond);
  return `${gigaflops(plan.gigaflops)} GFLOP of ${gigaflops(plan.loopGigaflops)} (needed ${gigaflops(one.neededGigaflops)}), ${Math.round(rateOf(one))} GFLOP/s: ${share} of the product's`;
}

function rateOf({ eisc }: Comparison): number {
  return eisc.plan.gigaflops / eisc.seconds.median;
}

function coldText(rival: RivalResult): string {
  return `${text(rival.firstResultSeconds)} · ${text(rival.creationSeconds + rival.seconds.median)}${markOf(rival)}`;
}

function markOf({ extrapolated }: RivalResult): string {
  return extrapolated ? 'ᵉ' : '';
}

function ratioText({ ratio }: RivalResult): string {
  return `${digits(ratio.median)}× (${digits(ratio.least)} to ${digits(ratio.most)})`;
}

function seconds({ median, least, most }: Spread): string {
  return `${text(median)} (${text(least)} to ${text(most)})`;
}

function text(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(2);
}

function gigaflops(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(2);
}

export function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
