import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ByteFilesSpec } from '../../../src/compiler/data/data-spec.js';
import { headAndTail, indexFiles, matchFiles } from '../../../src/runtime/data/byte-files.js';
import { readColumn, readLines } from '../../../src/runtime/data/column-file.js';
import { LARGEST_TEXT_BYTES } from '../../../src/runtime/data/decode-text.js';
import { materialise } from '../../../src/runtime/data/materialise.js';
import { readTable } from '../../../src/runtime/data/table-file.js';
import type { TableFormat } from '../../../src/runtime/data/text-table.js';
import { kindsOf, ROOT, rowOf, texts, unwrap } from './fixtures.js';

const test = suite('files');
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test('lines: not the blank ones, whatever the line ends and the byte order mark', () => {
  assert.equal(unwrap(readLines('t.txt', bytes('\ufeffone {a}\r\n\r\n  two\n \nthree'))), [
    'one {a}',
    '  two',
    'three',
  ]);
  assert.equal(kindsOf(readLines('t.txt', bytes('\n \n'))), ['empty-data']);
});

test('a column has a header when its first line is the name of the file, or of one of it', () => {
  assert.equal(unwrap(readColumn('a/names.txt', bytes('name\nAnn\nBob\n'))), ['Ann', 'Bob']);
  assert.equal(unwrap(readColumn('stories.csv', bytes('Story\nx\n'))), ['x']);
  assert.equal(unwrap(readColumn('boxes.txt', bytes('box\nred\n'))), ['red']);
  assert.equal(unwrap(readColumn('names.txt', bytes('Ann\nBob\n'))), ['Ann', 'Bob']);
  assert.equal(unwrap(readColumn('cities.txt', bytes('Paris\nNew York, NY\n"Rome, Italy"\n'))), [
    'Paris',
    'New York, NY',
    'Rome, Italy',
  ]);
  assert.equal(kindsOf(readColumn('names.txt', bytes('name\n'))), ['empty-data']);
  assert.equal(kindsOf(readColumn('names.txt', bytes('name\n"Ann",Bob\n'))), ['not-one-column']);
});

test('one column of a CSV file is taken by its name', () => {
  const csv = bytes('first,last\nAnn,Lee\nBob,"Mc, Coy"\n');
  assert.equal(unwrap(readColumn('people.csv', csv, 'last')), ['Lee', 'Mc, Coy']);
  assert.equal(kindsOf(readColumn('people.csv', csv, 'lost')), ['column-missing']);
  assert.equal(kindsOf(readColumn('people.csv', bytes('a,b\n1\n'), 'a')), ['ragged-row']);
});

test('what is not text, or too large, is said to be', () => {
  const binary = new Uint8Array([0xff, 0xfe, 0x00, 0x41]);
  const zero = new Uint8Array([0x41, 0x00, 0x42]);
  for (const content of [binary, zero]) {
    assert.equal(kindsOf(readLines('x', content)), ['not-text']);
    assert.equal(kindsOf(readColumn('x', content)), ['not-text']);
    for (const format of ['csv', 'tsv', 'jsonl'] as const)
      assert.equal(kindsOf(readTable('x', format, content)), ['not-text']);
  }
  // Only the length is looked at: the memory is never touched.
  assert.equal(kindsOf(readTable('x', 'csv', new Uint8Array(LARGEST_TEXT_BYTES + 1))), ['file-too-large']);
});

const kinds = (text: string, format: TableFormat = 'csv'): string[] =>
  kindsOf(readTable('x', format, bytes(text)));

test('tables: quoted fields, types, missing values', () => {
  const columns = unwrap(
    readTable(
      'x.csv',
      'csv',
      bytes('\ufeffid,name,score,ok\n1,"Lee, ""A""",0.5,true\n2,"two\nlines",NA,FALSE\n'),
    ),
  );
  assert.equal(columns, [
    { kind: 'numbers', name: 'id', whole: true, values: [1, 2] },
    { kind: 'texts', name: 'name', values: ['Lee, "A"', 'two\nlines'] },
    { kind: 'numbers', name: 'score', whole: false, values: [0.5, null] },
    { kind: 'flags', name: 'ok', values: [true, false] },
  ]);
  assert.equal(
    unwrap(readTable('x.tsv', 'tsv', bytes('a\tb\n1\tx,y\n'))).map((one) => one.values),
    [[1], ['x,y']],
  );
});

test('tables: ragged rows, repeated or nameless columns, open quotes, nothing at all', () => {
  const ragged = readTable('x.csv', 'csv', bytes('a,b\n1,2\n3\n'));
  assert.equal(kindsOf(ragged), ['ragged-row']);
  assert.match(
    ragged.kind === 'failed' ? (ragged.problems[0]?.text ?? '') : '',
    /row 3 .* 1 fields, its header 2/,
  );
  assert.equal(kinds('a,a\n1,2\n'), ['column-repeated']);
  assert.equal(kinds('a,\n1,2\n'), ['bad-table-line']);
  assert.equal(kinds('a,b\n1,"2\n'), ['bad-table-line']);
  assert.equal(kinds('a,b\n'), ['empty-data']);
  assert.equal(kinds(''), ['empty-data']);
});

