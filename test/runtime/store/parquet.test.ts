// What is written as Parquet comes back through hyparquet, with its types, and always as the same bytes.
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readTable } from '../../../src/runtime/data/table-file.js';
import { type ParquetColumn, writeParquet } from '../../../src/runtime/store/parquet.js';
import { unwrap } from '../data/fixtures.js';

const test = suite('Parquet');

const columns: readonly ParquetColumn[] = [
  { kind: 'texts', name: 'name', values: ['a,"b"', '=1+1', 'Çelik 李', null] },
  { kind: 'numbers', name: 'value', values: [-0, 1e-300, null, Number.NaN] },
  { kind: 'numbers', name: 'far', values: [Number.POSITIVE_INFINITY, -1, 0.1, 2 ** 60] },
  { kind: 'counts', name: 'count', values: [0, -5, 2 ** 31 - 1, null] },
  { kind: 'texts', name: 'unit', values: [null, null, null, null] },
];

const buffer = (bytes: Uint8Array): ArrayBuffer => bytes.slice().buffer as ArrayBuffer; // a copy is never shared

test('values and missing values come back; texts are not changed for spreadsheets', async () => {
  const rows = await parquetReadObjects({ file: buffer(writeParquet(columns)) });
  for (const { name, values } of columns) {
    const read = rows.map((row) => row[name] as unknown);
    assert.is(read.length, values.length);
    for (const [row, value] of values.entries()) assert.ok(Object.is(read[row], value), `${name} ${row}`);
  }
});

test('columns have their declared types, without any value and without any row too', () => {
  for (const one of [columns, columns.map((column) => ({ ...column, values: [] }))]) {
    const { schema, num_rows: rows } = parquetMetadata(buffer(writeParquet(one)));
    assert.is(Number(rows), one[0]?.values.length);
    assert.equal(
      schema.slice(1).map((column) => [column.name, column.type, column.repetition_type]),
      [
        ['name', 'BYTE_ARRAY', 'OPTIONAL'],
        ['value', 'DOUBLE', 'OPTIONAL'],
        ['far', 'DOUBLE', 'OPTIONAL'],
        ['count', 'INT32', 'OPTIONAL'],
        ['unit', 'BYTE_ARRAY', 'OPTIONAL'],
      ],
    );
  }
});

test('equal tables give equal bytes, other tables others', () => {
  const once = writeParquet(columns);
  assert.equal(writeParquet(structuredClone(columns)), once);
  assert.not.equal(
    writeParquet(
      columns.map((one) => (one.name === 'count' ? { ...one, values: [0, 0, 0, 0] } : one) as ParquetColumn),
    ),
    once,
  );
});

test('a table of ours can be read as data', () => {
  const many = Array.from({ length: 5000 }, (_, i) => i);
  const bytes = writeParquet([
    { kind: 'texts', name: 'author', values: many.map((i) => `author ${i % 40}`) },
    { kind: 'numbers', name: 'score', values: many.map((i) => (i % 9 === 0 ? null : Math.sqrt(i))) },
    { kind: 'counts', name: 'row', values: many },
  ]);
  const read = unwrap(readTable('x.parquet', 'parquet', bytes));
  assert.equal(
    read.map((one) => [one.name, one.kind, one.values.length]),
    [
      ['author', 'texts', 5000],
      ['score', 'numbers', 5000],
      ['row', 'numbers', 5000],
    ],
  );
  assert.equal(read[1]?.values.slice(0, 3), [null, 1, Math.SQRT2]);
  assert.equal(read[2]?.values, many);
});

test('columns of other lengths and halves of counts are mistakes of ours', () => {
  assert.throws(() => writeParquet([...columns, { kind: 'counts', name: 'x', values: [] }]), /0 values/);
  assert.throws(() => writeParquet([{ kind: 'counts', name: 'x', values: [0.5] }]), /not whole/);
});

test.run();
