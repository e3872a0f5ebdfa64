// Rows of one's own, from a table: the columns of the file, the tokens of its text column, and variants by paired columns.

import type { ColumnFacts } from '../../compiler/data/data-facts.js';
import type { TableColumn, TableSpec } from '../../compiler/data/data-spec.js';
import { plainTokenRows, ragged, scalarColumn } from './columns.js';
import { ColumnEncoder, checkTokens } from './encode-column.js';
import {
  type ContentFacts,
  compareLengths,
  type Fill,
  type FilledRows,
  fullColumn,
  type LengthFact,
  spanLengths,
  TOKEN_FACTS,
} from './fill.js';
import { type FixedRow, layOutFixed, normalise } from './fixed-layout.js';
import type { Layout } from './layout.js';
import {
  clusterColumnMissing,
  columnMissing,
  columnRepeated,
  type DataProblem,
  failed,
  hasError,
  type Made,
  madeUnless,
  splitColumnUnknown,
  tokenizerMissing,
  unknownVariant,
} from './problem.js';
import type { Column, RowColumns } from './row-set.js';
import type { RowTokenizer } from './row-tokenizer.js';

const names = (spec: TableSpec): string[] => spec.columns.map((column) => column.name);

function checkTable(spec: TableSpec): DataProblem[] {
  const problems: DataProblem[] = [];
  const known = names(spec);
  if (!known.includes(spec.cluster)) problems.push(clusterColumnMissing(spec.cluster, known));
  const used = [
    ...spec.oneToken,
    ...spec.variants.flatMap((variant) => variant.replaced.flatMap((one) => [one.column, one.from])),
  ];
  for (const name of spec.text === undefined ? used : [spec.text, ...used]) {
    if (!known.includes(name)) problems.push(columnMissing(name, known));
  }
  if (spec.split.kind === 'by' && !known.includes(spec.split.column)) {
    problems.push(splitColumnUnknown(spec.split.column, known));
  }
  if (spec.text !== undefined && spec.text !== 'tokens' && known.includes('tokens'))
    problems.push(columnRepeated('tokens'));
  return problems;
}

/** A value as text, for cluster names and for comparing rows. */
function cellText(column: TableColumn | undefined, row: number): string {
  const value = column?.values[row];
  return typeof value === 'object' && value !== null ? value.join(' ') : String(value ?? '');
}

export function layOutTable(spec: TableSpec, root: string): Made<Layout> {
  const problems = checkTable(spec);
  if (hasError(problems)) return failed(problems);
  const find = (name: string | undefined): TableColumn | undefined =>
    spec.columns.find((column) => column.name === name);
  const cluster = find(spec.cluster);
  const unit = spec.split.kind === 'by' ? find(spec.split.column) : cluster;
  const text = find(spec.text);
  const others = spec.columns.filter((column) => column.name !== spec.cluster);
  const count = spec.columns[0]?.values.length ?? 0;
  const rows: FixedRow[] = [];
  for (let row = 0; row < count; row++) {
    const whole = others.map((column) => normalise(cellText(column, row))).join('\0');
    const content = normalise(cellText(text, row));
    // Equal numbers are no copies: only rows with text are compared.
    rows.push({
      cluster: cellText(cluster, row),
      unit: cellText(unit, row),
      content: text === undefined ? null : content,
      whole: text === undefined ? null : whole,
    });
  }
  return layOutFixed({ what: 'the table', unit: spec.cluster, rows, split: spec.split, root });
}

export function fillTable(spec: TableSpec, fill: Fill): Made<FilledRows> {
  const encoder = fill.tokenizer === undefined ? undefined : new ColumnEncoder(fill.tokenizer);
  const problems: DataProblem[] = [];
  if (encoder === undefined && needsTokenizer(spec)) return failed([tokenizerMissing()]);
  const write = (picked: readonly TableColumn[]): RowColumns => {
    const columns = new Map<string, Column>();
    let tokens = ragged(fill.places.map(() => []));
    for (const column of picked) {
      const own = fill.places.map((place) => place.source);
      if (column.name === spec.text) {
        if (column.kind === 'tokens') {
          const rows = own.map((row) => column.values[row] ?? []);
          problems.push(...checkTokens(rows, fill.tokenizer?.vocab));
          tokens = ragged(rows);
        } else if (encoder !== undefined) {
          tokens = encoder.tokens(own.map((row) => cellText(column, row)));
        }
      }
      if (encoder !== undefined && spec.oneToken.includes(column.name)) {
        columns.set(
          column.name,
          encoder.oneToken(
            column.name,
            own.map((row) => cellText(column, row)),
          ),
        );
      } else if (column.name !== 'tokens') columns.set(column.name, tableColumn(column, own));
    }
    if (spec.text === undefined) {
      const lengths = new Int32Array(fill.places.length);
      return { lengths, columns, roles: new Map(), roleStarts: new Map() };
    }
    return plainTokenRows(tokens, columns);
  };
  const base = write(spec.columns);
  const variants = new Map<string, RowColumns>();
  for (const path of fill.variants) {
    const columns = variantColumns(spec, path);
    if (columns === undefined)
      problems.push(
        unknownVariant(
          path,
          spec.variants.map((variant) => variant.name),
        ),
      );
    else variants.set(path, write(columns));
  }
  problems.push(...(encoder?.problems() ?? []));
  return madeUnless(problems, () => ({ base, variants }));
}

