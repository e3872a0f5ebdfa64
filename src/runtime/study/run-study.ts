// One run of a pipeline: check, search, pool, measure, decide, write down. A draft explores the rows that may be explored;
// a locked file opens its confirm rows once, when all that can fail without them has succeeded, and replays them ever after.
import { bug } from '../../compiler/base/bug.js';
import type { CheckedFile } from '../../compiler/check/experiment.js';
import type { MemberTuple } from '../../compiler/check/family.js';
import type { ModelValue } from '../../compiler/check/value.js';
import type { Backend } from '../backend/backend.js';
import type { ConfirmToken } from '../data/confirm-token.js';
import type { RunMode } from '../event.js';
import type { StageCounts } from '../execute/execute-stage.js';
import { openStore, type Store } from '../store/cas.js';
import { headOf, requireLedger } from '../store/ledger.js';
import type { LedgerEntry } from '../store/ledger-entry.js';
import { openConfirm, requireOpenable } from '../store/open-confirm.js';
import type { OutcomeTable } from '../store/outcome-table.js';
import { beforeOpening } from './before-opening.js';
import { collectStudy } from './collect.js';
import { conclusions } from './conclusions.js';
import { decideStudy, type StudyDecision } from './decide.js';
import { type ClaimDescription, describeStudy } from './describe-study.js';
import type { CheckFacts, StudyFacts } from './facts.js';
import { Journal, type JournalRequest } from './journal.js';
import { confirmLooks } from './looks.js';
import { isCheckedUnopened, manipulationChecks } from './manipulation-checks.js';
import { checkModels } from './model-checks.js';
import { claimsThatUse } from './model-use.js';
import { recordExploration } from './record-exploration.js';
import { type KeptRows, RowBook } from './rows.js';
import type { RunCheck } from './run-check.js';
import { outlineEvents } from './run-outline.js';
import { type SearchResult, type Settled, settleSearches } from './settle-searches.js';
import { inLanes, stageGroups } from './stage-groups.js';
import { addCounts, computedCalls, StageRunner, stagesNeeded } from './stage-runner.js';

export type RunRequest = JournalRequest & {
  readonly backend: Backend;
  readonly memoryBytes: number;
  readonly batch: number | undefined;
  readonly skip: readonly string[];
};

export type StudyRun = {
  readonly mode: RunMode;
  readonly checked: CheckedFile;
  readonly facts: StudyFacts;
  readonly tables: readonly OutcomeTable[];
  readonly decision: StudyDecision;
  /** Estimates and intervals, for events and report alike. */
  readonly descriptions: readonly ClaimDescription[];
  readonly searches: readonly SearchResult[];
  readonly checks: readonly RunCheck[];
  readonly counts: StageCounts;
  readonly runner: StageRunner;
  readonly rows: RowBook;
  readonly found: ReadonlyMap<string, readonly MemberTuple[]>;
  readonly read: 'explore' | 'confirm';
  /** Hash of the `open` entry, or the head before an exploration. */
  readonly head: string;
  readonly timeMs: number;
  readonly steps: number;
  readonly cachedSteps: number;
};

export async function runStudy(request: RunRequest): Promise<StudyRun> {
  return new Runner(request).run();
}

/** All that is done before any confirm row can be made. */
type Prepared = {
  readonly mode: RunMode;
  readonly settled: Settled;
  readonly rows: RowBook;
  readonly runner: StageRunner;
};

/** Which rows are read, and from which entry of the ledger on. */
type Opened = {
  readonly mode: RunMode;
  readonly token: ConfirmToken | null;
  readonly head: string;
};

class Runner {
  readonly #request: RunRequest;
  readonly #journal: Journal;
  readonly #checks: RunCheck[] = [];

  constructor(request: RunRequest) {
    this.#request = request;
    this.#journal = new Journal(request);
  }

