// A run as the files of its result folder: report, outcomes, tables, views.
import type { Digest } from '../../compiler/base/digest.js';
import { bytesOf } from '../host.js';
import { renderHtml } from '../report/html.js';
import { renderCharts, renderMarkdown } from '../report/markdown.js';
import type { ReportData } from '../report/report-data.js';
import type { TextTable } from '../store/csv.js';
import type { PlainObject } from '../store/json.js';
import { writeOutcomes } from '../store/outcome-table.js';
import type { ParquetColumn } from '../store/parquet.js';
import { type DecisionFacts, decisionDigest, layOutResult, outcomeDigest } from '../store/result.js';
import { outcomeColumns } from './outcome-columns.js';
import type { StudyRun } from './run-study.js';

export async function resultOf(draft: ReportData, run: StudyRun): Promise<ReturnType<typeof layOutResult>> {
  const { decision, outcome } = digestsOf(run);
  const report: ReportData = { ...draft, digests: { decision, outcomes: outcome } };
  // JSON has neither undefined nor functions; the report has none either, and the description of the decision rides along.
  const plain = JSON.parse(JSON.stringify({ ...report, basis: run.facts })) as PlainObject;
  const members = memberRows(report);
  return layOutResult({
    report: plain,
    outcomes: run.tables,
    decision: decisionOf(run),
    tables: [{ name: 'members', table: textTable(members) }],
    parquet: [
      { name: 'members', columns: typedColumns(members) },
      { name: 'outcomes', columns: outcomeColumns(run.facts, run.tables) },
    ],
    views: [
      { path: 'report.html', content: await renderHtml(report) },
      { path: 'report.md', content: renderMarkdown(report) },
      ...(await renderCharts(report)),
    ],
    // What a replay has stored nobody reads again.
    keys: run.mode === 'replay' ? [] : run.counts.keys,
  });
}

/** What a replay is compared by, and what the ledger names. */
export function digestsOf(run: StudyRun): { readonly decision: Digest; readonly outcome: Digest } {
  return { decision: decisionDigest(decisionOf(run)), outcome: outcomeDigest(outcomeFiles(run)) };
}

function decisionOf({ facts, decision }: StudyRun): DecisionFacts {
  const flips = facts.families.reduce((most, one) => Math.max(most, one.flips), 0);
  return { flips, verdicts: decision.verdicts };
}

/** The outcome files by path, as the result folder will hold them. */
function outcomeFiles(run: StudyRun): ReadonlyMap<string, Uint8Array> {
  return new Map(
    run.tables.flatMap((table) => {
      const { index, npy } = writeOutcomes(table);
      return [
        [`outcomes/${table.name}.json`, bytesOf(index)],
        [`outcomes/${table.name}.npy`, npy],
      ] as const;
    }),
  );
}

const MEMBER_COLUMNS = [
  ['claim', 'texts'],
  ['member', 'texts'],
  ['label', 'texts'],
  ['verdict', 'texts'],
  ['part', 'texts'],
  ['estimate', 'numbers'],
  ['low', 'numbers'],
  ['high', 'numbers'],
  ['margin', 'numbers'],
  ['unit', 'texts'],
  ['p_support', 'numbers'],
  ['p_refute', 'numbers'],
  ['clusters', 'counts'],
  ['writes_changed', 'numbers'],
] as const satisfies readonly (readonly [string, ParquetColumn['kind']])[];

/** One row for each part of each member: the rows of both member tables. */
function memberRows(report: ReportData): readonly (readonly (string | number | null)[])[] {
  return report.claims.flatMap((claim) =>
    claim.members.flatMap((member) =>
      member.parts.map((part) => {
        const interval = part.interval !== null && part.interval.kind !== 'none' ? part.interval : null;
        const p = member.adjusted ?? claim.adjusted;
        // Numbers stay numbers: the guard of text cells against formulas would quote a minus sign.
        const number = (value: number | null | undefined): number | null => value ?? null;
        const pValue = (
          one: { kind: 'count'; c: number; n: number } | { kind: 'decimal'; value: number } | undefined,
        ): number | null => (one === undefined ? null : one.kind === 'count' ? one.c / one.n : one.value);
        return [
          claim.id,
          member.id,
          member.label,
          member.verdict,
          part.name,
          number(part.estimate),
          number(interval?.low),
          number(interval?.high),
          number(part.margin),
          part.unit,
          pValue(p?.support),
          pValue(p?.refute),
          claim.clusters,
          number(member.writesChanged),
        ];
      }),
    ),
  );
}

function textTable(rows: ReturnType<typeof memberRows>): TextTable {
  return { columns: MEMBER_COLUMNS.map(([name]) => name), rows };
}

function typedColumns(rows: ReturnType<typeof memberRows>): readonly ParquetColumn[] {
  const isText = (value: unknown): value is string | null => value === null || typeof value === 'string';
  const isNumber = (value: unknown): value is number | null => value === null || typeof value === 'number';
  return MEMBER_COLUMNS.map(([name, kind], at): ParquetColumn => {
    const values = rows.map((row) => row[at] ?? null);
    if (kind === 'texts') return { kind, name, values: values.filter(isText) };
    return { kind, name, values: values.filter(isNumber) };
  });
}
