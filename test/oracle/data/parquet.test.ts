// Tables that pyarrow and pandas wrote are read as they read them (`make_tables.py` wrote them and `expected.json`).
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { TableColumn } from '../../../src/compiler/data/data-spec.js';
import { readTable } from '../../../src/runtime/data/table-file.js';
import { TABLE_FORMATS } from '../../../src/runtime/data/text-table.js';
import { kindsOf, unwrap } from '../../runtime/data/fixtures.js';

const test = suite('tables of pyarrow and pandas');
const bytesOf = (name: string): Uint8Array => readFileSync(join(import.meta.dirname, name));
const expected = JSON.parse(readFileSync(join(import.meta.dirname, 'expected.json'), 'utf8')) as Readonly<
  Record<string, readonly unknown[]>
>;
const files = readdirSync(import.meta.dirname).filter(
  (name) => /\.(parquet|csv|jsonl)$/.test(name) && !name.startsWith('refused-'),
);

function read(name: string): readonly TableColumn[] {
  const format = TABLE_FORMATS.find((one) => name.endsWith(`.${one}`));
  if (format === undefined) throw new Error(name);
  return unwrap(readTable(name, format, bytesOf(name)));
}

test('there are files for every codec, both versions of pages, and both programs', () => {
  assert.ok(files.length >= 14);
  assert.is(expected.author?.length, 60);
});

for (const name of files) {
  test(`${name} holds what it held`, () => {
    const columns = read(name);
    const wanted = name.startsWith('pandas')
      ? ['author', 'prompt', 'whole', 'real', 'right']
      : Object.keys(expected);
    assert.equal(
      columns.map((one) => one.name),
      wanted,
    );
    for (const column of columns) {
      const values = expected[column.name] ?? [];
      if (name.endsWith('.jsonl') && column.name === 'real') {
        // pandas writes fifteen digits.
        for (const [row, value] of column.values.entries()) {
          const held = values[row];
          assert.is(value === null, held === null);
          if (held !== null) assert.ok(Math.abs(Number(value) - Number(held)) < 1e-14);
        }
      } else assert.equal(column.values, values, column.name);
    }
  });
}

test('columns have the kinds that pyarrow declared', () => {
  const kinds = read('default.parquet').map((one) =>
    one.kind === 'numbers' ? `${one.name}: ${one.whole ? 'whole' : 'real'}` : `${one.name}: ${one.kind}`,
  );
  assert.equal(kinds, [
    'author: texts',
    'prompt: texts',
    'whole: whole',
    'small: whole',
    'big: real', // beyond 32 bits
    'wide: real',
    'real: real',
    'half: real',
    'maybe: whole',
    'right: flags',
    'tokens: tokens',
    'kind: texts',
    'nothing: whole',
    'same: whole',
  ]);
});

const REFUSED: Readonly<Record<string, readonly [string, RegExp]>> = {
  bytes: ['unsupported-column', /`x` .* BYTE_ARRAY values/],
  date: ['unsupported-column', /DATE values/],
  decimal: ['unsupported-column', /DECIMAL values/],
  delta: ['bad-parquet', /encoding DELTA_BINARY_PACKED is not read/],
  empty: ['empty-data', /no rows/],
  infinite: ['bad-parquet', /row 1 of `x` is not a finite number/],
  lists: ['unsupported-column', /nested values|lists of/],
  long: ['bad-parquet', /row 1 of `x` is too large to be an exact number/],
  map: ['unsupported-column', /nested values/],
  negative: ['bad-parquet', /row 1 of `x` is no list of token ids/],
  'no-list': ['bad-parquet', /row 2 of `x` is no list of token ids/],
  'no-text': ['bad-parquet', /row 2 of `x` has no text/],
  struct: ['unsupported-column', /nested values/],
  texts: ['unsupported-column', /lists of STRING values/],
  time: ['unsupported-column', /TIMESTAMP values/],
};

test('each refused file has its reason', () => {
  const names = readdirSync(import.meta.dirname).filter((name) => name.startsWith('refused-'));
  assert.equal(
    names,
    Object.keys(REFUSED)
      .map((name) => `refused-${name}.parquet`)
      .toSorted(),
  );
});

for (const [name, [kind, said]] of Object.entries(REFUSED)) {
  test(`refused-${name}.parquet is refused, and it is said why`, () => {
    const made = readTable('x.parquet', 'parquet', bytesOf(`refused-${name}.parquet`));
    assert.equal(kindsOf(made), [kind]);
    assert.match(made.kind === 'failed' ? (made.problems[0]?.text ?? '') : '', said);
  });
}

test.run();
