// What can fail without a confirm row fails while none has been made, since opening them spends them: positions that rows do
// not have, what is pooled over rows that may be explored, graphs that the backend does not take.
import { setImmediate as breath } from 'node:timers/promises';
import type { CheckedFile } from '../../compiler/check/experiment.js';
import type { RowsKey, Stage } from '../../compiler/check/stage.js';
import type { DataValue } from '../../compiler/check/value.js';
import { arrangedPart } from '../../compiler/plan/arranged.js';
import { anonymousGraph } from '../../compiler/plan/structure.js';
import type { Backend } from '../backend/backend.js';
import type { HostTensor } from '../backend/host-tensor.js';
import { isConfirmSplit } from '../data/layout.js';
import { explorableSplit } from './manipulation-checks.js';
import { noSuchPosition } from './messages.js';
import { positionNeeds } from './position-needs.js';
import type { RowBook } from './rows.js';
import { RunFailed } from './run-failed.js';
import { inLanes } from './stage-groups.js';
import { requirePositions, type StageRunner, stagesNeeded } from './stage-runner.js';

export type Unopened = {
  readonly checked: CheckedFile;
  /** What is measured once the rows are open. */
  readonly stages: readonly Stage[];
  readonly runner: StageRunner;
  /** Rows to compare lengths with, made only where a fixed position is read. */
  readonly bookOf: (checked: CheckedFile) => RowBook;
  readonly backend: Backend;
  readonly lookupWeight: (digest: string) => HostTensor;
  readonly signal: AbortSignal;
};

/** Rejects with what the run would have failed with; what it computes, the runner keeps. */
export async function beforeOpening(unopened: Unopened): Promise<void> {
  const { checked, stages, runner, signal } = unopened;
  const { pools } = checked.stages;
  const needed = stagesNeeded(stages, pools);
  for (const stage of needed) {
    await breath(); // programs take a while to make, and whoever wants to stop the run must be heard
    signal.throwIfAborted();
    if (isConfirmSplit(stage.split)) requireLikely(stage, unopened);
    else runner.requirePositions(stage);
  }
  const isOpen = (stage: Stage) => stagesNeeded([stage], pools).every(({ split }) => !isConfirmSplit(split));
  const pooled = needed.filter((one) => !stages.includes(one) && isOpen(one));
  await inLanes(pooled, (stage) => runner.run(stage));
  await compileOnce(
    needed.filter((one) => !pooled.includes(one)),
    unopened,
  );
}

/** The positions that a stage reads of confirm rows, looked for in what is declared of them and in rows that may be explored. */
function requireLikely(stage: Stage, { checked, runner, bookOf }: Unopened): void {
  const { data } = stage;
  const program = runner.program(stage);
  const needs = positionNeeds(program).filter(({ rows }) => rows.draw === null);
  if (needs.length === 0) return;
  for (const { rows, index, length } of needs) {
    const shortest = declaredShortest(data, rows);
    if (shortest !== null && shortest < length)
      throw new RunFailed([noSuchPosition(data.declared, index, shortest)]);
  }
  const split = explorableSplit(stage);
  if (split === null) return;
  const book = bookOf(checked);
  book.expect([stage], () => split);
  requirePositions(needs, { rows: book.rows(data, split), drawn: new Map() }, `${data.declared}.${split}`);
}

/** The length of the shortest rows that a generator makes; null where the rows are given, or nothing is known of them. */
function declaredShortest({ spec, facts }: DataValue, { variant }: RowsKey): number | null {
  if (spec.kind !== 'repeated_tokens' && spec.kind !== 'template') return null;
  if (variant === '') return facts.length.low;
  const own = facts.variants.find((one) => one.path === variant);
  return own?.length?.low ?? (own?.aligned === true && !variant.includes('.') ? facts.length.low : null);
}

/**
 * Whether the backend takes the graphs. Weights stay outside, so that this is cheap for large models too; graphs that differ in
 * their weights alone are one.
 */
async function compileOnce(
  stages: readonly Stage[],
  { runner, backend, lookupWeight, signal }: Unopened,
): Promise<void> {
  const seen = new Set<string>();
  for (const part of stages.flatMap((stage) => runner.program(stage).parts)) {
    if (seen.has(part.structure)) continue;
    seen.add(part.structure);
    signal.throwIfAborted();
    const { graph } = anonymousGraph(arrangedPart(part, []).graph);
    const executable = await backend.compile(graph, { weights: 'inputs', lookupWeight });
    executable.dispose();
  }
}
