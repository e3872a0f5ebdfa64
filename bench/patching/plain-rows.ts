// The rows of a sweep as plain numbers, for programs that are not ours.
import { bug } from '../../src/compiler/base/bug.js';
import type { Stage } from '../../src/compiler/check/stage.js';
import type { RowColumns } from '../../src/runtime/data/row-set.js';
import type { RowBook } from '../../src/runtime/study/rows.js';
import type { PlainRows } from './protocol.js';

const PARTNER = 'abc';

/** Makes the split with its partners whether or not the stage reads them: every contestant is given the same task. */
export function plainRows(book: RowBook, stage: Stage): PlainRows {
  const rows = book.rows(stage.data, stage.split);
  const partner = rows.variants.get(PARTNER);
  return {
    tokens: tokensOf(rows),
    partner: partner === undefined ? [] : tokensOf(partner),
    right: scalarsOf(rows, 'answer'),
    wrong: scalarsOf(rows, 'wrong'),
    reference: tokensOf(book.rows(stage.data, 'reference')),
  };
}

function tokensOf(rows: RowColumns): readonly (readonly number[])[] {
  const column = rows.columns.get('tokens');
  if (column?.kind !== 'tokens') return bug('rows without tokens');
  const lists = Array.from(rows.lengths, (_, row) =>
    Array.from(column.values.subarray(column.offsets[row], column.offsets[row + 1])),
  );
  const lengths = new Set(lists.map((one) => one.length));
  return lengths.size === 1 ? lists : bug(`rows of ${[...lengths].join(', ')} tokens`);
}

function scalarsOf(rows: RowColumns, name: string): readonly number[] {
  const column = rows.columns.get(name);
  return column?.kind === 'scalars' ? Array.from(column.values) : bug(`no column ${name} of one value a row`);
}
