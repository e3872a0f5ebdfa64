// `eisc run`: explores a draft, opens the confirm rows of a locked file once, replays it after that.

import { relative } from 'node:path';
import type { Backend } from '../backend/backend.js';
import { openBackend } from '../backend/registry.js';
import type { App, RunOutcome } from '../cli/app-api.js';
import type { ReportMode } from '../report/report-data.js';
import { requireLedger } from '../store/ledger.js';
import type { Stamp } from '../store/ledger-entry.js';
import { resultFolder } from '../store/result.js';
import { costOf } from '../study/cost-of.js';
import { batchText } from '../study/environment.js';
import { makeReport } from '../study/make-report.js';
import { type OpenStudy, openStudy } from '../study/open-study.js';
import { resultOf } from '../study/result-of.js';
import { runStudy, type StudyRun } from '../study/run-study.js';
import { commitRun } from './commit-run.js';
import { gitState } from './git-state.js';
import { diagnosticsOf, isAbort, toolName, type World } from './world.js';

type Options = Parameters<App['run']>[1];

export async function run(world: World, file: string, options: Options): ReturnType<App['run']> {
  const study = openStudy({
    host: world.host,
    folder: world.cwd,
    file,
    settings: options.settings,
    asLock: false,
    everything: true,
  });
  const { diagnostics, sources } = study;
  if (study.checked === null) return { diagnostics, sources, outcome: null };
  const tell = (event: Parameters<Options['emit']>[0]): void => options.emit(event);
  let backend: Backend | null = null;
  let steps = 0;
  try {
    backend = await openBackend(options.backend);
    const made = await runStudy({
      study,
      backend,
      memoryBytes: options.memoryBytes,
      batch: options.batch,
      skip: options.withoutPasses,
      signal: options.signal,
      stamp: { time: '', tool: toolName },
      nowMs: () => Date.now(),
      emit: (event) => {
        steps += 1;
        tell(event);
      },
    });
    const outcome = await writeDown(world, study, made, backend, options);
    return { diagnostics, sources, outcome };
  } catch (failure) {
    if (isAbort(failure, options.signal)) {
      tell({ kind: 'run-interrupted', resume: options.resume, at: Date.now() });
      return { diagnostics, sources, outcome: null, interrupted: true };
    }
    const found = diagnosticsOf(failure);
    if (found === null) throw failure;
    const [first] = found;
    if (steps > 0 && first !== undefined)
      tell({ kind: 'run-failed', code: first.code, text: first.message, at: Date.now() });
    return { diagnostics: [...diagnostics, ...found], sources, outcome: null, failed: true };
  } finally {
    await backend?.dispose();
  }
}

async function writeDown(
  world: World,
  study: OpenStudy,
  made: StudyRun,
  backend: Backend,
  options: Options,
): Promise<RunOutcome> {
  const { host } = world;
  const entries = requireLedger(host, study.ledger);
  const time = new Date().toISOString();
  const stamp: Stamp = { time, tool: toolName, file: study.inProject };
  const confirmed = entries.filter((one) => one.body.kind === 'confirm');
  const mine = confirmed.findIndex((one) => one.body.kind === 'confirm' && one.body.lock === study.digest);
  const mode = modeOf(study, made, confirmed.length, mine);
  const cost = costOf(study, made, {
    memoryBytes: options.memoryBytes,
    parallelRuns: backend.capabilities.parallelRuns,
    batch: options.batch,
    skip: options.withoutPasses,
  });
  const draft = makeReport({
    study,
    run: made,
    mode,
    entries,
    backend,
    batch: batchText(options),
    time,
    compiler: toolName,
    commit: gitState(study.root),
    naive: cost.naive,
    planned: cost.planned,
    digests: null,
  });
  const laidOut = await resultOf(draft, made);
  const manifest = commitRun({
    host,
    pipeline: study.path,
    ledger: study.ledger,
    lock: made.mode === 'explore' ? null : study.digest,
    evaluations: evaluationsOf(made),
    predictions: draft.predictions,
    laidOut,
    stamp,
  });
  if (made.mode === 'replay')
    options.emit({ kind: 'check', ...replayCheck(laidOut.manifest, manifest), at: Date.now() });
  const count = (verdict: string): number =>
    made.decision.verdicts.filter((one) => one.verdict === verdict).length;
  const folder = relative(world.cwd, resultFolder(study.path));
  const outcome: RunOutcome = {
    supported: count('supported'),
    refuted: count('refuted'),
    inconclusive: count('inconclusive'),
    invalid: count('invalid') + count('not-run'),
    reportHtml: `${folder}/report.html`,
    files: [...laidOut.files.keys()].map((one) => `${folder}/${one}`),
    decisionDigest: manifest.decision,
    outcomeDigest: manifest.outcome,
  };
  options.emit({
    kind: 'run-finished',
    supported: outcome.supported,
    refuted: outcome.refuted,
    inconclusive: outcome.inconclusive,
    invalid: outcome.invalid,
    files: [outcome.reportHtml],
    timeMs: made.timeMs,
    flops: made.counts.flops,
    executions: made.counts.executions,
    at: Date.now(),
  });
  return outcome;
}

/** How this run compares with the confirmed result that the ledger names. */
function replayCheck(
  now: { readonly outcome: string; readonly decision: string },
  stored: { readonly outcome: string; readonly decision: string },
): { readonly name: string; readonly passed: boolean; readonly text: string } {
  const name = 'replay against the confirmed result';
  if (now.outcome === stored.outcome)
    return { name, passed: true, text: 'every outcome is equal, byte for byte' };
  const same = now.decision === stored.decision;
  const text = same
    ? 'every verdict is equal; outcomes differ within float32'
    : 'verdicts differ from those that were confirmed';
  return { name, passed: same, text };
}

function modeOf(study: OpenStudy, made: StudyRun, confirmed: number, mine: number): ReportMode {
  if (made.mode === 'explore') {
    const { lockState } = study;
    return {
      kind: 'explore',
      hasLock: lockState.kind !== 'draft',
      changes: lockState.kind === 'changed' ? lockState.changes : [],
    };
  }
  if (made.mode === 'confirm') return { kind: 'confirm', run: confirmed + 1, of: confirmed + 1 };
  return {
    kind: 'replay',
    run: mine + 1,
    of: confirmed,
    agrees: 'decision',
    sameEnvironment: true,
    largestDeviation: null,
  };
}

function evaluationsOf(made: StudyRun): number {
  return made.checked.claims.reduce((sum, one) => sum + one.family.members.length, 0);
}