  async run(): Promise<StudyRun> {
    const { study, nowMs } = this.#request;
    const journal = this.#journal;
    const draft = study.checked ?? bug('a run of a file with errors');
    const entries = requireLedger(study.host, study.ledger);
    const announced = this.#announcedMode(draft, entries);
    for (const event of outlineEvents(study, draft, announced)) journal.emit(event);
    await journal.stepOf('models', async () => {
      await checkModels(draft, study.compileHost.loaded, this.#request.backend, (one) => this.#tell(one));
      return false;
    });
    const ofModels = this.#checks.length;
    let prepared = await this.#prepare(announced);
    let opened = this.#open(draft, entries);
    while (opened.mode !== prepared.mode) {
      // Another run has confirmed this lock meanwhile. What is left is a replay, which takes nothing from the store of others.
      this.#checks.length = ofModels;
      prepared = await this.#prepare(opened.mode);
      opened = this.#open(draft, entries);
    }
    const { settled, rows, runner } = prepared;
    if (opened.token !== null) rows.open(opened.token);
    const measured = await this.#measure(prepared);
    return {
      ...measured,
      mode: opened.mode,
      read: readOf(opened.mode),
      head: opened.head,
      checked: settled.checked,
      found: settled.found,
      searches: settled.searches,
      checks: this.#checks,
      counts: addCounts(settled.counts, runner.counts),
      runner,
      rows,
      timeMs: nowMs() - journal.startedMs,
      steps: journal.steps,
      cachedSteps: journal.cachedSteps,
    };
  }

  /** Throws a RunFailure where confirm rows cannot be opened: before anybody is told that they will be. */
  #announcedMode(draft: CheckedFile, entries: readonly LedgerEntry[]): RunMode {
    const { lockState, digest } = this.#request.study;
    if (lockState.kind !== 'locked') return 'explore';
    requireOpenable(entries, { lock: digest, looks: confirmLooks(draft) });
    return isConfirmed(entries, digest) ? 'replay' : 'confirm';
  }

