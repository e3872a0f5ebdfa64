// Everything that can be wrong with a data declaration or its files, as typed facts with their wording. The checker
// turns them into diagnostics with spans; the runtime turns them into run errors.
import { suggest } from '../../compiler/base/suggest.js';

export type ProblemKind = keyof typeof PROBLEM_SEVERITY;

/** An error stops; a warning is printed and recorded. */
export const PROBLEM_SEVERITY = {
  'answer-not-one-token': 'error',
  'bad-grid': 'error',
  'bad-parquet': 'error',
  'bad-range': 'error',
  'bad-shares': 'error',
  'bad-size': 'error',
  'bad-table-line': 'error',
  'bad-template': 'error',
  'cluster-column-missing': 'error',
  'clusters-merged': 'warning',
  'column-missing': 'error',
  'column-repeated': 'error',
  'duplicate-rows': 'warning',
  'empty-data': 'error',
  'empty-split': 'error',
  'empty-text': 'error',
  'file-changed': 'error',
  'file-too-large': 'error',
  'file-unreadable': 'error',
  'hole-cycle': 'error',
  'hole-repeated': 'error',
  'no-donor': 'error',
  'no-files': 'error',
  'not-one-column': 'error',
  'not-text': 'error',
  'ragged-row': 'error',
  'split-column-unknown': 'error',
  'split-unknown': 'error',
  'token-out-of-range': 'error',
  'tokenizer-missing': 'error',
  'too-few-values': 'error',
  'unequal-lines': 'error',
  'unknown-hole': 'error',
  'unknown-variant': 'error',
  'unknown-word': 'error',
  'unsupported-column': 'error',
  'values-differ': 'error',
} as const satisfies Record<string, 'error' | 'warning'>;

export type DataProblem = {
  readonly kind: ProblemKind;
  readonly severity: 'error' | 'warning';
  readonly text: string;
  /** The name, line or path it is about, for the checker to find its span. */
  readonly subject?: string;
  readonly help?: string;
};

/** Either a value (with warnings), or the errors that prevented it. */
export type Made<T> =
  | { readonly kind: 'made'; readonly value: T; readonly warnings: readonly DataProblem[] }
  | { readonly kind: 'failed'; readonly problems: readonly DataProblem[] };

export function made<T>(value: T, warnings: readonly DataProblem[] = []): Made<T> {
  return { kind: 'made', value, warnings };
}

/** The value when none of `found` is an error. */
export function madeUnless<T>(found: readonly DataProblem[], value: () => T): Made<T> {
  return hasError(found) ? failed(found) : made(value(), found);
}

export function failed<T>(problems: readonly DataProblem[]): Made<T> {
  return { kind: 'failed', problems };
}

export function hasError(problems: readonly DataProblem[]): boolean {
  return problems.some((one) => one.severity === 'error');
}

function problem(
  kind: ProblemKind,
  text: string,
  more: { subject?: string; help?: string } = {},
): DataProblem {
  return { kind, severity: PROBLEM_SEVERITY[kind], text, ...more };
}

function nearest(word: string, names: Iterable<string>): { help?: string } {
  const near = suggest(word, names);
  return near.length === 0 ? {} : { help: `did you mean ${near.map((name) => `\`${name}\``).join(' or ')}` };
}

const listed = (names: readonly string[], limit = 5): string => {
  const shown = names.slice(0, limit).map((name) => `\`${name}\``);
  return shown.join(', ') + (names.length > limit ? ` and ${names.length - limit} more` : '');
};

export const answerNotOneToken = (column: string, text: string, tokens: number): DataProblem =>
  problem('answer-not-one-token', `\`${column}\` must be one token, but \`${text}\` is ${tokens}`, {
    subject: column,
    help: 'choose words that the tokenizer keeps whole',
  });

export const badGrid = (text: string, subject: string): DataProblem => problem('bad-grid', text, { subject });

export const badParquet = (path: string, why: string): DataProblem =>
  problem('bad-parquet', `\`${path}\` cannot be read as Parquet: ${why}`, { subject: path });

export const badRange = (name: string, low: number, high: number): DataProblem =>
  problem(
    'bad-range',
    `\`${name}\` runs from ${low} to ${high}, which holds no whole number that can be used`,
    {
      subject: name,
    },
  );

export const badShares = (text: string, subject: string): DataProblem =>
  problem('bad-shares', text, { subject });

export const badSize = (size: number): DataProblem =>
  problem('bad-size', `size ${size} is not a whole number of rows between 1 and 10,000,000`, {
    subject: 'size',
  });

export const badTableLine = (path: string, line: number, why: string): DataProblem =>
  problem('bad-table-line', `row ${line} of \`${path}\` cannot be read: ${why}`, { subject: path });

export const badTemplate = (line: string): DataProblem =>
  problem('bad-template', `a brace of \`${line}\` does not belong to a hole such as {name}`, {
    subject: line,
  });

export const clusterColumnMissing = (cluster: string, names: readonly string[]): DataProblem =>
  problem('cluster-column-missing', `the table has no column \`${cluster}\` to take clusters from`, {
    subject: cluster,
    help: nearest(cluster, names).help ?? `its columns are ${listed(names)}`,
  });

export const clustersMerged = (pairs: readonly string[]): DataProblem =>
  problem('clusters-merged', `clusters that share a row count as one: ${listed(pairs)}`);

export const columnMissing = (column: string, names: readonly string[]): DataProblem =>
  problem('column-missing', `there is no column \`${column}\``, {
    subject: column,
    ...nearest(column, names),
  });

