import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { plainSha256 } from '../../../src/compiler/base/digest.js';
import type {
  GridSpec,
  LiteralRow,
  LiteralRowsSpec,
  TableSpec,
} from '../../../src/compiler/data/data-spec.js';
import { dataDigest } from '../../../src/runtime/data/data-digest.js';
import { dataFacts } from '../../../src/runtime/data/data-facts.js';
import { materialise } from '../../../src/runtime/data/materialise.js';
import { rowLabel } from '../../../src/runtime/data/row-label.js';
import { readTable } from '../../../src/runtime/data/table-file.js';
import { kindsOf, numbers, ROOT, rowOf, rowsOf, THREE, texts, unwrap, VOCAB, WORDS } from './fixtures.js';

const test = suite('rows that exist already');
const ALL = [{ name: 'train', share: 1 }] as const;

const GRID: GridSpec = {
  kind: 'grid',
  variables: [
    { name: 'a', low: 0, high: 4 },
    { name: 'b', low: 2, high: 5 },
  ],
  tokens: [
    { kind: 'variable', name: 'a' },
    { kind: 'variable', name: 'b' },
    { kind: 'literal', token: 7 },
  ],
  columns: [
    {
      name: 'answer',
      values: Array.from({ length: 20 }, (_, cell) => (Math.floor(cell / 4) + 2 + (cell % 4)) % 5),
    },
  ],
  split: {
    kind: 'random',
    seed: 0,
    shares: [
      { name: 'train', share: 0.3 },
      { name: 'confirm', share: 0.7 },
    ],
  },
};

test('a grid lists every cell once, with its tokens and its computed columns', () => {
  const rows = rowsOf({ ...GRID, split: { kind: 'random', seed: 0, shares: ALL } }, 'train');
  assert.is(rows.rows, 20);
  const cells = new Set<string>();
  for (let row = 0; row < 20; row++) {
    const [a = -1, b = -1] = [numbers(rows, 'a')[row], numbers(rows, 'b')[row]];
    assert.ok(a >= 0 && a <= 4 && b >= 2 && b <= 5);
    assert.is(numbers(rows, 'answer')[row], (a + b) % 5);
    assert.equal(rowOf(rows.columns.get('tokens'), row), [a, b, 7]);
    cells.add(`${a} ${b}`);
  }
  assert.is(cells.size, 20);
  assert.equal(
    unwrap(dataFacts({ spec: GRID, root: ROOT })).splits.map((one) => one.rows),
    [6, 14],
  );
});

test('grids that cannot be are refused', () => {
  const kinds = (change: Partial<GridSpec>): string[] =>
    kindsOf(dataFacts({ spec: { ...GRID, ...change }, root: ROOT }));
  assert.equal(kinds({ columns: [{ name: 'answer', values: [1] }] }), ['bad-grid']);
  assert.equal(kinds({ columns: [{ name: 'a', values: [] }] }), ['column-repeated']);
  assert.equal(kinds({ variables: [{ name: 'a', low: 3, high: 2 }] }), ['bad-range']);
  assert.equal(kinds({ variables: [] }).slice(0, 1), ['bad-grid']);
  assert.equal(kinds({ variables: [{ name: 'a', low: 0, high: 9_999_999 }], columns: [], tokens: [] }), [
    'bad-grid',
  ]);
  assert.equal(kinds({ tokens: [{ kind: 'variable', name: 'c' }] }), ['column-missing']);
});

const CSV = `subject,prompt,swapped,right,score,odd
s1,Ann went to,Bob went to,Ann,1.5,true
s2,Bob and Ann,Ann and Bob,Bob,2,false
s1,Cid gave it to,Dan gave it to,Cid,,true
s3,Dan went,Eve went,Dan,-1e1,
s4,Eve and,Fay and,Eve,0,true
`;

function tableOf(csv: string, change: Partial<TableSpec> = {}): TableSpec {
  const bytes = new TextEncoder().encode(csv);
  return {
    kind: 'table',
    source: plainSha256(bytes),
    columns: unwrap(readTable('x.csv', 'csv', bytes)),
    cluster: 'subject',
    text: 'prompt',
    oneToken: ['right'],
    variants: [{ name: 'swap', replaced: [{ column: 'prompt', from: 'swapped' }] }],
    split: { kind: 'by', column: 'subject', shares: ALL },
    ...change,
  };
}

