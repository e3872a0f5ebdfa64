import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { DataFacts } from '../../../src/compiler/data/data-facts.js';
import type { TemplateSpec } from '../../../src/compiler/data/data-spec.js';
import { dataFacts } from '../../../src/runtime/data/data-facts.js';
import { materialise } from '../../../src/runtime/data/materialise.js';
import type { DataProblem } from '../../../src/runtime/data/problem.js';
import type { RowTokenizer } from '../../../src/runtime/data/row-tokenizer.js';
import {
  CHARLIE,
  column,
  IOI,
  kindsOf,
  LETTERS,
  NAMES,
  ROOT,
  rowsOf,
  TEMPLATES,
  THREE,
  unwrap,
  WORDS,
} from './fixtures.js';

const test = suite('template problems and facts');

function problemsOf(
  change: Partial<TemplateSpec>,
  tokenizer: RowTokenizer | undefined = WORDS,
): readonly DataProblem[] {
  const spec = { ...IOI, ...change };
  const facts = dataFacts({ spec, root: ROOT, ...(tokenizer === undefined ? {} : { tokenizer }) });
  return facts.kind === 'failed' ? facts.problems : facts.warnings;
}

const kinds = (change: Partial<TemplateSpec>): string[] => problemsOf(change).map((one) => one.kind);

test('a hole that is not declared is named, with the nearest one', () => {
  const [found, ...more] = problemsOf({
    templates: TEMPLATES.map((line, index) => (index === 3 ? line.replace('{place}', '{plce}') : line)),
  });
  assert.equal(more, []);
  assert.is(found?.kind, 'unknown-hole');
  assert.is(found?.subject, 'plce');
  assert.match(found?.help ?? '', /`place`/);
});

test('a hole of a variant has no value in the base', () => {
  assert.equal(kinds({ templates: CHARLIE }).slice(0, 1), ['unknown-hole']);
});

test('a brace without a hole is refused', () => {
  assert.equal(kinds({ templates: TEMPLATES.map((line, index) => (index === 0 ? `${line} {` : line)) }), [
    'bad-template',
  ]);
  assert.equal(kinds({ columns: [{ name: 'answer', pattern: ' {IO} }' }] }), ['bad-template']);
});

test('a variant with another number of lines is refused', () => {
  const [found] = problemsOf({
    variants: [
      {
        name: 'short',
        templates: CHARLIE.slice(1),
        holes: [{ names: ['C'], source: column(NAMES), distinct: true }],
        columns: [],
      },
    ],
  });
  assert.is(found?.kind, 'unequal-lines');
  assert.match(found?.text ?? '', /9 lines.*10/);
});

test('too few values to stay distinct is found before anything is drawn', () => {
  // IO, S1 and, in abc, S2: three different names.
  const withNames = (count: number): Partial<TemplateSpec> => ({
    holes: [
      { names: ['IO', 'S1'], source: column(NAMES.slice(0, count)), distinct: true },
      ...IOI.holes.slice(1),
    ],
    variants: [
      {
        name: 'abc',
        holes: [{ names: ['S2'], source: column(NAMES.slice(0, count)), distinct: true }],
        columns: [],
      },
    ],
  });
  assert.equal(kinds(withNames(3)), []);
  assert.equal(
    problemsOf(withNames(2)).map((one) => [one.kind, one.subject]),
    [['too-few-values', 'S2']],
  );
  assert.equal(
    problemsOf(withNames(1)).map((one) => one.subject),
    ['IO', 'S1', 'S2'],
  );
  assert.equal(rowsOf({ ...IOI, ...withNames(3) }, 'discover', { tokenizer: WORDS }).rows, 80);
});

test('a variant that draws a hole again must also differ from the value it replaces', () => {
  const redrawn = (count: number): Partial<TemplateSpec> => ({
    holes: [
      { names: ['IO', 'S1'], source: column(NAMES.slice(0, count)), distinct: true },
      ...IOI.holes.slice(1),
    ],
    variants: [
      {
        name: 'other',
        holes: [{ names: ['IO'], source: column(NAMES.slice(0, count)), distinct: true }],
        columns: [],
      },
    ],
  });
  assert.equal(kinds(redrawn(2)), ['too-few-values']);
  assert.equal(kinds(redrawn(3)), []);
});

test('a column without values is refused', () => {
  const holes = [...IOI.holes.slice(0, 2), { names: ['place'], source: column([]), distinct: false }];
  assert.equal(kinds({ holes }), ['too-few-values']);
});

test('holes that are the same as each other, or as nothing, are refused', () => {
  const same = (name: string, hole: string) =>
    ({ names: [name], source: { kind: 'same', hole }, distinct: false }) as const;
  assert.equal(kinds({ holes: [...IOI.holes, same('a', 'b'), same('b', 'a')] }), ['hole-cycle']);
  assert.equal(kinds({ holes: [...IOI.holes, same('a', 'S3')] }), ['unknown-hole']);
  assert.equal(kinds({ holes: [...IOI.holes, same('IO', 'S1')] }).slice(0, 1), ['hole-repeated']);
});

test('chains of equal holes resolve in any order', () => {
  const same = (name: string, hole: string) =>
    ({ names: [name], source: { kind: 'same', hole }, distinct: false }) as const;
  const rows = rowsOf(
    {
      ...IOI,
      holes: [same('Z', 'S2'), ...IOI.holes],
      columns: [
        { name: 'last', pattern: ' {Z}' },
        { name: 'wrong', pattern: ' {S1}' },
      ],
    },
    'discover',
    { tokenizer: WORDS },
  );
  assert.equal(rows.columns.get('last'), rows.columns.get('wrong'));
});