test('JSON lines: one object a line, the same fields, one kind of value', () => {
  const columns = unwrap(
    readTable('x', 'jsonl', bytes('{"t":[1,2],"s":"a","n":null}\n\n{"s":"b","n":3,"t":[4]}\n')),
  );
  assert.equal(columns, [
    { kind: 'tokens', name: 't', values: [[1, 2], [4]] },
    { kind: 'texts', name: 's', values: ['a', 'b'] },
    { kind: 'numbers', name: 'n', whole: true, values: [null, 3] },
  ]);
  assert.equal(kinds('{"a":1}\n{"b":1}\n', 'jsonl'), ['ragged-row']);
  assert.equal(kinds('{"a":1}\n{"a":"x"}\n', 'jsonl'), ['bad-table-line']);
  assert.equal(kinds('{"a":1}\n{"a":\n', 'jsonl'), ['bad-table-line']);
  assert.equal(kinds('[1]\n', 'jsonl'), ['bad-table-line']);
  assert.equal(kinds('\n', 'jsonl'), ['empty-data']);
});

test('the head is filled up at its end, the tail at its beginning, white space at both ends is stripped', () => {
  const shape = { head: 4, tail: 3, pad: 256 };
  assert.equal([...headAndTail(bytes(' \n\tab\v '), shape)], [97, 98, 256, 256, 256, 97, 98]);
  assert.equal([...headAndTail(bytes('abcdefgh'), shape)], [97, 98, 99, 100, 102, 103, 104]);
  assert.equal([...headAndTail(bytes(' '), shape)], [256, 256, 256, 256, 256, 256, 256]);
  assert.equal([...headAndTail(bytes('a'), { head: 1, tail: 0, pad: 0 })], [97]);
});

const CORPUS = new Map([
  ['corpus/html/a.html', '<html>'],
  ['corpus/html/b.html', '<body>'],
  ['corpus/c/a.c', 'int x;'],
  ['corpus/c/copy.c', 'int x;'],
  ['other/x', 'x'],
]);
const read = (path: string): Uint8Array | undefined =>
  CORPUS.has(path) ? bytes(CORPUS.get(path) ?? '') : undefined;

test('a glob finds files in order; none is a problem', () => {
  assert.equal(matchFiles('corpus/**', CORPUS.keys()), [
    'corpus/c/a.c',
    'corpus/c/copy.c',
    'corpus/html/a.html',
    'corpus/html/b.html',
  ]);
  assert.equal(matchFiles('corpus/*/*.html', CORPUS.keys()), ['corpus/html/a.html', 'corpus/html/b.html']);
  assert.equal(kindsOf(indexFiles('nothing/**', CORPUS.keys(), read)), ['no-files']);
  assert.equal(
    kindsOf(indexFiles('corpus/**', CORPUS.keys(), () => undefined)),
    new Array(4).fill('file-unreadable'),
  );
});

function corpusSpec(change: Partial<ByteFilesSpec> = {}): ByteFilesSpec {
  return {
    kind: 'bytes',
    files: unwrap(indexFiles('corpus/**', CORPUS.keys(), read)),
    head: 4,
    tail: 2,
    pad: 256,
    label: 'folder',
    split: { kind: 'by', column: 'file', shares: [{ name: 'train', share: 1 }] },
    ...change,
  };
}

test('files become rows of bytes with their folder as label; a copy of a file is left out', () => {
  const made = materialise({ spec: corpusSpec(), root: ROOT, split: 'train', readBytes: read });
  assert.equal(kindsOf(made), ['clusters-merged', 'duplicate-rows']);
  const rows = unwrap(made);
  assert.is(rows.rows, 3);
  for (const [row, file] of texts(rows, 'file').entries()) {
    const content = bytes(CORPUS.get(file) ?? '');
    assert.equal(rowOf(rows.columns.get('bytes'), row), [...content.slice(0, 4), ...content.slice(-2)]);
    assert.is(texts(rows, 'label')[row], file.split('/')[1]);
  }
});

test('a file that changed since it was checked, or is gone, stops the run', () => {
  const spec = corpusSpec();
  const kindsWith = (readBytes: (path: string) => Uint8Array | undefined): string[] => [
    ...new Set(kindsOf(materialise({ spec, root: ROOT, split: 'train', readBytes }))),
  ];
  assert.equal(
    kindsWith(() => bytes('other')),
    ['file-changed'],
  );
  assert.equal(
    kindsWith(() => undefined),
    ['file-unreadable'],
  );
});

test('a corpus can be split by folder, and by nothing else but file', () => {
  const byFolder = (column: string) =>
    corpusSpec({
      split: {
        kind: 'by',
        column,
        shares: [
          { name: 'a', share: 0.5 },
          { name: 'b', share: 0.5 },
        ],
      },
    });
  const folders = ['a', 'b'].map(
    (split) =>
      new Set(
        texts(
          unwrap(materialise({ spec: byFolder('folder'), root: ROOT, split, readBytes: read })),
          'folder',
        ),
      ),
  );
  assert.equal(
    folders.map((one) => one.size),
    [1, 1],
  );
  assert.equal(kindsOf(materialise({ spec: byFolder('size'), root: ROOT, split: 'a' })), [
    'split-column-unknown',
  ]);
  assert.equal(kindsOf(materialise({ spec: corpusSpec({ head: -1 }), root: ROOT, split: 'train' })), [
    'bad-range',
  ]);
  assert.equal(kindsOf(materialise({ spec: corpusSpec({ files: [] }), root: ROOT, split: 'train' })), [
    'empty-data',
  ]);
});

test.run();
