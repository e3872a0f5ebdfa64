// One run of a pipeline: check, search, pool, measure, decide, write down. A draft explores the rows that may be explored;
// a locked file opens its confirm rows once and replays them ever after.
import { bug } from '../../compiler/base/bug.js';
import { hasErrors } from '../../compiler/base/reporter.js';
import type { CheckedFile } from '../../compiler/check/experiment.js';
import type { MemberTuple } from '../../compiler/check/family.js';
import type { Backend } from '../backend/backend.js';
import type { ConfirmToken } from '../data/confirm-token.js';
import type { RunEvent, RunMode, StepOutline } from '../event.js';
import type { StageCounts } from '../execute/execute-stage.js';
import { openStore } from '../store/cas.js';
import { appendEntry, headOf, requireLedger, stamped } from '../store/ledger.js';
import type { Stamp } from '../store/ledger-entry.js';
import { recordLook } from '../store/looks.js';
import { openConfirm } from '../store/open-confirm.js';
import type { OutcomeTable } from '../store/outcome-table.js';
import { collectStudy, memberId } from './collect.js';
import { conclusions } from './conclusions.js';
import { decideStudy, type StudyDecision } from './decide.js';
import type { StudyFacts } from './facts.js';
import { confirmLooks, lookAt } from './looks.js';
import { type ManipulationCheck, manipulationChecks } from './manipulation-checks.js';
import { checkModels } from './model-checks.js';
import type { OpenStudy } from './open-study.js';
import { RowBook } from './rows.js';
import { RunFailed } from './run-failed.js';
import { chooseTop, type Scored, scoresOf } from './searches.js';
import { inPairs, stageGroups } from './stage-groups.js';
import { addCounts, noCounts, StageRunner, stagesNeeded } from './stage-runner.js';

export type RunRequest = {
  readonly study: OpenStudy;
  readonly backend: Backend;
  readonly memoryBytes: number;
  readonly batch: number | undefined;
  readonly skip: readonly string[];
  readonly signal: AbortSignal;
  readonly stamp: Stamp;
  readonly nowMs: () => number;
  readonly emit: (event: RunEvent) => void;
};

export type SearchResult = {
  readonly circuit: string;
  readonly members: readonly MemberTuple[];
  readonly scores: readonly Scored[];
  readonly split: string;
  readonly evaluations: number;
  readonly main: boolean;
};