  /** Searches, checks, and before rows are spent all that can fail without them. */
  async #prepare(mode: RunMode): Promise<Prepared> {
    const { study, backend, signal, memoryBytes } = this.#request;
    const { lookupWeight, readDataBytes } = study.compileHost;
    const journal = this.#journal;
    const store = this.#storeOf(mode);
    const kept: KeptRows = new Map();
    const bookOf = (checked: CheckedFile) => new RowBook(checked, readDataBytes, null, kept);
    const runnerOf = (checked: CheckedFile, rows: RowBook) => this.#runner(checked, rows, store);
    const settled = await settleSearches({
      study,
      read: readOf(mode),
      replicates: 'all',
      memoryBytes,
      journal,
      bookOf,
      runnerOf,
    });
    const { checked } = settled;
    const rows = bookOf(checked);
    const runner = runnerOf(checked, rows);
    const stages = stageGroups(checked).flatMap((one) => one.stages);
    rows.expect(stagesNeeded(stages, checked.stages.pools));
    await this.#checkManipulations(checked, rows, (model) => isCheckedUnopened(model, checked));
    if (mode === 'confirm') {
      await journal.stepOf('before-opening', async () => {
        await beforeOpening({ checked, stages, runner, bookOf, backend, lookupWeight, signal });
        return false;
      });
    }
    signal.throwIfAborted();
    return { mode, settled, rows, runner };
  }

  async #checkManipulations(
    checked: CheckedFile,
    rows: RowBook,
    isMeant: (model: ModelValue) => boolean,
  ): Promise<void> {
    const { study, backend } = this.#request;
    const { lookupWeight } = study.compileHost;
    const models = checked.models.filter(isMeant);
    if (models.length === 0) return;
    await this.#journal.stepOf('manipulation', async () => {
      const made = await manipulationChecks({ ...checked, models }, rows, backend, lookupWeight);
      for (const one of made) this.#tell(one);
      return false;
    });
  }

  #storeOf(mode: RunMode): Store {
    const { study } = this.#request;
    const store = openStore(study.host, study.root);
    if (mode !== 'replay') return store;
    return { ...store, namespace: replayName(requireLedger(study.host, study.ledger), study.digest) };
  }

  /** `before`: the entries before the run. */
  #open(draft: CheckedFile, before: readonly LedgerEntry[]): Opened {
    const { study } = this.#request;
    if (study.lockState.kind !== 'locked') return { mode: 'explore', token: null, head: headOf(before) };
    const { token, entry, how } = openConfirm(study.host, study.ledger, {
      lock: study.digest,
      looks: confirmLooks(draft),
      stamp: this.#journal.stamp(),
    });
    return { mode: how === 'replay' ? 'replay' : 'confirm', token, head: entry.hash };
  }

  #runner(checked: CheckedFile, rows: RowBook, store: Store): StageRunner {
    const { study, backend, memoryBytes, batch, skip, signal } = this.#request;
    return new StageRunner({
      pools: checked.stages.pools,
      rows,
      backend,
      lookupWeight: study.compileHost.lookupWeight,
      memoryBytes,
      batch,
      skip,
      store,
      // Confirm rows are seeded by the lock; the flips and all that controls draw by the meaning, which is the same thing.
      root: study.digest,
      signal,
      onProgress: (_stage, progress) =>
        this.#journal.emit({ kind: 'step-progress', step: this.#journal.step, ...progress }),
    });
  }

  async #measure({
    mode,
    settled: { checked },
    rows,
    runner,
  }: Prepared): Promise<Pick<StudyRun, 'facts' | 'tables' | 'decision' | 'descriptions'>> {
    const { study } = this.#request;
    const journal = this.#journal;
    await this.#checkManipulations(checked, rows, (model) => !isCheckedUnopened(model, checked));
    const groups = stageGroups(checked);
    for (const group of groups) {
      await journal.stepOf(group.id, async () => {
        const before = runner.counts;
        await inLanes(group.stages, (stage) => runner.run(stage));
        return computedCalls(runner.counts) === computedCalls(before);
      });
    }
    const { facts, tables } = collectStudy(checked, (stage) => runner.numbers(stage), {
      root: study.digest,
      checks: this.#checkFacts(checked),
    });
    const made: { decision?: StudyDecision; descriptions?: readonly ClaimDescription[] } = {};
    await journal.stepOf('statistics', async () => {
      made.decision = decideStudy(facts, new Map(tables.map((one) => [one.name, one] as const)));
      made.descriptions = describeStudy(facts, made.decision);
      return false;
    });
    const decision = made.decision ?? bug('no decision');
    const descriptions = made.descriptions ?? bug('no descriptions');
    if (mode === 'explore') recordExploration(checked, study.digest, journal);
    const concluded = { checked, facts, tables, decision, descriptions, mode };
    for (const event of conclusions(concluded)) journal.emit(event);
    return { facts, tables, decision, descriptions };
  }

  #tell(check: RunCheck): void {
    this.#checks.push(check);
    const { name, state, passed, text } = check;
    this.#journal.emit({ kind: 'check', name, state, passed, text });
  }

  #checkFacts(checked: CheckedFile): readonly CheckFacts[] {
    const users = new Map(
      checked.models.map((model) => [model.declared, claimsThatUse(model, checked)] as const),
    );
    return this.#checks.map(({ name, model, state }) => ({
      name,
      state,
      claims: users.get(model) ?? bug(`no model ${model}`),
    }));
  }
}

function readOf(mode: RunMode): 'explore' | 'confirm' {
  return mode === 'explore' ? 'explore' : 'confirm';
}

function isConfirmed(entries: readonly LedgerEntry[], lock: string): boolean {
  return entries.some(({ body }) => body.kind === 'confirm' && body.lock === lock);
}

/**
 * A replay computes everything again: it finds in the store only what it has put there itself, so that one that was stopped
 * goes on where it was. Its number is one more when it has been entered in the ledger.
 */
function replayName(entries: readonly LedgerEntry[], lock: string): string {
  const before = entries.filter(({ body }) => body.kind === 'replay' && body.lock === lock).length;
  return `replay ${before + 1} of ${lock}`;
}
