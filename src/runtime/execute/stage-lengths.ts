// What cuts the rows of a stage into calls: how long each is, and from where on members can change it.
import { lengthSources, type RowLengths } from '../../compiler/plan/row-lengths.js';
import type { StageProgram } from '../../compiler/plan/stage-program.js';
import { firstDirtyOf } from './first-dirty.js';
import { besideOf, type StageRows } from './stage-rows.js';

/** Lengths of all rows, by every symbol that the program has. */
export function lengthsOf(program: StageProgram, stage: StageRows): RowLengths {
  const lengths = new Map<string, Int32Array>();
  for (const part of program.parts) {
    for (const [symbol, key] of lengthSources(part.inputs)) {
      if (lengths.has(symbol)) continue;
      const { columns, rowOf } = besideOf(stage, key);
      lengths.set(
        symbol,
        Int32Array.from({ length: stage.rows.rows }, (_, row) => columns.lengths[rowOf(row)] ?? 0),
      );
    }
  }
  return { rows: stage.rows.rows, lengths, firstDirty: firstDirtyOf(program, stage) };
}
