// Tables as Parquet, for pandas, polars, R and DuckDB. Columns have declared types, so that a column without a single
// value has its type too. Equal tables give equal bytes: one row group, no times, no names of machines.
import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer';
import { bug } from '../../compiler/base/bug.js';

/** `null` is a missing value. `numbers` are doubles, `counts` whole numbers of 32 bits. */
export type ParquetColumn =
  | { readonly kind: 'texts'; readonly name: string; readonly values: readonly (string | null)[] }
  | {
      readonly kind: 'numbers' | 'counts';
      readonly name: string;
      readonly values: readonly (number | null)[];
    };

const TYPES = { texts: 'STRING', numbers: 'DOUBLE', counts: 'INT32' } as const satisfies Record<
  ParquetColumn['kind'],
  ColumnSource['type']
>;

const LARGEST_GROUP = 2 ** 30;

export function writeParquet(columns: readonly ParquetColumn[]): Uint8Array {
  const rows = columns[0]?.values.length ?? 0;
  for (const { name, kind, values } of columns) {
    if (values.length !== rows) bug(`column ${name} has ${values.length} values in a table of ${rows} rows`);
    if (kind === 'counts' && values.some((value) => value !== null && !Number.isInteger(value)))
      bug(`column ${name} holds numbers that are not whole`);
  }
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: columns.map(({ name, kind, values }) => ({
        name,
        data: [...values],
        type: TYPES[kind],
        nullable: true,
      })),
      rowGroupSize: LARGEST_GROUP,
      createdBy: 'eis-lang',
    }),
  );
}
