// The record of a conformance run (docs/backends.json) and the table that docs/backends.md shows of it.
import { DEVIATIONS } from './deviations.js';
import type { VectorOutcome } from './vector-run.js';

/** Per operator: vectors passed, refused before the run, listed as deviations. */
export type Tally = { readonly passed: number; readonly refused: number; readonly deviating: number };
export type ConformanceRecord = {
  readonly vectors: number;
  readonly outside: { readonly [operator: string]: { readonly count: number; readonly reason: string } };
  readonly backends: {
    readonly [name: string]: {
      readonly version: string;
      readonly operators: { readonly [operator: string]: Tally };
    };
  };
};

export const TABLE_BEGIN = '<!-- conformance: written by `npm run conformance`, not by hand -->';
export const TABLE_END = '<!-- /conformance -->';

export function addOutcome(tally: Tally | undefined, outcome: VectorOutcome['kind']): Tally {
  const { passed, refused, deviating } = tally ?? { passed: 0, refused: 0, deviating: 0 };
  return {
    passed: passed + (outcome === 'passed' ? 1 : 0),
    refused: refused + (outcome === 'refused' ? 1 : 0),
    deviating: deviating + (outcome === 'failed' ? 1 : 0),
  };
}

/** The record as JSON, a line for each operator. */
export function recordText(record: ConformanceRecord): string {
  return `${JSON.stringify(record, null, 1).replaceAll(/\{\s*("passed"|"count")([^}]*?)\s*\}/g, (text) => text.replaceAll(/\s*\n\s*/g, ' '))}\n`;
}

/** The text between the markers. */
export function conformanceTable(record: ConformanceRecord): string {
  const names = Object.keys(record.backends);
  const operators = [
    ...new Set(names.flatMap((name) => Object.keys(record.backends[name]?.operators ?? {}))),
  ].sort(byName);
  const total = (name: string) =>
    Object.values(record.backends[name]?.operators ?? {}).reduce(
      (sum, one) => ({
        passed: sum.passed + one.passed,
        refused: sum.refused + one.refused,
        deviating: sum.deviating + one.deviating,
      }),
      { passed: 0, refused: 0, deviating: 0 },
    );
  const outside = Object.entries(record.outside).sort(([a], [b]) => byName(a, b));
  const outsideCount = outside.reduce((sum, [, { count }]) => sum + count, 0);
  return [
    TABLE_BEGIN,
    '',
    'Known deviations, which the tests leave out (names of vectors and of cases in `test/ops`):',
    '',
    ...deviationLines(),
    '',
    `${record.vectors} vectors; ${record.vectors - outsideCount} of them can be written in the tensor graph and were run on each backend.`,
    'A cell counts the vectors that passed; `r` were refused before the run with a diagnostic, `d` are deviations listed above.',
    '',
    `| operator | ${names.map((name) => `\`${name}\``).join(' | ')} |`,
    `|---|${names.map(() => '---:').join('|')}|`,
    `| **all** | ${names.map((name) => `**${cell(total(name))}**`).join(' | ')} |`,
    ...operators.map(
      (op) => `| ${op} | ${names.map((name) => cell(record.backends[name]?.operators[op])).join(' | ')} |`,
    ),
    '',
    ...names.map((name) => `\`${name}\`: ${record.backends[name]?.version ?? ''}.`),
    '',
    `### Vectors that are not run (${outsideCount})`,
    '',
    'The importer does not bring them into the tensor graph. (`ort:cpu` still runs operators that it does not know, as opaque nodes.)',
    '',
    '| operator | vectors | why, for the first |',
    '|---|---:|---|',
    ...outside.map(([op, { count, reason }]) => `| ${op} | ${count} | ${reason.replaceAll('|', '\\|')} |`),
    '',
    TABLE_END,
  ].join('\n');
}

/** The known deviations as list items. */
function deviationLines(): readonly string[] {
  return DEVIATIONS.map(({ backend, cases, why }) => `- \`${backend}\`, ${readable(cases)}: ${why}.`);
}

function cell(tally: Tally | undefined): string {
  if (tally === undefined) return '–';
  const { passed, refused, deviating } = tally;
  return [String(passed), refused > 0 ? `${refused}r` : '', deviating > 0 ? `${deviating}d` : '']
    .filter((part) => part !== '')
    .join(' ');
}

function readable(cases: RegExp): string {
  return `\`${cases.source.replaceAll('|', '\\|')}\``;
}

function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
