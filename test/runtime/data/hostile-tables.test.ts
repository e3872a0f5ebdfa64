// Broken and hostile files of rows are refused with a problem, in bounded time and memory.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checkPage } from '../../../src/runtime/data/parquet/check-page.js';
import { checkThrift } from '../../../src/runtime/data/parquet/check-thrift.js';
import { ParquetFault } from '../../../src/runtime/data/parquet/parquet-fault.js';
import { Budget, readChunk } from '../../../src/runtime/data/parquet/read-chunk.js';
import { readTable } from '../../../src/runtime/data/table-file.js';
import { LONGEST_LINE, MOST_CELLS, MOST_COLUMNS } from '../../../src/runtime/data/table-limits.js';
import type { TableFormat } from '../../../src/runtime/data/text-table.js';
import { randomNumbers } from '../../support/ir-run.js';
import { kindsOf } from './fixtures.js';

const test = suite('hostile tables');
const oracle = join(import.meta.dirname, '../../oracle/data');
const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(join(oracle, `${name}.parquet`)));
const textBytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const isFault = (error: unknown): boolean => error instanceof ParquetFault;
const says =
  (pattern: RegExp) =>
  (error: unknown): boolean =>
    error instanceof ParquetFault && pattern.test(error.message);

/** The text of the only problem. */
function refusal(format: TableFormat, bytes: Uint8Array): string {
  const read = readTable(`x.${format}`, format, bytes);
  assert.is(read.kind, 'failed');
  return read.kind === 'failed' ? read.problems.map((one) => `${one.kind}: ${one.text}`).join() : '';
}

test('a Parquet file that was cut off anywhere is refused', () => {
  const whole = fixture('default');
  for (let length = 0; length < whole.length; length += length < 64 ? 1 : 61)
    assert.match(refusal('parquet', whole.slice(0, length)), /^bad-parquet: `x\.parquet` cannot be read/);
  assert.match(refusal('parquet', textBytes('author,prompt\na,b\n')), /does not begin as a Parquet file/);
});

for (const name of ['default', 'plain', 'second-pages', 'gzip', 'zstd', 'lz4', 'brotli', 'pages', 'split']) {
  test(`${name}.parquet with bytes changed is read or refused, and nothing else`, () => {
    const whole = fixture(name);
    const random = randomNumbers(7);
    let refused = 0;
    for (let run = 0; run < 120; run++) {
      const changed = whole.slice();
      for (let i = 0; i < 1 + (run % 4); i++)
        changed[Math.floor(random() * changed.length)] = Math.floor(random() * 256);
      // Whatever is thrown here fails the test.
      const read = readTable('x.parquet', 'parquet', changed);
      if (read.kind === 'failed') {
        refused += 1;
        assert.ok(read.problems.every((one) => one.text.length < 500));
      }
    }
    assert.ok(refused > 5, `only ${refused} were refused`);
  });
}

test('footers that state more than they hold are refused before anything is made of them', () => {
  const footer = (thrift: readonly number[], stated = thrift.length): Uint8Array => {
    const length = new Uint8Array(new Uint32Array([stated]).buffer);
    return Uint8Array.from([...textBytes('PAR1'), ...thrift, ...length, ...textBytes('PAR1')]);
  };
  assert.match(refusal('parquet', footer([0], 2 ** 31)), /footer would have 2147483648 bytes/);
  // Field 2, the schema: a list of 2^31 structures.
  assert.match(
    refusal('parquet', footer([0x29, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07, 0x00])),
    /a header lists more than it holds/,
  );
  assert.match(refusal('parquet', footer([0x15])), /a header does not end/);
  assert.match(refusal('parquet', footer(new Array<number>(400).fill(0x1c))), /nested too deep/);
  assert.match(
    refusal('parquet', footer([0x16, ...new Array<number>(300).fill(0x80), 0, 0])),
    /more than 64 bits/,
  );
  assert.match(refusal('parquet', footer([0x1b, 0])), /unknown type 11/);
  assert.match(refusal('parquet', footer([0])), /cannot be read as Parquet/);
});

