// Model runs that were made, as a loop would have made them: those of calls that were computed, not of calls from the store.
import { modelsIn } from '../../compiler/plan/cost.js';
import type { Call } from '../../compiler/plan/cutter.js';
import type { ProgramExecution } from '../../compiler/plan/executions.js';
import { alikeOfSet, runsAgain, sizeOfSet } from '../../compiler/plan/members.js';
import type { PartitionedPart } from '../../compiler/plan/partition.js';
import type { StageProgram } from '../../compiler/plan/stage-program.js';

export type ComputedRuns = {
  readonly program: StageProgram;
  readonly pieces: readonly PartitionedPart[];
  /** Examples of the stage. */
  readonly rows: number;
  readonly membersOf: (context: number) => number;
  readonly isComputed: (call: Call) => boolean;
};

/** Where every call was computed this is what the plan counted; where none was, it is 0. */
export function countComputed(of: ComputedRuns): number {
  return of.program.executions.reduce((sum, one) => sum + runsOf(one, of), 0);
}

function runsOf(
  { model, context }: ProgramExecution,
  { program, pieces, rows, membersOf, isComputed }: ComputedRuns,
): number {
  const reading = pieces.filter(({ part }) => modelsIn(part, program).some((one) => one.id === model.id));
  const own = reading.length > 0 ? reading : pieces; // a run of which nothing is read counts with its stage
  const members = context === null ? 1 : membersOf(context);
  const apart =
    context === null ? [] : own.filter(({ calls }) => calls.some((call) => call.members.has(context)));
  // Members side by side: each call runs its own. Else a run is made for each example, whichever call made it.
  if (context !== null && apart.length > 0) {
    const made = apart.map(({ calls }) =>
      calls.filter(isComputed).reduce((sum, call) => {
        const set = call.members.get(context);
        const runs = set === undefined || runsAgain(set) ? 0 : sizeOfSet(set) + alikeOfSet(set).length;
        return sum + runs * call.rows.length;
      }, 0),
    );
    return Math.min(rows * members, Math.max(...made));
  }
  const examples = new Set<number>();
  for (const { calls } of own)
    for (const call of calls) if (isComputed(call)) for (const row of call.rows) examples.add(row);
  return examples.size * members;
}
