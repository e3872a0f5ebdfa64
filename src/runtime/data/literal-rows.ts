// Rows written out in full: for tests and for a file that is just begun. Lowered to a table, whose rules they follow.
import { digest } from '../../compiler/base/digest.js';
import type {
  LiteralInput,
  LiteralRow,
  LiteralRowsSpec,
  TableColumn,
  TableSpec,
} from '../../compiler/data/data-spec.js';
import { type DataProblem, failed, type Made, madeUnless, valuesDiffer } from './problem.js';

/** The column that holds the clusters of literal rows. */
export const LITERAL_CLUSTER = 'cluster';

/** Text of variant `v` stands in column `text@v` (or `tokens@v`), which no name of the language can collide with. */
export function tableOfLiteralRows(spec: LiteralRowsSpec): Made<TableSpec> {
  const [first] = spec.rows;
  const problems: DataProblem[] = [];
  const kind = first?.input.kind ?? 'text';
  const text = kind === 'text' ? 'text' : 'tokens';
  const names = Object.keys(first?.values ?? {});
  const variants = Object.keys(first?.variants ?? {});
  for (const [index, row] of spec.rows.entries())
    problems.push(...compareRow(index, row, { kind, names, variants }));
  if (problems.length > 0) return failed(problems);
  const columns: TableColumn[] = [
    { kind: 'texts', name: LITERAL_CLUSTER, values: spec.rows.map((row) => row.cluster) },
    inputColumn(
      text,
      spec.rows.map((row) => row.input),
    ),
  ];
  for (const variant of variants) {
    columns.push(
      inputColumn(
        `${text}@${variant}`,
        spec.rows.map((row) => row.variants[variant] ?? row.input),
      ),
    );
  }
  for (const name of names) {
    const column = valueColumn(
      name,
      spec.rows.map((row) => row.values[name] ?? ''),
    );
    if (column === undefined)
      problems.push(valuesDiffer(1, `begins a column \`${name}\` whose values are not of one kind`));
    else columns.push(column);
  }
  return madeUnless(problems, () => ({
    kind: 'table',
    source: digest('rows', spec.rows),
    columns,
    cluster: LITERAL_CLUSTER,
    text,
    oneToken: spec.oneToken,
    variants: variants.map((name) => ({ name, replaced: [{ column: text, from: `${text}@${name}` }] })),
    split: spec.split,
  }));
}

type Shape = {
  readonly kind: LiteralInput['kind'];
  readonly names: readonly string[];
  readonly variants: readonly string[];
};

function compareRow(index: number, row: LiteralRow, shape: Shape): DataProblem[] {
  const problems: DataProblem[] = [];
  const own = [row.input, ...Object.values(row.variants)];
  if (own.some((input) => input.kind !== shape.kind)) {
    problems.push(valuesDiffer(index + 1, 'is written as text and others as tokens, or the reverse'));
  }
  if (
    !sameNames(Object.keys(row.values), shape.names) ||
    !sameNames(Object.keys(row.variants), shape.variants)
  ) {
    problems.push(valuesDiffer(index + 1, 'has other values or variants than the first row'));
  }
  return problems;
}

function sameNames(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name) => other.includes(name));
}

function inputColumn(name: string, inputs: readonly LiteralInput[]): TableColumn {
  if (inputs.every((input) => input.kind === 'text'))
    return { kind: 'texts', name, values: inputs.map((input) => input.text) };
  return {
    kind: 'tokens',
    name,
    values: inputs.map((input) => (input.kind === 'tokens' ? input.tokens : [])),
  };
}

function valueColumn(name: string, values: readonly (number | string | boolean)[]): TableColumn | undefined {
  if (values.every((value) => typeof value === 'number')) {
    return { kind: 'numbers', name, whole: values.every((value) => Number.isInteger(value)), values };
  }
  if (values.every((value) => typeof value === 'boolean')) return { kind: 'flags', name, values };
  if (values.every((value) => typeof value === 'string')) return { kind: 'texts', name, values };
  return undefined;
}