test('a structure is walked to its end', () => {
  // { 1: i32 1, 2: [true, false], 3: "ab", 4: double, 5: {} } and a byte that is no part of it.
  const bytes = [0x15, 2, 0x19, 0x21, 1, 2, 0x18, 2, 97, 98, 0x17, 0, 0, 0, 0, 0, 0, 0, 0, 0x1c, 0, 0];
  assert.is(checkThrift(Uint8Array.from([...bytes, 99]), 0), bytes.length);
  assert.throws(() => checkThrift(Uint8Array.from(bytes.slice(0, -1)), 0), isFault);
});

const plainLevels = { repetition: 0, definition: 1 } as const;

test('a run that is longer than its page is refused: it would fill memory', () => {
  const run = (...bytes: readonly number[]) => Uint8Array.from([bytes.length, 0, 0, 0, ...bytes]);
  const shape = { values: 10, levels: plainLevels, layout: { kind: 'prefixed' }, coding: 'plain' } as const;
  checkPage(run(20, 1), shape);
  checkPage(run(0b101, 0xff, 0xff), shape);
  for (const bytes of [run(22, 1), run(0xfe, 0xff, 0xff, 0xff, 0x0f, 1), run(0xff, 0xff, 0xff, 0xff, 0x0f)])
    assert.throws(() => checkPage(bytes, shape), says(/longer than the page/));
  assert.throws(() => checkPage(run(18, 1), shape), says(/ends before its levels/));
  assert.throws(() => checkPage(run(0xff, 0xff, 0xff, 0xff, 0xff, 0x0f), shape), says(/more than 32 bits/));
  assert.throws(() => checkPage(Uint8Array.of(9, 0, 0, 0, 20, 1), shape), says(/longer than the page/));
  const indices = { ...shape, levels: { repetition: 0, definition: 0 }, coding: 'dictionary' } as const;
  checkPage(Uint8Array.of(1, 20, 1), indices);
  assert.throws(() => checkPage(Uint8Array.of(1, 0xfe, 0xff, 0xff, 0x0f, 1), indices), says(/longer than/));
  assert.throws(() => checkPage(Uint8Array.of(40, 20, 1), indices), says(/indices of 40 bits/));
});

const zigzag = (value: number): number[] => {
  const bytes: number[] = [];
  let rest = value * 2;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
};

/** A page of INT32 values of the first version, without levels. */
function page(
  values: number,
  encoding: number,
  content: readonly number[],
  unpacked = content.length,
): number[] {
  const i32 = (value: number): number[] => [0x15, ...zigzag(value)];
  const head = [...i32(values), ...i32(encoding), ...i32(3), ...i32(3), 0];
  return [...i32(0), ...i32(unpacked), ...i32(content.length), 0x2c, ...head, 0, ...content];
}

function chunk(
  pages: readonly number[],
  values: number,
  codec: 'UNCOMPRESSED' | 'GZIP' = 'UNCOMPRESSED',
): unknown[] {
  const bytes = Uint8Array.from([0, 0, 0, 0, ...pages]);
  const node = (name: string) => ({
    children: [],
    count: 1,
    path: [name],
    element: { name, type: 'INT32', repetition_type: 'REQUIRED' } as const,
  });
  const meta = {
    type: 'INT32',
    encodings: [],
    path_in_schema: ['x'],
    codec,
    num_values: BigInt(values),
    total_uncompressed_size: 0n,
    total_compressed_size: BigInt(pages.length),
    data_page_offset: 4n,
  } as const;
  return readChunk({
    bytes,
    meta: { ...meta, encodings: [], path_in_schema: ['x'] },
    path: [node('root'), node('x')],
    budget: new Budget(),
  });
}

