// eisc as a contestant: opens the pipeline of a sweep as `eisc run` does, plans it, and then runs its stages as often as it is asked
// to with sessions kept. Started as `eisc-side.ts FOLDER`, where the pipeline is `sweep.eis`.
import { createInterface } from 'node:readline';
import { bug } from '../../src/compiler/base/bug.js';
import { renderDiagnostic } from '../../src/compiler/base/render.js';
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
  const shown = new Set(views.flatMap((view) => view.metrics.map((one) => one.stage)));
  const [stage] = shown;
  if (stage === undefined || shown.size !== 1) return bug('a sweep is one stage');
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
  const membersOf = stage.contexts.map((one) => one.members.members.length);
  const costs = [...programs].map(
    ([one, program]) =>
      costOf(program, {
        lengths: lengthsOf(program, envOf(one, new Map())),
        memoryBytes: MEMORY_BYTES / backend.capabilities.parallelRuns,
        batch: null,
        skip,
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
      members: Math.max(...membersOf),
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
      values: valuesOf(result, rows.tokens.length),
      peakMegabytes: process.resourceUsage().maxRSS / 1024,
    } satisfies Ran);
  }
  await backend.dispose();
}

function valuesOf({ outputs }: StageResult, prompts: number): readonly (readonly number[])[] {
  const [output] = [...outputs.values()].filter((one) => one.byMember);
  if (output === undefined || outputs.size !== 1) return bug(`a sweep has one output, not ${outputs.size}`);
  const [members = 0] = output.dims;
  return Array.from({ length: members }, (_, member) =>
    Array.from(output.values.subarray(member * prompts, (member + 1) * prompts)),
  );
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
