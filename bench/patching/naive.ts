// `npm run bench -- patching-naive`: every sweep as it is planned, against the plan that leaves every pass and choice out: each member
// and prompt runs the whole model.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PIPELINE } from '../../src/compiler/pass/pipeline.js';
import { PARTITION_CHOICES } from '../../src/compiler/plan/partition.js';
import { median } from '../measure.js';
import { Contestant } from './contestant.js';
import type { EiscReady } from './eisc-side.js';
import type { Ran } from './protocol.js';
import { pipelineOf, SWEEP_NAMES, SWEEPS, type SweepName } from './sweeps.js';
import { letterOf, table } from './tables.js';

const PROMPTS = 8;
const TOKENS = 15;
const ROUNDS = 3;
const EVERYTHING = [...PIPELINE.map(({ name }) => name), ...Object.keys(PARTITION_CHOICES)].join();

type Side = { readonly seconds: number; readonly gigaflops: number; readonly calls: number };
export type NaiveResult = {
  readonly sweep: SweepName;
  readonly planned: Side;
  readonly naive: Side;
  readonly largestDifference: number;
};

/** In turn, a round of each; medians. `model`: an expression of the language. */
export async function measureNaive(model: string): Promise<readonly NaiveResult[]> {
  const results: NaiveResult[] = [];
  for (const sweep of SWEEP_NAMES) results.push(await naiveOf(model, sweep));
  return results;
}

async function naiveOf(model: string, sweep: SweepName): Promise<NaiveResult> {
  const folder = mkdtempSync(join(tmpdir(), 'eisc-bench-naive-'));
  try {
    writeFileSync(join(folder, 'sweep.eis'), pipelineOf({ sweep, model, prompts: PROMPTS, tokens: TOKENS }));
    const args = ['--import', 'tsx', join(import.meta.dirname, 'eisc-side.ts'), folder];
    const start = (skip: string) =>
      Contestant.start<EiscReady>(process.execPath, args, { EISC_BENCH_SKIP: skip });
    const sides = [await start(''), await start(EVERYTHING)] as const;
    const laps: (readonly [Ran, Ran])[] = [];
    for (let round = 0; round < ROUNDS; round++)
      laps.push([await sides[0].run({ members: null }), await sides[1].run({ members: null })]);
    const sideOf = (at: 0 | 1): Side => ({
      seconds: median(laps.map((lap) => lap[at].memberSeconds)),
      gigaflops: sides[at].ready.plan.gigaflops,
      calls: sides[at].ready.plan.calls,
    });
    const differences = laps.map(([one, other]) => differenceOf(one, other));
    for (const one of sides) await one.end();
    return {
      sweep,
      planned: sideOf(0),
      naive: sideOf(1),
      largestDifference: Math.max(...differences),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function differenceOf(one: Ran, other: Ran): number {
  const differences = one.values.flatMap((prompts, member) =>
    prompts.map((value, prompt) => Math.abs(value - (other.values[member]?.[prompt] ?? Number.NaN))),
  );
  return differences.reduce((most, difference) => Math.max(most, difference), 0);
}

export function naiveLines(results: readonly NaiveResult[]): readonly (readonly [string, string])[] {
  return results.map(({ sweep, planned, naive, largestDifference }) => [
    `(${letterOf({ sweep })}) ${SWEEPS[sweep].about}`,
    `planned ${planned.seconds.toPrecision(3)} s, naive ${naive.seconds.toPrecision(3)} s: ${(naive.seconds / planned.seconds).toPrecision(3)} times; largest difference ${largestDifference.toExponential(0)}`,
  ]);
}

export function naiveTable(results: readonly NaiveResult[]): string {
  return `${PROMPTS} prompts of ${TOKENS} tokens, shapes of GPT-2 small; warm, medians of ${ROUNDS}. *Naive*: every pass and every choice of the planner left out.

${table(
  ['sweep', 'planned', 'naive', 'naive / planned', 'GFLOP', 'naive', 'calls', 'naive', 'largest difference'],
  results.map(({ sweep, planned, naive, largestDifference }) => [
    letterOf({ sweep }),
    `${planned.seconds.toPrecision(3)} s`,
    `${naive.seconds.toPrecision(3)} s`,
    (naive.seconds / planned.seconds).toPrecision(3),
    planned.gigaflops.toFixed(0),
    naive.gigaflops.toFixed(0),
    `${planned.calls}`,
    `${naive.calls}`,
    largestDifference.toExponential(0),
  ]),
)}`;
}
