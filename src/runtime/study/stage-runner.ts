// Runs stages in the order in which they need each other: what is pooled first, then what reads it. Each stage runs once.
import { bug } from '../../compiler/base/bug.js';
import type { Pool, Stage } from '../../compiler/check/stage.js';
import { programOf, type StageProgram } from '../../compiler/plan/stage-program.js';
import type { Backend } from '../backend/backend.js';
import type { HostTensor } from '../backend/host-tensor.js';
import { executeStage, type StageCounts, type StageResult } from '../execute/execute-stage.js';
import { type PooledValue, pooledOf } from '../execute/pooled.js';
import { besideOf, type StageRows } from '../execute/stage-rows.js';
import type { Store } from '../store/cas.js';
import type { OutputValues, StageNumbers } from './collect.js';
import { noSuchPosition } from './messages.js';
import { type PositionNeed, positionNeeds } from './position-needs.js';
import type { Drawn, RowBook } from './rows.js';
import { RunFailed } from './run-failed.js';

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
  readonly #programs = new Map<Stage, StageProgram>();
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

  /** What runs for a stage. Kept until it has run. */
  program(stage: Stage): StageProgram {
    const known = this.#programs.get(stage) ?? programOf(stage, { skip: this.#request.skip });
    this.#programs.set(stage, known);
    return known;
  }

  /** Throws a RunFailed where the stage reads a position of every row that a row does not have. */
  requirePositions(stage: Stage): void {
    requirePositions(positionNeeds(this.program(stage)), this.#rowsOf(stage), nameOf(stage));
  }

  #rowsOf(stage: Stage): StageRows {
    const { rows } = this.#request;
    const target = rows.rows(stage.data, stage.split);
    const drawn = new Map<string, Drawn>();
    for (const { spec } of stage.inputs.values()) {
      if (!('rows' in spec) || spec.rows.draw === null || drawn.has(spec.rows.draw)) continue;
      drawn.set(spec.rows.draw, rows.draw(spec.rows.draw, stage.data, target));
    }
    return { rows: target, drawn };
  }

  async #execute(stage: Stage): Promise<StageResult> {
    const { pools, rows: _, ...env } = this.#request;
    for (const { spec } of stage.inputs.values()) {
      if (spec.kind !== 'pooled' && spec.kind !== 'cluster-pooled') continue;
      await this.#pool(pools.find((one) => one.id === spec.pool) ?? bug(`no pool ${spec.pool}`));
    }
    const { rows, drawn } = this.#rowsOf(stage);
    const program = this.program(stage);
    requirePositions(positionNeeds(program), { rows, drawn }, nameOf(stage));
    const result = await executeStage(program, {
      rows,
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
    this.#programs.delete(stage);
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

/** Throws a RunFailed where a row does not have a position that is read of every row. `name` is that of the rows. */
export function requirePositions(needs: readonly PositionNeed[], rows: StageRows, name: string): void {
  for (const need of needs) {
    const { columns, rowOf } = besideOf(rows, need.rows);
    let shortest = Number.POSITIVE_INFINITY;
    for (let row = 0; row < rows.rows.rows; row++)
      shortest = Math.min(shortest, columns.lengths[rowOf(row)] ?? 0);
    if (shortest < need.length) throw new RunFailed([noSuchPosition(name, need.index, shortest)]);
  }
}

function nameOf({ data, split }: Stage): string {
  return `${data.declared}.${split}`;
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
