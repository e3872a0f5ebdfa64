// The rows of program 2.1 that may be explored, as plain numbers for a program that is not ours.
import { join } from 'node:path';
import { bug } from '../src/compiler/base/bug.js';
import type { Column, RowSet } from '../src/runtime/data/row-set.js';
import { realHost } from '../src/runtime/host.js';
import { openStudy } from '../src/runtime/study/open-study.js';
import { RowBook } from '../src/runtime/study/rows.js';

export type PlainRow = {
  readonly tokens: readonly number[];
  readonly next: readonly number[];
  /** 1 where the position is in the second copy and has a next token. */
  readonly counts: readonly number[];
};

export async function inductionRows(root: string): Promise<{
  readonly rows: readonly PlainRow[];
  readonly reference: readonly PlainRow[];
}> {
  const study = await openStudy({
    host: realHost(),
    folder: join(root, 'pipelines'),
    file: 'induction.eis',
    settings: new Map(),
    asLock: false,
    everything: false,
  });
  const checked = study.checked ?? bug('pipelines/induction.eis has errors');
  const [data] = checked.data;
  if (data === undefined) return bug('pipelines/induction.eis has no data');
  const book = new RowBook(checked, study.compileHost.readDataBytes, null);
  const rowsOf = (split: string) => plainRows(book.rows(data, split));
  return { rows: rowsOf('discover'), reference: rowsOf('reference') };
}

function plainRows(rows: RowSet): readonly PlainRow[] {
  const column = (name: string): Extract<Column, { offsets: Int32Array }> => {
    const found = rows.columns.get(name);
    return found !== undefined && 'offsets' in found ? found : bug(`no column ${name} with positions`);
  };
  const tokens = column('tokens');
  const next = column('next_token');
  const second = column('second_copy');
  const valid = next.kind === 'positions' ? next.valid : undefined;
  const cut = (of: ArrayLike<number>, row: number) =>
    Array.from(of).slice(tokens.offsets[row], tokens.offsets[row + 1]);
  return Array.from({ length: rows.rows }, (_, row): PlainRow => {
    const known = valid === undefined ? null : cut(valid, row);
    return {
      tokens: cut(tokens.values, row),
      next: cut(next.values, row),
      counts: cut(second.values, row).map((is, at) => is * (known?.[at] ?? 1)),
    };
  });
}
