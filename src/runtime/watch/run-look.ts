// One look at a draft: its searches, claims and views on the rows that may be explored. What earlier looks have made is taken from
// them. No confirm row can be read here: nobody has a token. The ledger has the look before it is returned.
import { bug } from '../../compiler/base/bug.js';
import type { CheckedFile } from '../../compiler/check/experiment.js';
import type { Backend } from '../backend/backend.js';
import type { StageCounts } from '../execute/execute-stage.js';
import { openStore } from '../store/cas.js';
import { collectStudy } from '../study/collect.js';
import { decideStudy } from '../study/decide.js';
import { describeStudy } from '../study/describe-study.js';
import { Journal, type JournalRequest } from '../study/journal.js';
import { type KnownChecks, manipulationChecks } from '../study/manipulation-checks.js';
import { checkModels } from '../study/model-checks.js';
import { claimsThatUse } from '../study/model-use.js';
import { recordExploration } from '../study/record-exploration.js';
import { type KeptRows, RowBook } from '../study/rows.js';
import type { RunCheck } from '../study/run-check.js';
import { settleSearches } from '../study/settle-searches.js';
import { inLanes, stageGroups } from '../study/stage-groups.js';
import { addCounts, StageRunner, stagesNeeded } from '../study/stage-runner.js';
import { answerDigest, answerOf } from './answer.js';
import type { WatchAnswer } from './watch-event.js';

/** What looks leave for the next one. */
export type LookMemory = {
  readonly rows: KeptRows;
  /** Checks of models by their digest and declared name. */
  readonly models: Map<string, readonly RunCheck[]>;
  readonly manipulations: KnownChecks;
  readonly entered: Set<string>;
};

export function emptyMemory(): LookMemory {
  return { rows: new Map(), models: new Map(), manipulations: new Map(), entered: new Set() };
}

export type LookRequest = Omit<JournalRequest, 'entered'> & {
  /** Root of what controls draw and of the flips, the same in every look: what changes between two answers is the file. */
  readonly root: string;
  readonly memory: LookMemory;
  /** For checks, which compile what nothing else needs. */
  readonly backend: Backend;
  /** The same, keeping what it has compiled. */
  readonly kept: Backend;
  readonly memoryBytes: number;
  readonly batch: number | undefined;
  readonly skip: readonly string[];
};

export type Look = { readonly answer: WatchAnswer; readonly counts: StageCounts };

/** Rejects with what `diagnosticsOf` knows; the study has no errors and is not locked. */
export async function runLook(request: LookRequest): Promise<Look> {
  const { study, memory, kept } = request;
  const journal = new Journal({ ...request, entered: memory.entered });
  const draft = study.checked ?? bug('a look at a file with errors');
  const modelChecks = await checkedModels(draft, request);
  const store = openStore(study.host, study.root);
  const bookOf = (checked: CheckedFile): RowBook =>
    new RowBook(checked, study.compileHost.readDataBytes, null, memory.rows);
  const runnerOf = (checked: CheckedFile, rows: RowBook): StageRunner =>
    new StageRunner({
      pools: checked.stages.pools,
      rows,
      backend: kept,
      lookupWeight: study.compileHost.lookupWeight,
      memoryBytes: request.memoryBytes,
      batch: request.batch,
      skip: request.skip,
      store,
      root: request.root,
      signal: request.signal,
      onProgress: (_stage, progress) =>
        journal.emit({ kind: 'step-progress', step: journal.step, ...progress }),
    });
  const settled = await settleSearches({
    study,
    read: 'explore',
    replicates: 'none',
    first: draft,
    memoryBytes: request.memoryBytes,
    journal,
    bookOf,
    runnerOf,
  });
  const leftOut = settled.checked.controls.filter((one) => one.what.kind !== 'paired' && one.waived === null);
  const checked: CheckedFile = {
    ...settled.checked,
    controls: settled.checked.controls.filter((one) => !leftOut.includes(one)),
  };
  const rows = bookOf(checked);
  const runner = runnerOf(checked, rows);
  const groups = stageGroups(checked);
  rows.expect(
    stagesNeeded(
      groups.flatMap((one) => one.stages),
      checked.stages.pools,
    ),
  );
  const { lookupWeight } = study.compileHost;
  const made = await manipulationChecks(checked, rows, request.backend, lookupWeight, memory.manipulations);
  const checks = [...modelChecks, ...made];
  for (const group of groups) {
    await journal.stepOf(group.id, async () => {
      await inLanes(group.stages, (stage) => runner.run(stage));
      return false;
    });
  }
  const { facts, tables } = collectStudy(checked, (stage) => runner.numbers(stage), {
    root: request.root,
    checks: checks.map(({ name, model, state }) => ({ name, state, claims: usersOf(model, checked) })),
  });
  const decision = decideStudy(facts, new Map(tables.map((one) => [one.name, one] as const)));
  const descriptions = describeStudy(facts, decision);
  const counts = addCounts(settled.counts, runner.counts);
  const searches = settled.searches.filter((one) => one.main);
  const mode = 'explore' as const;
  const answer = answerOf({
    ...{ checked, facts, tables, decision, descriptions, mode, runner },
    ...{ checks, searches, leftOut },
  });
  request.signal.throwIfAborted();
  recordExploration(checked, study.digest, journal, answerDigest(answer));
  return { answer, counts };
}

/** Each model against what is stored of it, once. */
async function checkedModels(draft: CheckedFile, request: LookRequest): Promise<readonly RunCheck[]> {
  const { memory, study, backend } = request;
  const all: RunCheck[] = [];
  for (const model of draft.models) {
    const key = `${model.graph.digest} ${model.declared}`;
    const own: RunCheck[] = [];
    const known = memory.models.get(key);
    if (known === undefined) {
      await checkModels({ ...draft, models: [model] }, study.compileHost.loaded, backend, (one) => {
        own.push(one);
      });
      memory.models.set(key, own);
    }
    all.push(...(known ?? own));
  }
  return all;
}

function usersOf(declared: string, checked: CheckedFile): readonly string[] {
  const model = checked.models.find((one) => one.declared === declared) ?? bug(`no model ${declared}`);
  return claimsThatUse(model, checked);
}
