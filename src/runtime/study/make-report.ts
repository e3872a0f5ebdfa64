// The report of a run as plain data: every member of every family, what it was compared with, what was looked at before.
import { bug } from '../../compiler/base/bug.js';
import type { Backend } from '../backend/backend.js';
import type { ReportData, ReportFamily, ReportMode, ReportPrediction } from '../report/report-data.js';
import type { LedgerEntry } from '../store/ledger-entry.js';
import { seenSplits, tallyLooks } from '../store/looks.js';
import { verdictOfClaim } from './claim-verdict.js';
import type { OpenStudy } from './open-study.js';
import { cautionsOf } from './report-cautions.js';
import { decisionOf, reportClaim } from './report-claims.js';
import { reportControl } from './report-controls.js';
import { reportData, reportFiles, reportModels } from './report-sources.js';
import { reportViews } from './report-views.js';
import type { StudyRun } from './run-study.js';
import { textAt } from './source-text.js';

export type ReportContext = {
  readonly study: OpenStudy;
  readonly run: StudyRun;
  readonly mode: ReportMode;
  readonly entries: readonly LedgerEntry[];
  readonly backend: Backend;
  readonly batch: string;
  readonly time: string;
  readonly compiler: string;
  readonly commit: { readonly id: string; readonly dirty: boolean } | null;
  readonly naive: { readonly executions: number; readonly flops: number } | null;
  readonly planned: {
    readonly executions: number;
    readonly flops: number;
    readonly peakBytes: number;
  } | null;
  readonly digests: { readonly decision: string; readonly outcomes: string } | null;
};

export function makeReport(context: ReportContext): ReportData {
  const { study, run } = context;
  const { checked, decision } = run;
  const claims = checked.claims.map((claim) => reportClaim(claim, context));
  const tally = tallyLooks(context.entries);
  const scored = predictionsOf(run);
  return {
    version: 1,
    file: study.inProject,
    state: run.mode === 'explore' ? 'exploratory' : 'confirmed',
    lock: study.lockState.kind === 'locked' ? study.lockState.lock.lock : null,
    head: run.head,
    mode: context.mode,
    time: context.time,
    study: {
      title: checked.study.title,
      question: checked.study.question,
      rationale: checked.study.rationale,
      outOfScope: checked.study.out_of_scope,
      toy: checked.study.toy,
      nearMiss: checked.study.near_miss,
      stakes: checked.study.stakes,
    },
    waivers: [...checked.waivers].map(([what, because]) => ({ what, because })),
    cautions: cautionsOf(context, claims),
    params: checked.bound.declarations.flatMap((one) => {
      if (one.keyword !== 'param' || one.name === undefined) return [];
      const set = checked.params.get(one.name);
      const written = one.value === undefined ? '' : textAt(study, one.value.span);
      return [{ name: one.name, value: set ?? written, fromCommandLine: set !== undefined }];
    }),
    models: reportModels(study, checked),
    data: reportData(study, checked, run),
    claims,
    families: decision.families.map((family, i): ReportFamily => {
      const own = checked.families[i] ?? bug('a family without its declaration');
      return {
        name: own.name,
        method: family.correction,
        rate: family.rate,
        claims: own.claims,
        conclusions: family.conclusions,
        columns: family.columns,
        flips: family.flips,
        enumerated: family.enumerated,
        borderline: family.borderline,
      };
    }),
    controls: checked.controls.map((one) => reportControl(one, run)),
    predictions: scored,
    searches: run.searches
      .filter((one) => one.main)
      .map((one) => {
        const declaration = checked.bound.declarations.find(
          (other) => other.keyword === 'circuit' && other.name === one.circuit,
        );
        return {
          circuit: one.circuit,
          statement: declaration?.value === undefined ? '' : textAt(study, declaration.value.span),
          members: one.members.map((member) => `[${member.join(', ')}]`),
          split: one.split,
          evaluations: one.evaluations,
        };
      }),
    checks: run.checks,
    history: {
      ...tally,
      // The entry of this run is written once its result is: it counts already.
      confirmed: tally.confirmed + (run.mode === 'confirm' ? 1 : 0),
      orphans: Math.max(0, tally.orphans - (run.mode === 'confirm' ? 1 : 0)),
      replays: tally.replays + (run.mode === 'replay' ? 1 : 0),
      predictions: tally.predictions + (run.mode === 'confirm' ? scored.length : 0),
      hits: tally.hits + (run.mode === 'confirm' ? scored.filter((one) => one.hit).length : 0),
      splits: splitLooks(
        context.entries,
        checked.data.map((one) => ({ digest: one.digest, name: one.declared })),
      ),
    },
    environment: {
      compiler: context.compiler,
      backend: context.backend.name,
      backendVersion: context.backend.version,
      precision: 'float32, reductions over rows in float64',
      batch: context.batch,
      platform: `${process.platform} ${process.arch}, node ${process.versions.node}`,
      commit: context.commit?.id ?? null,
      dirty: context.commit?.dirty ?? null,
    },
    cost: {
      executions: {
        predicted: context.planned?.executions ?? run.counts.executions,
        measured: run.counts.executions,
        naive: context.naive?.executions ?? null,
      },
      flops: {
        predicted: context.planned?.flops ?? run.counts.flops,
        measured: run.counts.flops,
        naive: context.naive?.flops ?? null,
      },
      peakBytes: {
        predicted: context.planned?.peakBytes ?? run.counts.peakBytes,
        measured: null,
        naive: null,
      },
      timeMs: run.timeMs,
      cachedSteps: run.cachedSteps,
      steps: run.steps,
    },
    views: reportViews(run),
    files: reportFiles(study),
    digests: context.digests,
  };
}

export function predictionsOf(run: StudyRun): readonly ReportPrediction[] {
  return run.checked.predictions.map((one) => {
    const got = verdictOfClaim(decisionOf(run, one.claim));
    return { claim: one.claim, predicted: one.verdict, got, hit: got === one.verdict };
  });
}

function splitLooks(
  entries: readonly LedgerEntry[],
  data: readonly { readonly digest: string; readonly name: string }[],
) {
  const counts = new Map<string, { data: string; split: string; looks: number }>();
  for (const one of seenSplits(entries)) {
    const name = data.find((other) => other.digest === one.data)?.name;
    if (name === undefined) continue;
    const key = `${name}.${one.split}`;
    const known = counts.get(key) ?? { data: name, split: one.split, looks: 0 };
    counts.set(key, { ...known, looks: known.looks + 1 });
  }
  return [...counts.values()];
}