test('pages that state absurd counts or sizes are refused', () => {
  assert.equal(chunk(page(2, 0, [1, 0, 0, 0, 2, 0, 0, 0]), 2), [1, 2]);
  assert.throws(() => chunk(page(3, 0, [1, 0, 0, 0]), 3), says(/ends before its content/));
  assert.throws(() => chunk(page(2 ** 30, 0, [1, 0, 0, 0]), 2 ** 30), says(/more than 33554432 values/));
  assert.throws(() => chunk(page(1, 0, [1, 0, 0, 0], 2 ** 31 - 1), 1, 'GZIP'), says(/unpacks to more than/));
  assert.throws(() => chunk(page(1, 0, [1, 0, 0, 0], 2 ** 20), 1, 'GZIP'), isFault);
  assert.throws(() => chunk(page(1, 0, [1, 0, 0, 0]), 2), says(/1 values where 2 are stated/));
  assert.throws(() => chunk(page(1, 8, [0, 2, 0]), 1), says(/not in its dictionary/));
});

test('a header whose fields have other types than they should is refused', () => {
  const i32 = (value: number): number[] => [0x15, ...zigzag(value)];
  const i64 = (value: number): number[] => [0x16, ...zigzag(value)];
  const second = (definition: readonly number[], repetition: readonly number[]): number[] => {
    const head = [...i32(1), ...i32(0), ...i32(1), ...i32(0), ...definition, ...repetition, 0];
    return [...i32(3), ...i32(4), ...i32(4), 0x5c, ...head, 0, 7, 0, 0, 0];
  };
  assert.equal(chunk(second(i32(0), i32(0)), 1), [7]);
  for (const pages of [second(i64(0), i32(0)), second(i32(0), i64(0)), second([0x11], [0x12])])
    assert.throws(() => chunk(pages, 1), says(/no lengths of its levels/));
  assert.throws(() => chunk(second(i32(3), i32(3)), 1), says(/longer than the page/));
});

test('tables of text with too many fields, columns or characters are refused before they fill memory', () => {
  assert.match(refusal('csv', new Uint8Array(MOST_CELLS + 2).fill(0x2c)), /more than 33554432 values/);
  const wide = Array.from({ length: MOST_COLUMNS + 1 }, (_, i) => `c${i}`).join(',');
  assert.match(refusal('csv', textBytes(`${wide}\n${wide}\n`)), /more than 10000 columns/);
  const line = new Uint8Array(LONGEST_LINE + 20).fill(0x20);
  line.set(textBytes('{"a":1}'));
  assert.match(refusal('jsonl', line), /row 1 .* longer than 33554432 characters/);
});

test('values that a table cannot hold are named with their line', () => {
  const jsonl = (text: string): string => refusal('jsonl', textBytes(text));
  assert.match(jsonl('{"a":1}\n{"a":{"b":1}}\n'), /row 2 .* `a` is an object/);
  assert.match(jsonl('{"a":[1]}\n{"a":[1.5]}\n'), /row 2 .* `a` is a list, but not of token ids/);
  assert.match(jsonl('{"a":1e999}\n'), /row 1 .* `a` is too large to be an exact number/);
  assert.match(jsonl('{"a":1234567890123456789}\n'), /row 1 .* `a` is too large/);
  assert.match(jsonl(`${'['.repeat(100_000)}\n`), /row 1 .* not a JSON object/);
  assert.equal(kindsOf(readTable('x', 'jsonl', textBytes('{"a":"x\u2028y"}\r\n\r\n{"a":"z"}'))), []);
});

test('long whole numbers of a CSV file are names: no two of them become one', () => {
  const read = readTable(
    'x.csv',
    'csv',
    textBytes('id,x\n1234567890123456789,1\n1234567890123456788,1e300\n'),
  );
  assert.equal(read.kind === 'made' ? read.value.map((one) => one.values) : read.problems, [
    ['1234567890123456789', '1234567890123456788'],
    [1, 1e300],
  ]);
});

test.run();
