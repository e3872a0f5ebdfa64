// `eisc run`: explores a draft, opens the confirm rows of a locked file once, replays it after that.

import { basename, relative } from 'node:path';
import { bug } from '../../compiler/base/bug.js';
import type { Backend } from '../backend/backend.js';
import { openBackend } from '../backend/registry.js';
import type { App, RunOutcome } from '../cli/app-api.js';
import type { ReportMode } from '../report/report-data.js';
import { openStore, removeObject } from '../store/cas.js';
import { holdsHead, requireLedger } from '../store/ledger.js';
import type { LedgerEntry, Stamp } from '../store/ledger-entry.js';
import { lockPath } from '../store/lock.js';
import { fail } from '../store/problem.js';
import { resultFolder } from '../store/result.js';
import { costOf } from '../study/cost-of.js';
import { batchText } from '../study/environment.js';
import { makeReport } from '../study/make-report.js';
import { type OpenStudy, openStudy } from '../study/open-study.js';
import { digestsOf, resultOf } from '../study/result-of.js';
import { runStudy, type StudyRun } from '../study/run-study.js';
import { commitRun } from './commit-run.js';
import { compareReplay, type ReplayComparison, replayCheck } from './compare-replay.js';
import { gitState } from './git-state.js';
import { keptWeightsFolder } from './kept-weights.js';
import { confirmOf, standingResult } from './standing-result.js';
import { diagnosticsOf, isAbort, toolName, type World } from './world.js';

type Options = Parameters<App['run']>[1];

/** `open` is how a backend is opened by its name. Weights of large models stay in the project's `.eis` for the next run. */
export async function run(
  world: World,
  file: string,
  options: Options,
  open: typeof openBackend = openBackend,
): ReturnType<App['run']> {
  const study = await openStudy({
    host: world.host,
    folder: world.cwd,
    file,
    settings: options.settings,
    asLock: false,
    everything: true,
    memoryBytes: options.memoryBytes,
  });
  const { diagnostics, sources } = study;
  if (study.checked === null) return { diagnostics, sources, outcome: null };
  const tell = (event: Parameters<Options['emit']>[0]): void => options.emit(event);
  let backend: Backend | null = null;
  let steps = 0;
  try {
    backend = await open(options.backend, { weightsFolder: keptWeightsFolder(study.root) });
    requireHead(world, study);
    const commit = gitState(study.root); // before the run writes anything
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
    const outcome = await writeDown(world, study, made, commit, backend, options);
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

/** Throws `ledger-lost-head` where the ledger that the lock continued was cut short or begun anew. */
function requireHead({ host }: World, { lockState, ledger, path }: OpenStudy): void {
  if (lockState.kind !== 'locked') return;
  const { head } = lockState.lock;
  if (holdsHead(requireLedger(host, ledger), head)) return;
  fail({ kind: 'ledger-lost-head', path: ledger, head, holder: `\`${basename(lockPath(path))}\`` });
}

async function writeDown(
  world: World,
  study: OpenStudy,
  made: StudyRun,
  commit: ReturnType<typeof gitState>,
  backend: Backend,
  options: Options,
): Promise<RunOutcome> {
  const { host } = world;
  const entries = requireLedger(host, study.ledger);
  const time = new Date().toISOString();
  const stamp: Stamp = { time, tool: toolName, file: study.inProject };
  const replay =
    made.mode === 'replay'
      ? replayOf({ host, study, run: made, entries, backend, batch: batchText(options) })
      : null;
  const mode = modeOf({ study, made, entries, replay });
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
    commit,
    naive: cost.naive,
    planned: cost.planned,
    digests: null,
  });
  const laidOut = await resultOf(draft, made);
  commitRun({
    host,
    pipeline: study.path,
    ledger: study.ledger,
    lock: made.mode === 'explore' ? null : study.digest,
    evaluations: evaluationsOf(made),
    predictions: draft.predictions,
    laidOut,
    stamp,
  });
  if (replay !== null) {
    options.emit({ kind: 'check', ...replayCheck(replay), at: Date.now() });
    const store = openStore(host, study.root);
    for (const key of made.counts.keys) removeObject(store, key);
  }
  const count = (verdict: string): number =>
    made.decision.verdicts.filter((one) => one.verdict === verdict).length;
  const folder = relative(world.cwd, resultFolder(study.path));
  const outcome: RunOutcome = {
    supported: count('supported'),
    refuted: count('refuted'),
    inconclusive: count('inconclusive'),
    invalid: count('invalid') + count('not-run'),
    failedChecks: made.checks.filter((one) => one.state === 'failed').map((one) => one.name),
    replay: replay?.agrees ?? null,
    reportHtml: `${folder}/report.html`,
    files: [...laidOut.files.keys()].map((one) => `${folder}/${one}`),
    decisionDigest: laidOut.manifest.decision,
    outcomeDigest: laidOut.manifest.outcome,
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

/** How a replay compares with what the ledger says was confirmed and with the result that stands. */
function replayOf({
  host,
  study: { lockState, path, digest },
  run,
  entries,
  backend,
  batch,
}: {
  readonly host: World['host'];
  readonly study: OpenStudy;
  readonly run: StudyRun;
  readonly entries: readonly LedgerEntry[];
  readonly backend: Backend;
  readonly batch: string;
}): ReplayComparison {
  return compareReplay({
    confirmed: confirmOf(entries, digest) ?? bug('a replay of what was never confirmed'),
    standing: standingResult(host, path, entries, digest),
    lock: lockState.kind === 'locked' ? lockState.lock : bug('a replay without a lock'),
    run,
    own: digestsOf(run),
    backend,
    batch,
  });
}

function modeOf({
  study: { lockState, digest },
  made,
  entries,
  replay,
}: {
  readonly study: OpenStudy;
  readonly made: StudyRun;
  readonly entries: readonly LedgerEntry[];
  readonly replay: ReplayComparison | null;
}): ReportMode {
  if (made.mode === 'explore') {
    return {
      kind: 'explore',
      hasLock: lockState.kind !== 'draft',
      changes: lockState.kind === 'changed' ? lockState.changes : [],
    };
  }
  const confirms = entries.flatMap(({ body }) => (body.kind === 'confirm' ? [body] : []));
  const of = confirms.length;
  if (replay === null) return { kind: 'confirm', run: of + 1, of: of + 1 };
  const { agrees, sameEnvironment, largestDeviation } = replay;
  const run = confirms.findIndex((one) => one.lock === digest) + 1;
  return { kind: 'replay', run, of, agrees, sameEnvironment, largestDeviation };
}

function evaluationsOf(made: StudyRun): number {
  return made.checked.claims.reduce((sum, one) => sum + one.family.members.length, 0);
}
