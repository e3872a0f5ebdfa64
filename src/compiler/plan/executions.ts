// Runs of models, counted as somebody who writes the loop by hand would: one for each member and example, and one for each
// example where nothing is written. Equal runs count once, however often the pipeline mentions them.
import type { Stage, StageOutput } from '../check/stage.js';
import type { ModelValue } from '../check/value.js';

export type ProgramExecution = {
  readonly model: ModelValue;
  readonly world: string;
  /** The symbol of its number of positions. */
  readonly positions: string;
  /** Null: once per example; else once per example and member of the context. */
  readonly context: number | null;
};

export function distinctExecutions(
  stage: Stage,
  outputs: readonly StageOutput[],
): readonly ProgramExecution[] {
  const needed = neededBy(stage, outputs);
  const found = new Map<string, ProgramExecution>();
  for (const { model, world, positions, context, clean, written } of stage.executions) {
    if (!clean && written.length > 0 && !written.some((value) => needed.has(value))) continue;
    // A clean run is the same for every member, whichever class asked for it.
    const where = clean ? null : context;
    const key = clean ? `${model.id}|${world}` : `${model.id}|${where}|${world}|${written.join()}`;
    if (!found.has(key)) found.set(key, { model, world, positions, context: where });
  }
  return [...found.values()];
}

function neededBy(stage: Stage, outputs: readonly StageOutput[]): ReadonlySet<number> {
  const seen = new Set<number>(outputs.map((one) => one.value));
  const waiting = outputs.map((one) => one.value);
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    for (const input of stage.builder.nodeOf(value).inputs) {
      if (seen.has(input)) continue;
      seen.add(input);
      waiting.push(input);
    }
  }
  return seen;
}