export const columnRepeated = (column: string): DataProblem =>
  problem('column-repeated', `two columns are called \`${column}\``, { subject: column });

export const duplicateRows = (count: number): DataProblem =>
  problem(
    'duplicate-rows',
    `${count} ${count === 1 ? 'row repeats an earlier one and was' : 'rows repeat earlier ones and were'} left out`,
  );

export const emptyData = (what: string): DataProblem =>
  problem('empty-data', `${what} has no rows`, { subject: what });

export const emptySplit = (name: string, clusters: number): DataProblem =>
  problem(
    'empty-split',
    `split \`${name}\` gets none of the ${clusters} ${clusters === 1 ? 'cluster' : 'clusters'}`,
    {
      subject: name,
      help: 'a split is made of whole clusters: add clusters or give it a larger share',
    },
  );

export const emptyText = (text: string): DataProblem =>
  problem('empty-text', `${text.trim() === '' ? 'a blank text' : `\`${text}\``} gives a row without tokens`, {
    subject: text,
  });

export const fileChanged = (path: string): DataProblem =>
  problem('file-changed', `\`${path}\` is not the file that was checked: its content changed`, {
    subject: path,
  });

export const fileTooLarge = (path: string, bytes: number, limit: number): DataProblem =>
  problem('file-too-large', `\`${path}\` has ${bytes} bytes; at most ${limit} are read`, { subject: path });

export const fileUnreadable = (path: string): DataProblem =>
  problem('file-unreadable', `\`${path}\` cannot be read`, { subject: path });

export const holeCycle = (hole: string): DataProblem =>
  problem('hole-cycle', `hole \`${hole}\` is the same as itself`, { subject: hole });

export const holeRepeated = (hole: string): DataProblem =>
  problem('hole-repeated', `hole \`${hole}\` is declared twice`, { subject: hole });

export const noDonor = (draw: string, label: string): DataProblem =>
  problem('no-donor', `draw \`${draw}\` has no donor for the row \`${label}\``, {
    subject: draw,
    help: 'loosen its condition or draw from a larger split',
  });

export const noFiles = (pattern: string): DataProblem =>
  problem('no-files', `no file matches \`${pattern}\``, { subject: pattern });

export const notOneColumn = (path: string, line: number, fields: number): DataProblem =>
  problem('not-one-column', `line ${line} of \`${path}\` has ${fields} fields where one is expected`, {
    subject: path,
    help: 'name the column to use',
  });

export const notText = (path: string): DataProblem =>
  problem('not-text', `\`${path}\` is not UTF-8 text`, { subject: path });

export const raggedRow = (path: string, line: number, text: string): DataProblem =>
  problem('ragged-row', `row ${line} of \`${path}\` ${text}`, { subject: path });

export const splitColumnUnknown = (column: string, names: readonly string[]): DataProblem =>
  problem('split-column-unknown', `these data cannot be split by \`${column}\``, {
    subject: column,
    help: names.length === 0 ? 'use shares(…)' : `they can be split by ${listed(names)}`,
  });

export const splitUnknown = (name: string, names: readonly string[]): DataProblem =>
  problem('split-unknown', `there is no split \`${name}\``, { subject: name, ...nearest(name, names) });

export const tableTooLarge = (
  path: string,
  what: 'columns' | 'rows' | 'values',
  limit: number,
): DataProblem =>
  problem('file-too-large', `\`${path}\` has more than ${limit} ${what}, which is the most that are read`, {
    subject: path,
  });

export const tokenOutOfRange = (token: number, vocab: number): DataProblem =>
  problem('token-out-of-range', `token ${token} is not one of the tokenizer's ${vocab}`);

export const tokenizerMissing = (): DataProblem =>
  problem('tokenizer-missing', 'these rows are text, and the model has no tokenizer');

export const tooFewValues = (hole: string, values: number, needed: number): DataProblem =>
  problem(
    'too-few-values',
    `hole \`${hole}\` has ${values} different ${values === 1 ? 'value' : 'values'}, but needs ${needed} to stay distinct`,
    { subject: hole },
  );

export const unequalLines = (variant: string, lines: number, base: number): DataProblem =>
  problem('unequal-lines', `variant \`${variant}\` has ${lines} lines where the base has ${base}`, {
    subject: variant,
    help: 'line k of a variant belongs to template k',
  });

export const unknownHole = (hole: string, where: string, names: readonly string[]): DataProblem =>
  problem('unknown-hole', `\`${where}\` has a hole \`${hole}\` that is not declared`, {
    subject: hole,
    ...nearest(hole, names),
  });

export const unknownVariant = (path: string, names: readonly string[]): DataProblem =>
  problem('unknown-variant', `there is no variant \`${path}\``, { subject: path, ...nearest(path, names) });

export const unknownWords = (words: readonly string[]): DataProblem =>
  problem(
    'unknown-word',
    `the tokenizer does not know ${listed(words)}`,
    words[0] === undefined ? {} : { subject: words[0] },
  );

export const unsupportedColumn = (path: string, column: string, what: string): DataProblem =>
  problem('unsupported-column', `\`${column}\` of \`${path}\` has ${what}, for which a table has no kind`, {
    subject: column,
    help: 'a column holds texts, numbers, true/false, or lists of token ids: convert it or leave it out',
  });

export const valuesDiffer = (row: number, text: string): DataProblem =>
  problem('values-differ', `row ${row} ${text}`);
