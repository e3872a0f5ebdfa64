// Specs and helpers that several of these tests build on.

import type { DataSpec, HoleSpec, Share, TemplateSpec } from '../../../src/compiler/data/data-spec.js';
import { dataDigest } from '../../../src/runtime/data/data-digest.js';
import { materialise } from '../../../src/runtime/data/materialise.js';
import type { Made, ProblemKind } from '../../../src/runtime/data/problem.js';
import type { Column, RowColumns, RowSet } from '../../../src/runtime/data/row-set.js';
import type { RowTokenizer } from '../../../src/runtime/data/row-tokenizer.js';
import { wordTokenizer } from '../../../src/runtime/data/word-tokenizer.js';

export const ROOT = '5e'.repeat(32);
export const THREE: readonly Share[] = [
  { name: 'discover', share: 0.4 },
  { name: 'reference', share: 0.1 },
  { name: 'confirm', share: 0.5 },
];

export function unwrap<T>(result: Made<T>): T {
  if (result.kind === 'failed')
    throw new Error(result.problems.map((one) => `${one.kind}: ${one.text}`).join('\n'));
  return result.value;
}

/** Kinds of the errors, or of the warnings where there are none. */
export function kindsOf(result: Made<unknown>): ProblemKind[] {
  return (result.kind === 'failed' ? result.problems : result.warnings).map((one) => one.kind);
}

export const NAMES = ['Ann', 'Bob', 'Cid', 'Dan', 'Eve', 'Fay', 'Gus', 'Hal'];
export const PLACES = ['park', 'shop', 'school'];

export const column = (values: readonly string[]): HoleSpec['source'] => ({ kind: 'column', values });

/** Ten templates of two shapes; names in two orders. */
export const TEMPLATES = Array.from({ length: 10 }, (_, index) => {
  const opening = ['When', 'After', 'While', 'Once', 'Then'][Math.floor(index / 2)] ?? '';
  return index % 2 === 0
    ? `${opening} {IO} and {S1} went to the {place}, {S2} gave it to`
    : `${opening} {S1} and {IO} went to the {place}, {S2} gave it to`;
});
export const CHARLIE = TEMPLATES.map((line) => line.replace('{place},', '{place} with {C},'));

export const IOI: TemplateSpec = {
  kind: 'template',
  templates: TEMPLATES,
  holes: [
    { names: ['IO', 'S1'], source: column(NAMES), distinct: true },
    { names: ['S2'], source: { kind: 'same', hole: 'S1' }, distinct: false },
    { names: ['place'], source: column(PLACES), distinct: false },
  ],
  columns: [
    { name: 'answer', pattern: ' {IO}' },
    { name: 'wrong', pattern: ' {S1}' },
  ],
  variants: [
    { name: 'abc', holes: [{ names: ['S2'], source: column(NAMES), distinct: true }], columns: [] },
    {
      name: 'charlie',
      templates: CHARLIE,
      holes: [{ names: ['C'], source: column(NAMES), distinct: true }],
      columns: [{ name: 'answer', pattern: ' {C}' }],
    },
  ],
  generalisesTo: 'templates',
  size: 200,
  split: { kind: 'by', column: 'template', shares: THREE },
};

export const VOCAB = [
  ...NAMES,
  ...PLACES,
  ...'When After While Once Then and went to the , gave it with Zed'.split(' '),
];
export const WORDS = wordTokenizer(VOCAB);

/** One token per character: every filler is several tokens. */
export const LETTERS: RowTokenizer = {
  digest: 'letters',
  vocab: 0x10000,
  encode: (text) => ({
    ids: [...text].map((sign) => sign.codePointAt(0) ?? 0),
    starts: [...text].map((_, index) => index),
    ends: [...text].map((_, index) => index + 1),
    unknown: [],
  }),
};

export function rowsOf(
  spec: DataSpec,
  split: string,
  more: { tokenizer?: RowTokenizer; variants?: readonly string[]; root?: string } = {},
): RowSet {
  const { root = dataDigest(spec), ...rest } = more;
  return unwrap(materialise({ spec, root, split, ...rest }));
}

export function texts(rows: RowColumns | undefined, name: string): readonly string[] {
  const found = rows?.columns.get(name);
  if (found?.kind !== 'texts') throw new Error(`no texts ${name}`);
  return found.values;
}

export function numbers(rows: RowColumns | undefined, name: string): number[] {
  const found = rows?.columns.get(name);
  if (found === undefined || found.kind === 'texts') throw new Error(`no numbers ${name}`);
  return [...found.values];
}

/** The values of one row of a column with one value per position. */
export function rowOf(found: Column | undefined, row: number): number[] {
  if (found === undefined || found.kind === 'texts' || found.kind === 'scalars')
    throw new Error('not ragged');
  return [...found.values.subarray(found.offsets[row], found.offsets[row + 1])];
}
