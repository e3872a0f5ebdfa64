// One stage of a plan: what was asked, what will run, what it costs.
import type { Stage, StageOutput } from '../check/stage.js';
import type { ModelValue } from '../check/value.js';
import { type Cost, costOf, type ProgramCost } from './cost.js';
import type { PassSaving } from './explain.js';
import type { RowLengths } from './row-lengths.js';
import type { StageProgram } from './stage-program.js';

export type PlanRequest = {
  /** Lengths of the rows that the stage will read, for every symbol of its program. */
  readonly lengthsOf: (stage: Stage, program: StageProgram) => RowLengths;
  /** For all calls that run at the same time. */
  readonly memoryBytes: number;
  readonly parallelRuns: number;
  readonly batch: number | null;
  readonly skip: readonly string[];
  /** Which outputs will be computed; absent: all. */
  readonly wanted?: (stage: Stage, output: StageOutput) => boolean;
  /** Also say what each pass saved. */
  readonly explain: boolean;
};

/** `about`: a search stands behind it that has not run; what it finds may cost more or less. */
export type Bound = 'exact' | 'about';
export type StageKind = 'pool' | 'search' | 'claims' | 'control' | 'views';

export type StagePlan = {
  /** As in `CheckedFile.stages`. */
  readonly key: string;
  readonly kind: StageKind;
  readonly title: string;
  readonly data: string;
  readonly split: string;
  readonly examples: number;
  /** Members of all classes together. */
  readonly members: number;
  /** How often the stage runs for all replicates; 1 where there are none. */
  readonly times: number;
  readonly cost: Cost;
  readonly bound: Bound;
  /** Empty unless asked for. */
  readonly passes: readonly PassSaving[];
};

export type Planned = {
  readonly stage: Stage;
  readonly program: StageProgram;
  readonly made: ProgramCost;
  readonly plan: StagePlan;
};

/** How often what is about a model runs: replicates may have been built one for all. */
export type Times = (model: ModelValue) => number;

export function costAt(stage: Stage, program: StageProgram, request: PlanRequest, times: Times): ProgramCost {
  return costOf(program, {
    lengths: request.lengthsOf(stage, program),
    memoryBytes: request.memoryBytes / request.parallelRuns,
    batch: request.batch,
    skip: request.skip,
    parallelRuns: request.parallelRuns,
    times,
  });
}