test('words that the tokenizer lacks are listed, in fillers and in fixed text', () => {
  const holes = [
    ...IOI.holes.slice(0, 2),
    { names: ['place'], source: column(['park', 'moon']), distinct: false },
  ];
  const [found] = problemsOf({
    holes,
    templates: TEMPLATES.map((line, index) => (index === 2 ? `Suddenly ${line}` : line)),
  });
  assert.is(found?.kind, 'unknown-word');
  assert.match(found?.text ?? '', /`moon`/);
  assert.match(found?.text ?? '', /`Suddenly`/);
  assert.equal(
    kindsOf(materialise({ spec: { ...IOI, holes }, root: ROOT, split: 'discover', tokenizer: WORDS })),
    ['unknown-word'],
  );
});

test('an answer of several tokens is refused', () => {
  assert.equal([...new Set(problemsOf({}, LETTERS).map((one) => one.kind))], ['answer-not-one-token']);
  assert.equal(kinds({ columns: [{ name: 'answer', pattern: ' {IO} and' }] }), ['answer-not-one-token']);
  const both = materialise({
    spec: { ...IOI, columns: [{ name: 'pair', pattern: '{IO} {S1}' }] },
    root: ROOT,
    split: 'discover',
    tokenizer: WORDS,
  });
  assert.ok(kindsOf(both).every((kind) => kind === 'answer-not-one-token'));
});

test('text without a tokenizer is refused', () => {
  assert.equal(kindsOf(dataFacts({ spec: IOI, root: ROOT })), ['tokenizer-missing']);
  assert.equal(kindsOf(materialise({ spec: IOI, root: ROOT, split: 'discover' })), ['tokenizer-missing']);
});

test('names that rows have by themselves are taken', () => {
  assert.equal(kinds({ columns: [{ name: 'template', pattern: ' {IO}' }] }), ['column-repeated']);
  assert.equal(kinds({ columns: [{ name: 'IO', pattern: ' {IO}' }] }), ['column-repeated']);
});

test('no templates, too few templates, another split column', () => {
  assert.equal(kinds({ templates: [], variants: [] }).slice(0, 1), ['empty-data']);
  assert.equal(kinds({ templates: TEMPLATES.slice(0, 2), variants: [] }), ['empty-split']);
  assert.equal(kinds({ split: { kind: 'by', column: 'place', shares: THREE } }), ['split-column-unknown']);
});

test('templates of one text are one cluster, and said to be', () => {
  const templates = TEMPLATES.map((line, index) => (index === 9 ? ` ${TEMPLATES[0] ?? ''}` : line));
  const spec = { ...IOI, templates, variants: [] };
  const facts = dataFacts({ spec, root: ROOT, tokenizer: WORDS });
  assert.equal(kindsOf(facts), ['clusters-merged']);
  assert.is(
    unwrap(facts).splits.reduce((sum, one) => sum + one.clusters, 0),
    9,
  );
  const ids = ['discover', 'reference'].flatMap(
    (split) => rowsOf(spec, split, { tokenizer: WORDS }).clusters.ids,
  );
  assert.is(new Set(ids).size, ids.length);
});

test('a path through a variant that does not exist is refused', () => {
  const asked = dataFacts({ spec: IOI, root: ROOT, tokenizer: WORDS, paths: ['charlie.abd'] });
  assert.equal(kindsOf(asked), ['unknown-variant']);
  assert.match(asked.kind === 'failed' ? (asked.problems[0]?.help ?? '') : '', /`abc`/);
});

test('facts tell columns, roles, variants and lengths before there are rows', () => {
  const facts = unwrap(dataFacts({ spec: IOI, root: ROOT, tokenizer: WORDS, paths: ['charlie.abc'] }));
  const asked: DataFacts = facts; // what the checker asks for
  assert.is(asked.variants.length, 3);
  assert.is(facts.clusterBy, 'template');
  assert.ok(facts.drawn);
  assert.equal(facts.roles, ['IO', 'S1', 'S2', 'place', 'end']);
  assert.equal(
    facts.columns.map((one) => `${one.name} ${one.kind}`),
    [
      'tokens tokens',
      'next_token position-token',
      'role position-int',
      'text text',
      'template int',
      'answer token',
      'wrong token',
      'IO text',
      'S1 text',
      'S2 text',
      'place text',
    ],
  );
  assert.equal(
    facts.variants.map((one) => [one.path, one.sameText, one.aligned, one.alignedWith, one.length]),
    [
      ['abc', true, true, [], { low: 13, high: 13 }],
      ['charlie', false, false, ['charlie.abc'], { low: 15, high: 15 }],
      ['charlie.abc', false, false, ['charlie'], { low: 15, high: 15 }],
    ],
  );
  assert.equal(facts.length, { low: 13, high: 13 });
});

test('the range of lengths holds every row, and fillers of several tokens keep no lengths', () => {
  const spec = {
    ...IOI,
    columns: [],
    variants: [
      {
        name: 'abc',
        holes: [{ names: ['S2'], source: column([...NAMES, 'Christopher']), distinct: true }],
        columns: [],
      },
    ],
  };
  const facts = unwrap(dataFacts({ spec, root: ROOT, tokenizer: LETTERS }));
  const lengths = ['discover', 'reference'].flatMap((split) => [
    ...rowsOf(spec, split, { tokenizer: LETTERS }).lengths,
  ]);
  assert.is(Math.min(...lengths) >= facts.length.low && Math.max(...lengths) <= facts.length.high, true);
  assert.is(facts.length.high - facts.length.low, 6 - 4 + 1); // park against school, Once against While
  assert.not.ok(facts.variants[0]?.aligned);
});

test.run();
