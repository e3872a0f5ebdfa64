// eisc as a contestant: opens the pipeline of a sweep as `eisc run` does, plans it, and then runs its stages as often as it is asked
// to with sessions kept. Started as `eisc-side.ts FOLDER`, where the pipeline is `sweep.eis`.
import { createInterface } from 'node:readline';
import { bug } from '../../src/compiler/base/bug.js';
import { renderDiagnostic } from '../../src/compiler/base/render.js';
import type { ViewMetric } from '../../src/compiler/check/claim-spec.js';
import type { Stage } from '../../src/compiler/check/stage.js';
import { costOf } from '../../src/compiler/plan/cost.js';
import { programOf, type StageProgram } from '../../src/compiler/plan/stage-program.js';
import { openBackend } from '../../src/runtime/backend/registry.js';
import { type ExecuteEnv, executeStage, type StageResult } from '../../src/runtime/execute/execute-stage.js';
import { type PooledValue, pooledOf } from '../../src/runtime/execute/pooled.js';
import { lengthsOf } from '../../src/runtime/execute/stage-lengths.js';
import { realHost } from '../../src/runtime/host.js';
import { openStudy } from '../../src/runtime/study/open-study.js';
import { RowBook } from '../../src/runtime/study/rows.js';
import { keepCompiled } from './keep-compiled.js';
import { plainRows } from './plain-rows.js';
import type { Ran, Ready } from './protocol.js';

/** As `eisc run` has it where nothing is said. */
const MEMORY_BYTES = 2e9;

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
  const from = performance.now();
  const study = await openStudy({
    host: realHost(),
    folder,
    file: 'sweep.eis',
    settings: new Map(),
    asLock: false,
    everything: false,
  });
  if (study.checked === null)
    throw new Error(study.diagnostics.map((one) => renderDiagnostic(one, study.sources)).join('\n'));
  const { stages, views } = study.checked;
  const checked = performance.now();
  const book = new RowBook(study.checked, study.compileHost.readDataBytes, null);
  book.expect(stages.stages.values());
  const metric = views[0]?.metrics[0] ?? bug('a sweep shows one metric');
  const { stage } = metric;
  const skip = (process.env.EISC_BENCH_SKIP ?? '').split(',').filter((one) => one !== '');
  const programs = new Map<Stage, StageProgram>();
  for (const one of [...stages.pools.map((pool) => pool.stage), stage])
    if (!programs.has(one)) programs.set(one, programOf(one, { skip }));
  const planned = performance.now();
  const backend = keepCompiled(await openBackend('ort:cpu'));
  const envOf = (one: Stage, pools: ExecuteEnv['pools']): ExecuteEnv => ({
    backend,
    lookupWeight: study.compileHost.lookupWeight,
    memoryBytes: MEMORY_BYTES,
    skip,
    store: null,
    rows: book.rows(one.data, one.split),
    drawn: new Map(),
    pools,
    root: study.digest,
  });
  const runAll = async (): Promise<StageResult> => {
    const pools = new Map<number, PooledValue>();
    for (const [one, program] of programs) {
      const result = await executeStage(program, envOf(one, pools));
      if (one === stage) return result;
      for (const pool of stages.pools)
        if (pool.stage === one) pools.set(pool.id, pooledOf(pool, result, book.rows(one.data, one.split)));
    }
    return bug('the stage of the sweep did not run');
  };
  const costs = [...programs].map(
    ([one, program]) =>
      costOf(program, {
        lengths: lengthsOf(program, envOf(one, new Map())),
        memoryBytes: MEMORY_BYTES / backend.capabilities.parallelRuns,
        batch: null,
        skip,
        parallelRuns: backend.capabilities.parallelRuns,
        times: () => 1,
      }).cost,
  );
  await runAll(); // sessions are created by the first run
  const rows = plainRows(book, stage);
  say({
    kind: 'ready',
    version: backend.version,
    creationSeconds: secondsSinceStart(),
    rows,
    plan: {
      members: metric.family.members.length,
      perLayer: metric.family.members.filter(([layer]) => layer === 0).length,
      calls: sum(costs, ({ calls }) => calls),
      gigaflops: sum(costs, ({ flops }) => flops) / 1e9,
      loopGigaflops: sum(costs, ({ loopFlops }) => loopFlops) / 1e9,
      peakMegabytes: Math.max(...costs.map(({ peakBytes }) => peakBytes)) / 1e6,
      planSeconds: (planned - checked) / 1000,
      checkSeconds: (checked - from) / 1000,
    },
  } satisfies EiscReady);
  for await (const _ of createInterface({ input: process.stdin })) {
    const cpu = process.cpuUsage();
    const start = performance.now();
    const result = await runAll();
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
