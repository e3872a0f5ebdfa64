// What a run was expected to cost on its own rows, and what a plain loop over members would have cost.
import type { CheckedFile } from '../../compiler/check/experiment.js';
import { addCosts, type Cost, NO_COST } from '../../compiler/plan/cost.js';
import { type Plan, planOf } from '../../compiler/plan/plan.js';
import { lengthsOf } from '../execute/stage-lengths.js';
import type { OpenStudy } from './open-study.js';
import type { StudyRun } from './run-study.js';
import { stagesNeeded } from './stage-runner.js';

export type CostFacts = {
  readonly planned: { readonly executions: number; readonly flops: number; readonly peakBytes: number };
  readonly naive: { readonly executions: number; readonly flops: number };
};

export type CostRequest = {
  readonly memoryBytes: number;
  readonly parallelRuns: number;
  readonly batch: number | undefined;
  readonly skip: readonly string[];
};

/**
 * One replicate of each control is planned and counted as often as it ran; where each of them searched, all are, since what
 * they found differs. What searches cost is part of it, with what is pooled for them: they run first, by themselves.
 */
export function costOf(study: OpenStudy, run: StudyRun, request: CostRequest): CostFacts {
  const one = () => study.recheck({ mode: run.read, found: run.found, replicates: 'one' });
  const settled = planned(run.found.size === 0 ? one() : run.checked, run, request);
  const total =
    run.found.size === 0 ? settled.total : addCosts(settled.total, costOfSearches(study, run, request));
  const { executions, flops, loopFlops } = total;
  return {
    planned: { executions, flops, peakBytes: settled.peakBytes },
    naive: { executions, flops: loopFlops },
  };
}

function costOfSearches(study: OpenStudy, run: StudyRun, request: CostRequest): Cost {
  const checked = study.recheck({ mode: run.read, found: new Map(), replicates: 'one' });
  const needed = new Set(
    stagesNeeded(
      checked.searches.map((one) => one.run.stage),
      checked.stages.pools,
    ),
  );
  const keys = new Set(
    [...checked.stages.stages].flatMap(([key, stage]) => (needed.has(stage) ? [key] : [])),
  );
  return planned(checked, run, request)
    .stages.filter((one) => keys.has(one.key))
    .reduce((sum, one) => addCosts(sum, one.cost), NO_COST);
}

function planned(checked: CheckedFile, run: StudyRun, request: CostRequest): Plan {
  run.rows.expect(checked.stages.stages.values());
  return planOf(checked, {
    lengthsOf: (stage, program) => {
      const target = run.rows.rows(stage.data, stage.split);
      const names = new Set(
        program.parts.flatMap((part) =>
          part.inputs.flatMap(({ spec }) =>
            'rows' in spec && spec.rows.draw !== null ? [spec.rows.draw] : [],
          ),
        ),
      );
      const drawn = new Map(
        [...names].map((name) => [name, run.rows.draw(name, stage.data, target)] as const),
      );
      return lengthsOf(program, { rows: target, drawn });
    },
    memoryBytes: request.memoryBytes,
    parallelRuns: request.parallelRuns,
    batch: request.batch ?? null,
    skip: request.skip,
    explain: false,
  });
}
