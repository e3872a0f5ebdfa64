// eisc as a contestant: opens the pipeline of a sweep as `eisc run` does, plans it, and then runs its stages as often as it is asked
// to with sessions kept. Started as `eisc-side.ts FOLDER`, where the pipeline is `sweep.eis`.
import { createInterface } from 'node:readline';
import { bug } from '../../src/compiler/base/bug.js';
import type { ViewMetric } from '../../src/compiler/check/claim-spec.js';
import { openBackend } from '../../src/runtime/backend/registry.js';
import type { StageResult } from '../../src/runtime/execute/execute-stage.js';
import { keepCompiled } from './keep-compiled.js';
import { openSweep } from './open-sweep.js';
import { plainRows } from './plain-rows.js';
import type { Ran, Ready } from './protocol.js';

/** Beside what every contestant says: the rows, and what the plan does. */
export type EiscReady = Ready & {
  readonly rows: ReturnType<typeof plainRows>;
  readonly plan: {
    readonly members: number;
    /** Members of one layer. */
    readonly perLayer: number;
    readonly calls: number;
    readonly gigaflops: number;
    /** Of a loop that runs the whole model once for each member and prompt. */
    readonly loopGigaflops: number;
    readonly peakMegabytes: number;
    readonly planSeconds: number;
    readonly checkSeconds: number;
  };
};

async function main(folder: string): Promise<void> {
  const sweep = await openSweep(folder);
  const { metric, stage, book, checkSeconds, planSeconds } = sweep;
  const backend = keepCompiled(await openBackend('ort:cpu'));
  const costs = sweep.costs(backend);
  await sweep.run(backend); // sessions are created by the first run
  say({
    kind: 'ready',
    version: backend.version,
    creationSeconds: secondsSinceStart(),
    rows: plainRows(book, stage),
    plan: {
      members: metric.family.members.length,
      perLayer: metric.family.members.filter(([layer]) => layer === 0).length,
      calls: sum(costs, ({ calls }) => calls),
      gigaflops: sum(costs, ({ flops }) => flops) / 1e9,
      loopGigaflops: sum(costs, ({ loopFlops }) => loopFlops) / 1e9,
      peakMegabytes: Math.max(...costs.map(({ peakBytes }) => peakBytes)) / 1e6,
      planSeconds,
      checkSeconds,
    },
  } satisfies EiscReady);
  for await (const _ of createInterface({ input: process.stdin })) {
    const cpu = process.cpuUsage();
    const start = performance.now();
    const result = await sweep.run(backend);
    const memberSeconds = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    say({
      kind: 'ran',
      sharedSeconds: 0,
      memberSeconds,
      cpuSeconds: (user + system) / 1e6,
      values: valuesOf(metric, result),
      peakMegabytes: process.resourceUsage().maxRSS / 1024,
    } satisfies Ran);
  }
  await backend.dispose();
}

/** By member in the family's order: classes of members are outputs of their own. */
function valuesOf(metric: ViewMetric, { outputs }: StageResult): readonly (readonly number[])[] {
  const found = new Map<string, readonly number[]>();
  for (const { members, output, context } of metric.classes) {
    const { values } = outputs.get(output) ?? bug(`no output ${output}`);
    const prompts = context === null ? values.length : values.length / members.length;
    for (const [at, member] of members.entries()) {
      const from = context === null ? 0 : at * prompts;
      found.set(member.join(), Array.from(values.subarray(from, from + prompts)));
    }
  }
  return metric.family.members.map((member) => found.get(member.join()) ?? bug(`no values of ${member}`));
}

function say(what: object): void {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

function sum<T>(list: readonly T[], value: (item: T) => number): number {
  return list.reduce((total, item) => total + value(item), 0);
}

function secondsSinceStart(): number {
  return performance.now() / 1000; // its zero is the start of the process
}

await main(process.argv[2] ?? bug('no folder'));
