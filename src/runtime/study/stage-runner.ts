// Runs stages in the order in which they need each other: what is pooled first, then what reads it. Each stage runs once.
import { bug } from '../../compiler/base/bug.js';
import type { Pool, Stage } from '../../compiler/check/stage.js';
import { programOf } from '../../compiler/plan/stage-program.js';
import type { Backend } from '../backend/backend.js';
import type { HostTensor } from '../backend/host-tensor.js';
import { executeStage, type StageCounts, type StageResult } from '../execute/execute-stage.js';
import { type PooledValue, pooledOf } from '../execute/pooled.js';
import type { Store } from '../store/cas.js';
import type { OutputValues, StageNumbers } from './collect.js';
import type { Drawn, RowBook } from './rows.js';

export type Progress = {
  readonly doneCalls: number;
  readonly totalCalls: number;
  readonly rows: number;
  readonly flops: number;
  readonly cachedCalls: number;
};

export type RunnerRequest = {
  readonly pools: readonly Pool[];
  readonly rows: RowBook;
  readonly backend: Backend;
  readonly lookupWeight: (digest: string) => HostTensor;
  readonly memoryBytes: number;
  readonly batch: number | undefined;
  readonly skip: readonly string[];
  readonly store: Store | null;
  /** Root of what controls draw. */
  readonly root: string;
  readonly signal: AbortSignal;
  readonly onProgress: (stage: Stage, progress: Progress) => void;
};

export class StageRunner {
  readonly #request: RunnerRequest;
  readonly #results = new Map<Stage, Promise<StageResult>>();
  readonly #settled = new Map<Stage, StageResult>();
  readonly #pools = new Map<number, PooledValue>();
  counts: StageCounts = noCounts;

  constructor(request: RunnerRequest) {
    this.#request = request;
  }

  run(stage: Stage): Promise<StageResult> {
    const known = this.#results.get(stage);
    if (known !== undefined) return known;
    const made = this.#execute(stage);
    this.#results.set(stage, made);
    return made;
  }

  /** The numbers of a stage that has run. */
  numbers(stage: Stage): StageNumbers {
    const result = this.#settled.get(stage) ?? bug(`the stage ${stage.key} has not run`);
    const rows = this.#request.rows.rows(stage.data, stage.split);
    return {
      rows,
      output: (name): OutputValues => {
        const found = result.outputs.get(name) ?? bug(`the stage ${stage.key} has no output ${name}`);
        return { rows: rows.rows, values: found.values };
      },
    };
  }

  async #execute(stage: Stage): Promise<StageResult> {
    const { pools, rows, ...env } = this.#request;
    const drawNames = new Set<string>();
    for (const { spec } of stage.inputs.values()) {
      if (spec.kind === 'pooled' || spec.kind === 'cluster-pooled') {
        const pool = pools.find((one) => one.id === spec.pool) ?? bug(`no pool ${spec.pool}`);
        await this.#pool(pool);
      }
      if ('rows' in spec && spec.rows.draw !== null) drawNames.add(spec.rows.draw);
    }
    const target = rows.rows(stage.data, stage.split);
    const drawn = new Map<string, Drawn>();
    for (const name of drawNames) drawn.set(name, rows.draw(name, stage.data, target));
    const program = programOf(stage, { skip: env.skip });
    const result = await executeStage(program, {
      rows: target,
      drawn,
      pools: this.#pools,
      lookupWeight: env.lookupWeight,
      backend: env.backend,
      memoryBytes: env.memoryBytes,
      ...(env.batch === undefined ? {} : { batch: env.batch }),
      skip: env.skip,
      store: env.store,
      root: env.root,
      signal: env.signal,
      onProgress: (progress) => env.onProgress(stage, progress),
    });
    this.#settled.set(stage, result);
    this.counts = addCounts(this.counts, result.counts);
    return result;
  }

  async #pool(pool: Pool): Promise<void> {
    if (this.#pools.has(pool.id)) return;
    const result = await this.run(pool.stage);
    if (this.#pools.has(pool.id)) return;
    this.#pools.set(
      pool.id,
      pooledOf(pool, result, this.#request.rows.rows(pool.stage.data, pool.stage.split)),
    );
  }
}

export const noCounts: StageCounts = {
  calls: 0,
  cachedCalls: 0,
  rows: 0,
  executions: 0,
  flops: 0,
  peakBytes: 0,
  keys: [],
};

export function addCounts(counts: StageCounts, more: StageCounts): StageCounts {
  return {
    calls: counts.calls + more.calls,
    cachedCalls: counts.cachedCalls + more.cachedCalls,
    rows: counts.rows + more.rows,
    executions: counts.executions + more.executions,
    flops: counts.flops + more.flops,
    peakBytes: Math.max(counts.peakBytes, more.peakBytes),
    keys: [...counts.keys, ...more.keys],
  };
}

/** Calls that did not come from the store. */
export function computedCalls({ calls, cachedCalls }: StageCounts): number {
  return calls - cachedCalls;
}

/** Every stage that stages need, in an order in which they can run. */
export function stagesNeeded(stages: readonly Stage[], pools: readonly Pool[]): readonly Stage[] {
  const seen = new Set<Stage>();
  const order: Stage[] = [];
  const visit = (stage: Stage): void => {
    if (seen.has(stage)) return;
    seen.add(stage);
    for (const { spec } of stage.inputs.values()) {
      if (spec.kind !== 'pooled' && spec.kind !== 'cluster-pooled') continue;
      const pool = pools.find((one) => one.id === spec.pool);
      if (pool !== undefined) visit(pool.stage);
    }
    order.push(stage);
  };
  for (const stage of stages) visit(stage);
  return order;
}