test('a table keeps its columns, tokenises its text and pairs its variants row by row', () => {
  const rows = rowsOf(tableOf(CSV), 'train', { tokenizer: WORDS });
  assert.is(rows.rows, 5);
  const prompts = texts(rows, 'prompt');
  assert.equal([...prompts].sort(), ['Ann went to', 'Bob and Ann', 'Cid gave it to', 'Dan went', 'Eve and']);
  for (const [row, prompt] of prompts.entries()) {
    assert.equal(
      rowOf(rows.columns.get('tokens'), row).map((id) => VOCAB[id]),
      prompt.split(' '),
    );
    assert.is(VOCAB[numbers(rows, 'right')[row] ?? -1], prompt.split(' ')[0]);
    const swapped = rows.variants.get('swap');
    assert.equal(
      rowOf(swapped?.columns.get('tokens'), row)
        .map((id) => VOCAB[id])
        .join(' '),
      texts(rows, 'swapped')[row],
    );
    assert.is(texts(swapped, 'prompt')[row], texts(rows, 'swapped')[row]);
    assert.equal(numbers(swapped, 'score')[row], numbers(rows, 'score')[row]);
  }
  const score = rows.columns.get('score');
  if (score?.kind !== 'scalars') throw new Error('scores are scalars');
  const missing = prompts.indexOf('Cid gave it to');
  assert.equal(
    [...(score.valid ?? [])].map((valid, row) => (valid === 0 ? row : -1)).filter((row) => row >= 0),
    [missing],
  );
  assert.is(score.values[prompts.indexOf('Dan went')], -10);
});

test('clusters are those of the cluster column, whatever the order of the file', () => {
  const rows = rowsOf(tableOf(CSV), 'train', { tokenizer: WORDS });
  const subjects = texts(rows, 'subject');
  for (const [row, subject] of subjects.entries())
    assert.is(rows.clusters.ids[rows.clusters.of[row] ?? -1], subject);
});

const MANY = `subject,site,prompt\n${Array.from({ length: 12 }, (_, index) => `s${index},h${index % 5},${VOCAB[index % 8]} ${VOCAB[8 + (index % 3)]}`).join('\n')}`;

test('splits never share a cluster, and a coarser unit stays together', () => {
  const spec = tableOf(MANY, {
    oneToken: [],
    variants: [],
    split: {
      kind: 'by',
      column: 'site',
      shares: [
        { name: 'train', share: 0.4 },
        { name: 'rest', share: 0.6 },
      ],
    },
  });
  const [train, rest] = ['train', 'rest'].map((split) => rowsOf(spec, split, { tokenizer: WORDS }));
  const sites = new Set(texts(train, 'site'));
  assert.is(sites.size, 2);
  assert.equal(
    texts(rest, 'site').filter((site) => sites.has(site)),
    [],
  );
  assert.is((train?.rows ?? 0) + (rest?.rows ?? 0), 12);
});

test('units that share a cluster go to one split together', () => {
  const lines = ['s1,h1', 's1,h2', 's2,h2', 's3,h3', 's4,h4', 's5,h5'];
  const csv = `subject,site,prompt\n${lines.map((line, index) => `${line},${VOCAB[index]} and`).join('\n')}`;
  for (const seed of ['0', '1', '2', '3', '4', '5', '6', '7']) {
    const split = {
      kind: 'by',
      column: 'site',
      shares: [
        { name: 'train', share: 0.5 },
        { name: 'rest', share: 0.5 },
      ],
    } as const;
    const spec = tableOf(csv, { oneToken: [], variants: [], split });
    const train = rowsOf(spec, 'train', { tokenizer: WORDS, root: seed.repeat(64) });
    const linked = ['h1', 'h2'].map((site) => texts(train, 'site').filter((one) => one === site).length);
    assert.ok(linked.join() === '1,2' || linked.join() === '0,0', linked.join());
  }
});

test('a text in two clusters makes them one; a row that repeats a row is left out; both are reported', () => {
  const csv = 'subject,prompt\ns1,Ann went\ns2,Ann  went\ns3,Bob went\ns3,Bob went\ns4,Cid and\n';
  const spec = tableOf(csv, {
    oneToken: [],
    variants: [],
    split: {
      kind: 'shares',
      shares: [
        { name: 'train', share: 0.7 },
        { name: 'rest', share: 0.3 },
      ],
    },
  });
  const facts = dataFacts({ spec, root: ROOT, tokenizer: WORDS });
  assert.equal(kindsOf(facts), ['clusters-merged', 'duplicate-rows']);
  assert.match(facts.kind === 'made' ? (facts.warnings[0]?.text ?? '') : '', /s1 = s2/);
  assert.match(facts.kind === 'made' ? (facts.warnings[1]?.text ?? '') : '', /2 rows/);
  assert.equal(
    unwrap(facts).splits.map((one) => [one.clusters, one.rows]),
    [
      [2, 2],
      [1, 1],
    ],
  );
});

test('equal numbers are no copies', () => {
  const spec = tableOf('subject,score\ns1,3\ns2,3\ns2,3\n', { oneToken: [], variants: [] });
  const { text: _, ...numbersOnly } = spec;
  const facts = dataFacts({ spec: numbersOnly, root: ROOT });
  assert.equal(kindsOf(facts), []);
  assert.equal(
    unwrap(facts).splits.map((one) => [one.clusters, one.rows]),
    [[2, 3]],
  );
  assert.equal(numbers(rowsOf(numbersOnly, 'train'), 'score'), [3, 3, 3]);
});

