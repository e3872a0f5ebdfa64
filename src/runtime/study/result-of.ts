// A run as the files of its result folder: report, outcomes, tables, views.
import type { Digest } from '../../compiler/base/digest.js';
import { bytesOf } from '../host.js';
import { renderHtml } from '../report/html.js';
import { renderCharts, renderMarkdown } from '../report/markdown.js';
import type { ReportData } from '../report/report-data.js';
import type { TextTable } from '../store/csv.js';
import type { PlainObject } from '../store/json.js';
import { writeOutcomes } from '../store/outcome-table.js';
import { type DecisionFacts, decisionDigest, layOutResult, outcomeDigest } from '../store/result.js';
import type { StudyRun } from './run-study.js';

export async function resultOf(draft: ReportData, run: StudyRun): Promise<ReturnType<typeof layOutResult>> {
  const { decision, outcome } = digestsOf(run);
  const report: ReportData = { ...draft, digests: { decision, outcomes: outcome } };
  // JSON has neither undefined nor functions; the report has none either, and the description of the decision rides along.
  const plain = JSON.parse(JSON.stringify({ ...report, basis: run.facts })) as PlainObject;
  return layOutResult({
    report: plain,
    outcomes: run.tables,
    decision: decisionOf(run),
    tables: [{ name: 'members', table: memberTable(report) }],
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

function memberTable(report: ReportData): TextTable {
  const columns = [
    'claim',
    'member',
    'label',
    'verdict',
    'part',
    'estimate',
    'low',
    'high',
    'margin',
    'unit',
    'p_support',
    'p_refute',
    'clusters',
    'writes_changed',
  ];
  const rows = report.claims.flatMap((claim) =>
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
          part.unit ?? '',
          pValue(p?.support),
          pValue(p?.refute),
          claim.clusters,
          number(member.writesChanged),
        ];
      }),
    ),
  );
  return { columns, rows };
}