function needsTokenizer(spec: TableSpec): boolean {
  const text = spec.columns.find((column) => column.name === spec.text);
  return spec.oneToken.length > 0 || (text !== undefined && text.kind !== 'tokens');
}

/** The columns of a path such as `a.b`: each name replaces columns of the base, later names last. */
function variantColumns(spec: TableSpec, path: string): TableColumn[] | undefined {
  let columns = [...spec.columns];
  for (const name of path.split('.')) {
    const variant = spec.variants.find((one) => one.name === name);
    if (variant === undefined) return undefined;
    columns = columns.map((column) => {
      const from = variant.replaced.find((one) => one.column === column.name)?.from;
      const source = spec.columns.find((one) => one.name === from);
      return source === undefined ? column : { ...source, name: column.name };
    });
  }
  return columns;
}

function tableColumn(column: TableColumn, rows: readonly number[]): Column {
  switch (column.kind) {
    case 'numbers':
      return scalarColumn(
        column.whole ? 'int' : 'float',
        rows.map((row) => column.values[row] ?? null),
      );
    case 'flags':
      return scalarColumn(
        'bool',
        rows.map((row) => flagNumber(column.values[row])),
      );
    case 'texts':
      return { kind: 'texts', values: rows.map((row) => column.values[row] ?? '') };
    case 'tokens':
      return { kind: 'tokens', ...ragged(rows.map((row) => column.values[row] ?? [])) };
  }
}

function flagNumber(value: boolean | null | undefined): number | null {
  if (value === null || value === undefined) return null;
  return value ? 1 : 0;
}

export function factsOfTable(
  spec: TableSpec,
  tokenizer: RowTokenizer | undefined,
  paths: readonly string[],
): Made<ContentFacts> {
  const encoder = tokenizer === undefined ? undefined : new ColumnEncoder(tokenizer);
  if (encoder === undefined && needsTokenizer(spec)) return failed([tokenizerMissing()]);
  const problems: DataProblem[] = [];
  const lengthsOf = (columns: readonly TableColumn[]): LengthFact[] => {
    const text = columns.find((column) => column.name === spec.text);
    if (text === undefined) return [];
    const lengthOf = (row: number): number =>
      text.kind === 'tokens'
        ? (text.values[row]?.length ?? 0)
        : (encoder?.encode(cellText(text, row)).ids.length ?? 0);
    return text.values.map((_, row) => {
      const length = lengthOf(row);
      return { low: length, high: length };
    });
  };
  const answers = new Set([
    ...spec.oneToken,
    ...spec.variants.flatMap(({ replaced }) =>
      replaced.filter((one) => spec.oneToken.includes(one.column)).map((one) => one.from),
    ),
  ]);
  for (const column of spec.columns) {
    if (answers.has(column.name))
      encoder?.oneToken(
        column.name,
        column.values.map((_, row) => cellText(column, row)),
      );
  }
  const base = lengthsOf(spec.columns);
  const all = [...new Set([...spec.variants.map((variant) => variant.name), ...paths])];
  const variants = all.flatMap((path) => {
    const columns = variantColumns(spec, path);
    if (columns === undefined) {
      problems.push(
        unknownVariant(
          path,
          spec.variants.map((variant) => variant.name),
        ),
      );
      return [];
    }
    return [
      { path, sameText: false, lengths: lengthsOf(columns), roles: spec.text === undefined ? [] : ['end'] },
    ];
  });
  problems.push(...(encoder?.problems() ?? []));
  return madeUnless(problems, () => ({
    columns: [
      ...(spec.text === undefined ? [] : TOKEN_FACTS),
      ...spec.columns
        .filter((column) => column.name !== 'tokens' || spec.text === undefined)
        .map((column) => columnFact(spec, column)),
    ],
    roles: spec.text === undefined ? [] : ['end'],
    variants: compareLengths(base, variants),
    length: spanLengths(base),
  }));
}

function columnFact(spec: TableSpec, column: TableColumn): ColumnFacts {
  if (spec.oneToken.includes(column.name)) return fullColumn(column.name, 'token');
  switch (column.kind) {
    case 'numbers':
      return {
        name: column.name,
        kind: column.whole ? 'int' : 'float',
        partial: column.values.includes(null),
      };
    case 'flags':
      return { name: column.name, kind: 'bool', partial: column.values.includes(null) };
    case 'texts':
      return fullColumn(column.name, 'text');
    case 'tokens':
      return fullColumn(column.name, 'tokens');
  }
}