test('what a table lacks is named', () => {
  const kinds = (change: Partial<TableSpec>): string[] =>
    kindsOf(dataFacts({ spec: tableOf(CSV, change), root: ROOT, tokenizer: WORDS }));
  const missing = dataFacts({
    spec: tableOf(CSV, { cluster: 'subjct', split: { kind: 'shares', shares: ALL } }),
    root: ROOT,
    tokenizer: WORDS,
  });
  assert.equal(kindsOf(missing), ['cluster-column-missing']);
  assert.match(missing.kind === 'failed' ? (missing.problems[0]?.help ?? '') : '', /`subject`/);
  assert.equal(kinds({ text: 'promt' }), ['column-missing']);
  assert.equal(kinds({ split: { kind: 'by', column: 'site', shares: ALL } }), ['split-column-unknown']);
  assert.equal(kinds({ split: { kind: 'by', column: 'subject', shares: THREE }, cluster: 'odd' }), [
    'empty-split',
  ]);
  assert.equal(kinds({ oneToken: ['prompt'], text: 'swapped' }).slice(0, 1), ['answer-not-one-token']);
  assert.equal(kindsOf(dataFacts({ spec: tableOf(CSV), root: ROOT })), ['tokenizer-missing']);
  assert.equal(
    kindsOf(dataFacts({ spec: tableOf(CSV.replace('Dan went', 'Zoe went')), root: ROOT, tokenizer: WORDS })),
    ['unknown-word'],
  );
  assert.equal(
    kindsOf(
      dataFacts({
        spec: tableOf('subject,prompt,swapped,right\ns1,,Ann,Ann\n'),
        root: ROOT,
        tokenizer: WORDS,
      }),
    ),
    ['empty-text'],
  );
});

test('facts of a table: types, missing values, lengths', () => {
  const facts = unwrap(dataFacts({ spec: tableOf(CSV), root: ROOT, tokenizer: WORDS }));
  assert.equal(
    facts.columns.map((one) => [one.name, one.kind, one.partial]),
    [
      ['tokens', 'tokens', false],
      ['next_token', 'position-token', true],
      ['subject', 'text', false],
      ['prompt', 'text', false],
      ['swapped', 'text', false],
      ['right', 'token', false],
      ['score', 'float', true],
      ['odd', 'bool', true],
    ],
  );
  assert.equal(facts.length, { low: 2, high: 4 });
  assert.is(facts.variants[0]?.aligned, true);
  assert.not.ok(facts.drawn);
});

test('a table is identified by its bytes: a changed value is other data', () => {
  assert.is.not(dataDigest(tableOf(CSV)), dataDigest(tableOf(CSV.replace('1.5', '1.6'))));
  assert.is(dataDigest(tableOf(CSV)), dataDigest(tableOf(CSV)));
});

const ROWS: LiteralRowsSpec = {
  kind: 'rows',
  rows: Array.from(
    { length: 6 },
    (_, index): LiteralRow => ({
      cluster: `c${index}`,
      input: { kind: 'tokens', tokens: [index, index + 1, index + 2].slice(0, 2 + (index % 2)) },
      values: { label: index, name: `row ${index}`, odd: index % 2 === 1 },
      variants: { flipped: { kind: 'tokens', tokens: [9, index] } },
    }),
  ),
  oneToken: [],
  split: { kind: 'shares', shares: ALL },
};

test('rows written out come back as they were written', () => {
  const rows = rowsOf(ROWS, 'train');
  for (const [row, label] of numbers(rows, 'label').entries()) {
    assert.equal(
      rowOf(rows.columns.get('tokens'), row),
      [label, label + 1, label + 2].slice(0, 2 + (label % 2)),
    );
    assert.equal(rowOf(rows.variants.get('flipped')?.columns.get('tokens'), row), [9, label]);
    assert.is(texts(rows, 'name')[row], `row ${label}`);
    assert.is(numbers(rows, 'odd')[row], label % 2);
    assert.is(rowLabel(rows, row, 'flipped'), `9 ${label}`);
  }
});

test('rows written out must be alike, and their tokens must exist', () => {
  const odd = (row: Partial<LiteralRow>): string[] => {
    const rows = ROWS.rows.map((one, index) => (index === 2 ? { ...one, ...row } : one));
    return kindsOf(materialise({ spec: { ...ROWS, rows }, root: ROOT, split: 'train', tokenizer: WORDS }));
  };
  assert.equal(odd({ values: {} }), ['values-differ']);
  assert.equal(odd({ variants: {} }), ['values-differ']);
  assert.equal(odd({ input: { kind: 'text', text: 'Ann' } }), ['values-differ']);
  assert.equal(odd({ values: { label: 'x', name: 'y', odd: true } }), ['values-differ']);
  assert.equal(odd({ input: { kind: 'tokens', tokens: [999] } }), ['token-out-of-range']);
  assert.equal(odd({ input: { kind: 'tokens', tokens: [] } }), ['empty-text']);
  assert.equal(kindsOf(materialise({ spec: { ...ROWS, rows: [] }, root: ROOT, split: 'train' })), [
    'empty-data',
  ]);
});

test.run();
