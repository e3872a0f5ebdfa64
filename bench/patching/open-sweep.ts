// The pipeline of a sweep, opened and planned as `eisc run` does, with a way to run it on a backend.
import { bug } from '../../src/compiler/base/bug.js';
import { renderDiagnostic } from '../../src/compiler/base/render.js';
import type { ViewMetric } from '../../src/compiler/check/claim-spec.js';
import type { Stage } from '../../src/compiler/check/stage.js';
import { type Cost, costOf } from '../../src/compiler/plan/cost.js';
import { programOf, type StageProgram } from '../../src/compiler/plan/stage-program.js';
import type { Backend } from '../../src/runtime/backend/backend.js';
import { type ExecuteEnv, executeStage, type StageResult } from '../../src/runtime/execute/execute-stage.js';
import { type PooledValue, pooledOf } from '../../src/runtime/execute/pooled.js';
import { lengthsOf } from '../../src/runtime/execute/stage-lengths.js';
import { realHost } from '../../src/runtime/host.js';
import { openStudy } from '../../src/runtime/study/open-study.js';
import { RowBook } from '../../src/runtime/study/rows.js';

/** As `eisc run` has it where nothing is said. */
const MEMORY_BYTES = 2e9;

export type OpenSweep = {
  readonly metric: ViewMetric;
  readonly stage: Stage;
  readonly book: RowBook;
  readonly checkSeconds: number;
  readonly planSeconds: number;
  costs(backend: Backend): readonly Cost[];
  /** What the sweep's own stage gives; the stages that it reads run before it. */
  run(backend: Backend): Promise<StageResult>;
};

/** `folder` holds `sweep.eis`; `EISC_BENCH_SKIP` names passes to leave out. */
export async function openSweep(folder: string): Promise<OpenSweep> {
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
  const envOf = (one: Stage, pools: ExecuteEnv['pools'], backend: Backend): ExecuteEnv => ({
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
  return {
    metric,
    stage,
    book,
    checkSeconds: (checked - from) / 1000,
    planSeconds: (planned - checked) / 1000,
    costs: (backend) => {
      const { parallelRuns } = backend.capabilities;
      return [...programs].map(
        ([one, program]) =>
          costOf(program, {
            lengths: lengthsOf(program, envOf(one, new Map(), backend)),
            memoryBytes: MEMORY_BYTES / parallelRuns,
            batch: null,
            skip,
            parallelRuns,
            times: () => 1,
          }).cost,
      );
    },
    run: async (backend) => {
      const pools = new Map<number, PooledValue>();
      for (const [one, program] of programs) {
        const result = await executeStage(program, envOf(one, pools, backend));
        if (one === stage) return result;
        for (const pool of stages.pools)
          if (pool.stage === one) pools.set(pool.id, pooledOf(pool, result, book.rows(one.data, one.split)));
      }
      return bug('the stage of the sweep did not run');
    },
  };
}