export type StudyRun = {
  readonly mode: RunMode;
  readonly checked: CheckedFile;
  readonly facts: StudyFacts;
  readonly tables: readonly OutcomeTable[];
  readonly decision: StudyDecision;
  readonly searches: readonly SearchResult[];
  readonly checks: readonly ManipulationCheck[];
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

class Runner {
  readonly #request: RunRequest;
  readonly #study: OpenStudy;
  readonly #started: number;
  readonly #found = new Map<string, readonly MemberTuple[]>();
  readonly #searches: SearchResult[] = [];
  readonly #checks: ManipulationCheck[] = [];
  /** Of searches; each has a runner of its own. */
  #counts: StageCounts = noCounts;
  #steps = 0;
  #cachedSteps = 0;

  constructor(request: RunRequest) {
    this.#request = request;
    this.#study = request.study;
    this.#started = request.nowMs();
  }

  async run(): Promise<StudyRun> {
    const { study } = this.#request;
    const draft = study.checked ?? bug('a run of a file with errors');
    const locked = study.lockState.kind === 'locked';
    const entries = requireLedger(study.host, study.ledger);
    const confirmed = entries.some(({ body }) => body.kind === 'confirm' && body.lock === study.digest);
    let head = headOf(entries);
    let token: ConfirmToken | null = null;
    let mode: RunMode = 'explore';
    this.#begin(draft, !locked ? 'explore' : confirmed ? 'replay' : 'confirm');
    await this.#verifyModels(draft);
    if (locked) {
      const opened = openConfirm(study.host, study.ledger, {
        lock: study.digest,
        looks: confirmLooks(draft),
        stamp: this.#stamp(),
      });
      ({ token } = opened);
      head = opened.entry.hash;
      mode = opened.how === 'replay' ? 'replay' : 'confirm';
    }
    const read = locked ? 'confirm' : 'explore';
    const store = openStore(study.host, study.root);
    // Confirm rows are seeded by the lock; the flips and all that controls draw by the meaning, which is the same thing.
    const book = (checked: CheckedFile): RowBook =>
      new RowBook(checked, study.compileHost.readDataBytes, token);
    const runnerFor = (checked: CheckedFile, rows: RowBook): StageRunner =>
      new StageRunner({
        pools: checked.stages.pools,
        rows,
        backend: this.#request.backend,
        lookupWeight: study.compileHost.lookupWeight,
        memoryBytes: this.#request.memoryBytes,
        batch: this.#request.batch,
        skip: this.#request.skip,
        store,
        root: study.digest,
        signal: this.#request.signal,
        onProgress: (_stage, progress) =>
          this.#emit({ kind: 'step-progress', step: this.#step, ...progress }),
      });

    // Searches first: what they find decides what is measured. Replicates of controls search again, each on its own model.
    const evaluations = { total: 0 };
    for (let round = 0; ; round++) {
      const checked = study.recheck({ mode: read, found: this.#found, replicates: 'all' });
      if (hasErrors(checked.diagnostics)) throw new RunFailed(checked.diagnostics);
      const open = checked.searches.filter((one) => !this.#found.has(one.key));
      if (open.length > 0) {
        if (round > 20) bug('searches that never settle');
        const rows = book(checked);
        const runner = runnerFor(checked, rows);
        await this.#search(checked, open, rows, runner, evaluations);
        continue;
      }
      return this.#measure({ checked, rows: book(checked), runnerFor, head, mode, read });
    }
  }

  async #search(
    checked: CheckedFile,
    open: CheckedFile['searches'],
    rows: RowBook,
    runner: StageRunner,
    evaluations: { total: number },
  ): Promise<void> {
    const stages = stagesNeeded(
      open.map((one) => one.run.stage),
      checked.stages.pools,
    );
    rows.expect(stages);
    const main = new Set(this.#study.checked?.searches.map((one) => one.key) ?? []);
    await this.#stepOf(`search:${this.#steps}`, async () => {
      await inPairs(open, (one) => runner.run(one.run.stage));
      for (const one of open) {
        const scored = scoresOf(one, (stage) => runner.numbers(stage));
        const members = chooseTop(one, scored);
        this.#found.set(one.key, members);
        evaluations.total += scored.length;
        const isMain = this.#searches.every((other) => other.circuit !== one.circuit.name);
        const split = `${one.run.data.declared}.${one.run.split}`;
        this.#searches.push({
          circuit: one.circuit.name,
          members,
          scores: scored,
          split,
          evaluations: scored.length,
          main: isMain,
        });
        if (isMain)
          this.#emit({
            kind: 'found',
            circuit: one.circuit.name,
            members: members.map((m) => `[${memberId(m)}]`),
            split,
            evaluations: scored.length,
          });
      }
      this.#counts = addCounts(this.#counts, runner.counts);
      return computedCalls(runner.counts) === 0;
    });
    const [first] = open;
    if (first !== undefined && main.has(first.key)) {
      this.#look({
        kind: 'search',
        name: first.circuit.name,
        data: first.run.data,
        split: first.run.split,
        evaluations: evaluations.total,
        checked,
      });
    }
  }

  async #measure(plan: {
    readonly checked: CheckedFile;
    readonly rows: RowBook;
    readonly runnerFor: (checked: CheckedFile, rows: RowBook) => StageRunner;
    readonly head: string;
    readonly mode: RunMode;
    readonly read: 'explore' | 'confirm';
  }): Promise<StudyRun> {
    const { checked, rows } = plan;
    const groups = stageGroups(checked);
    rows.expect(
      stagesNeeded(
        groups.flatMap((one) => one.stages),
        checked.stages.pools,
      ),
    );
    const runner = plan.runnerFor(checked, rows);
    for (const group of groups) {
      await this.#stepOf(group.id, async () => {
        const before = runner.counts;
        await inPairs(group.stages, (stage) => runner.run(stage));
        return computedCalls(runner.counts) === computedCalls(before);
      });
    }
    await this.#stepOf('manipulation', async () => {
      const made = await manipulationChecks(
        checked,
        rows,
        this.#request.backend,
        this.#study.compileHost.lookupWeight,
      );
      for (const one of made) {
        this.#checks.push(one);
        this.#emit({ kind: 'check', name: one.name, passed: one.passed, text: one.text });
      }
      return false;
    });
    const collected = collectStudy(checked, (stage) => runner.numbers(stage), this.#study.digest);
    let decision: StudyDecision | null = null;
    await this.#stepOf('statistics', async () => {
      decision = decideStudy(
        collected.facts,
        new Map(collected.tables.map((one) => [one.name, one] as const)),
      );
      return false;
    });
    if (plan.read === 'explore') this.#recordExploration(checked);
    for (const event of conclusions(
      checked,
      collected.facts,
      collected.tables,
      decision ?? bug('no decision'),
    ))
      this.#emit(event);
    return {
      mode: plan.mode,
      checked,
      facts: collected.facts,
      tables: collected.tables,
      decision: decision ?? bug('no decision'),
      searches: this.#searches,
      checks: this.#checks,
      counts: addCounts(this.#counts, runner.counts),
      runner,
      rows,
      found: this.#found,
      read: plan.read,
      head: plan.head,
      timeMs: this.#request.nowMs() - this.#started,
      steps: this.#steps,
      cachedSteps: this.#cachedSteps,
    };
  }

  /** Every look at rows is in the ledger before its result is shown. */
  #recordExploration(checked: CheckedFile): void {
    const seen = new Map<string, { data: CheckedFile['data'][number]; split: string; members: number }>();
    for (const claim of checked.claims) {
      const key = `${claim.data.digest}/${claim.readSplit}`;
      const known = seen.get(key);
      seen.set(key, {
        data: claim.data,
        split: claim.readSplit,
        members: (known?.members ?? 0) + claim.family.members.length,
      });
    }
    for (const view of checked.views) {
      for (const metric of view.metrics) {
        const key = `${metric.stage.data.digest}/${metric.stage.split}`;
        if (!seen.has(key))
          seen.set(key, {
            data: metric.stage.data,
            split: metric.stage.split,
            members: metric.family.members.length,
          });
      }
    }
    for (const one of seen.values())
      this.#look({ kind: 'explore', data: one.data, split: one.split, evaluations: one.members, checked });
  }

  #look(what: {
    readonly kind: 'explore' | 'search';
    readonly name?: string;
    readonly data: CheckedFile['data'][number];
    readonly split: string;
    readonly evaluations: number;
    readonly checked: CheckedFile;
  }): void {
    const { study } = this.#request;
    const entries = requireLedger(study.host, study.ledger);
    const looks = [recordLook(entries, lookAt(what.data, what.split))];
    appendEntry(
      study.host,
      study.ledger,
      stamped(
        what.kind === 'search'
          ? {
              kind: 'search',
              plan: study.digest,
              name: what.name ?? '',
              looks,
              evaluations: what.evaluations,
              configurations: 1,
              bits: 'full',
            }
          : { kind: 'explore', plan: study.digest, looks, evaluations: what.evaluations, bits: 'full' },
        this.#stamp(),
      ),
    );
  }

  async #verifyModels(checked: CheckedFile): Promise<void> {
    await this.#stepOf('models', async () => {
      const { loaded } = this.#study.compileHost;
      for (const one of await checkModels(checked, loaded, this.#request.backend)) {
        this.#checks.push(one);
        this.#emit({ kind: 'check', ...one });
      }
      return false;
    });
  }

  #begin(checked: CheckedFile, mode: RunMode): void {
    const groups = stageGroups(checked);
    const outline = (id: string, title: string, kind: StepOutline['kind']): StepOutline => ({
      id,
      title,
      kind,
      calls: 0,
      rows: 0,
      flops: 0,
    });
    this.#emit({
      kind: 'run-started',
      file: this.#study.name,
      mode,
      title: checked.study.title,
      question: checked.study.question,
      claims: checked.claims.map((claim) => {
        const family = checked.families.find((one) => one.claims.includes(claim.name));
        return {
          name: claim.name,
          quantifier: claim.quantity,
          members: claim.family.members.length,
          family: family?.name ?? '',
          method: family?.method ?? 'holm',
          rate: family?.rate ?? '0.05',
        };
      }),
      controls: checked.controls.map((one) => ({ name: one.name, claim: one.claim })),
      steps: [
        outline('models', 'models against stored outputs', 'check'),
        ...(checked.searches.length === 0 ? [] : [outline('search:1', 'search', 'search')]),
        ...groups.map((one) => outline(one.id, one.title, one.kind)),
        outline('manipulation', 'manipulation checks', 'check'),
        outline('statistics', 'statistics', 'statistics'),
      ],
      dataRows: checked.data.flatMap((data) =>
        data.facts.splits.map((split) => ({
          data: data.declared,
          split: split.name,
          rows: split.rows,
          clusters: split.clusters,
          sealed: split.sealed && mode === 'explore',
        })),
      ),
    });
    const { lockState } = this.#study;
    if (lockState.kind === 'changed') this.#emit({ kind: 'warning', text: changedText(lockState.changes) });
  }

  #step = '';
  async #stepOf(id: string, work: () => Promise<boolean>): Promise<void> {
    this.#request.signal.throwIfAborted();
    this.#step = id;
    this.#steps += 1;
    const from = this.#request.nowMs();
    this.#emit({ kind: 'step-started', step: id });
    const cached = await work();
    if (cached) this.#cachedSteps += 1;
    this.#emit({ kind: 'step-finished', step: id, cached, timeMs: this.#request.nowMs() - from });
  }

  #stamp(): Stamp {
    return {
      ...this.#request.stamp,
      time: new Date(this.#request.nowMs()).toISOString(),
      file: this.#study.inProject,
    };
  }

  #emit(event: RunEvent extends infer E ? (E extends RunEvent ? Omit<E, 'at'> : never) : never): void {
    this.#request.emit({ ...event, at: this.#request.nowMs() } as RunEvent); // `at` completes the event
  }
}

/** Why a file that has a lock explores. */
function changedText(changes: readonly string[]): string {
  const more = changes.length > 4 ? ` and ${changes.length - 4} more` : '';
  return `changed since the lock: ${changes.slice(0, 4).join('; ')}${more}; this run explores`;
}

/** Calls that did not come from the store. */
function computedCalls({ calls, cachedCalls }: StageCounts): number {
  return calls - cachedCalls;
}
