// The rows a stage runs on, with what stands beside them: variants, and donors that were drawn.
import { bug } from '../../compiler/base/bug.js';
import type { RowsKey } from '../../compiler/check/stage.js';
import { columnsOf } from '../data/columns-of.js';
import type { RowColumns, RowSet } from '../data/row-set.js';

/** For each row of the stage, a row of `source`. */
export type Drawn = { readonly donors: Int32Array; readonly source: RowSet };
export type StageRows = { readonly rows: RowSet; readonly drawn: ReadonlyMap<string, Drawn> };

/** The columns that a key means, and which row of them stands beside row `row` of the stage. */
export type Beside = { readonly columns: RowColumns; readonly rowOf: (row: number) => number };

export function besideOf(stage: StageRows, key: RowsKey): Beside {
  if (key.draw === null) return { columns: columnsOf(stage.rows, key.variant), rowOf: (row) => row };
  const drawn = stage.drawn.get(key.draw) ?? bug(`the draw ${key.draw} was not made`);
  const rowOf = (row: number) => drawn.donors[row] ?? bug(`no donor for row ${row}`);
  return { columns: columnsOf(drawn.source, key.variant), rowOf };
}
