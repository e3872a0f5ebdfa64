// What a run was expected to cost on its own rows, and what a plain loop over members would have cost.
import { planOf } from '../../compiler/plan/plan.js';
import { lengthsOf } from '../execute/stage-rows.js';
import type { OpenStudy } from './open-study.js';
import type { StudyRun } from './run-study.js';

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

/** One replicate of each control is planned and counted as often as it ran. */
export function costOf(study: OpenStudy, run: StudyRun, request: CostRequest): CostFacts {
  const checked = study.recheck({ mode: run.read, found: run.found, replicates: 'one' });
  run.rows.expect(checked.stages.stages.values());
  const plan = planOf(checked, {
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
  const { executions, flops, loopFlops } = plan.total;
  return {
    planned: { executions, flops, peakBytes: plan.peakBytes },
    naive: { executions, flops: loopFlops },
  };
}
