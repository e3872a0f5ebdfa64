// Which stages a run executes, in what order: what is asserted, what it is compared with, what is drawn.
import type { CheckedFile } from '../../compiler/check/experiment.js';
import type { Stage } from '../../compiler/check/stage.js';
import { bytesOfWeights } from '../../compiler/ir/memory.js';
import type { StepOutline } from '../event.js';

export type StageGroup = {
  readonly id: string;
  readonly title: string;
  readonly kind: StepOutline['kind'];
  readonly stages: readonly Stage[];
};

/** What runs, in order: what is asserted, what it is compared with, what is drawn. */
export function stageGroups(checked: CheckedFile): readonly StageGroup[] {
  const claims = [...new Set(checked.claims.map((one) => one.stage))];
  const groups: StageGroup[] =
    claims.length === 0 ? [] : [{ id: 'claims', title: 'claims', kind: 'claims', stages: claims }];
  for (const control of checked.controls) {
    if (control.waived !== null) continue;
    const { what } = control;
    const stages =
      what.kind === 'paired'
        ? []
        : what.kind === 'reinitialised'
          ? what.replicates.map((one) => one.stage)
          : what.variant === null
            ? []
            : [what.variant.stage];
    if (stages.length > 0)
      groups.push({
        id: `control:${control.name}`,
        title: `control ${control.name}`,
        kind: 'control',
        stages: [...new Set(stages)],
      });
  }
  const views = [...new Set(checked.views.flatMap((view) => view.metrics.map((one) => one.stage)))].filter(
    (one) => !claims.includes(one),
  );
  if (views.length > 0) groups.push({ id: 'views', title: 'views', kind: 'views', stages: views });
  return groups;
}

/** From so many bytes of weights on, a stage has work enough for all workers, and its sessions take gigabytes. */
const LARGE_WEIGHTS = 1e8;

/**
 * Two at a time, of large models one: small stages leave a worker idle between their calls. The results do not depend on it. After
 * a failure nothing new begins, and the failure is thrown when nothing runs any more.
 */
export async function inLanes(
  stages: readonly Stage[],
  run: (one: Stage) => Promise<unknown>,
): Promise<void> {
  const waiting = [...stages];
  const failures: unknown[] = [];
  const lane = async (): Promise<void> => {
    for (let one = waiting.shift(); one !== undefined && failures.length === 0; one = waiting.shift()) {
      try {
        await run(one);
      } catch (failure) {
        failures.push(failure);
      }
    }
  };
  const isLarge = stages.some(({ executions }) =>
    executions.some(({ model }) => bytesOfWeights(model.graph.graph) >= LARGE_WEIGHTS),
  );
  await Promise.all(isLarge ? [lane()] : [lane(), lane()]);
  if (failures.length > 0) throw failures[0];
}
