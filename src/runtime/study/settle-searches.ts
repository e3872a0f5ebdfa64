// Searches: they run before anything is measured, since what they find decides what is measured. Replicates of controls search
// again, each on its own model. A search is in the ledger before what it found is told.
import { bug } from '../../compiler/base/bug.js';
import { digest } from '../../compiler/base/digest.js';
import { hasErrors } from '../../compiler/base/reporter.js';
import type { SearchRequest } from '../../compiler/check/context.js';
import type { CheckedFile } from '../../compiler/check/experiment.js';
import type { MemberTuple } from '../../compiler/check/family.js';
import type { StageCounts } from '../execute/execute-stage.js';
import { memberId } from './collect.js';
import type { Journal } from './journal.js';
import type { OpenStudy } from './open-study.js';
import type { RowBook } from './rows.js';
import { RunFailed } from './run-failed.js';
import { chooseTop, type Scored, scoresOf } from './searches.js';
import { inLanes } from './stage-groups.js';
import { addCounts, computedCalls, noCounts, type StageRunner, stagesNeeded } from './stage-runner.js';

export type SearchResult = {
  readonly circuit: string;
  readonly members: readonly MemberTuple[];
  readonly scores: readonly Scored[];
  readonly split: string;
  readonly evaluations: number;
  /** False for the searches of a control's reinitialised models. */
  readonly main: boolean;
};

export type SearchEnv = {
  readonly study: OpenStudy;
  readonly read: 'explore' | 'confirm';
  /** `none`: no control searches again on models of its own. */
  readonly replicates: 'all' | 'none';
  /** The file checked in just this way, where that has been done: the first round need not do it again. */
  readonly first?: CheckedFile;
  readonly journal: Journal;
  readonly bookOf: (checked: CheckedFile) => RowBook;
  readonly runnerOf: (checked: CheckedFile, rows: RowBook) => StageRunner;
};

export type Settled = {
  /** The file with every circuit that was searched for. */
  readonly checked: CheckedFile;
  readonly found: ReadonlyMap<string, readonly MemberTuple[]>;
  readonly searches: readonly SearchResult[];
  readonly counts: StageCounts;
};

/**
 * Runs every search. One circuit at a time, in the order in which the file needs them: the score of a later one may depend on
 * what an earlier one finds.
 */
export async function settleSearches(env: SearchEnv): Promise<Settled> {
  const found = new Map<string, readonly MemberTuple[]>();
  const searches: SearchResult[] = [];
  let counts = noCounts;
  for (let number = 1; ; number++) {
    const known = number === 1 ? env.first : undefined;
    const checked = known ?? env.study.recheck({ mode: env.read, found, replicates: env.replicates });
    if (hasErrors(checked.diagnostics)) throw new RunFailed(checked.diagnostics);
    const open = checked.searches.filter((one) => !found.has(one.key));
    const [next] = open;
    if (next === undefined) return { checked, found, searches, counts };
    const round = open.filter((one) => one.circuit.name === next.circuit.name);
    const before = found.size;
    const { results, counts: own } = await runRound(checked, round, `search:${number}`, env);
    for (const { search, result } of results) {
      found.set(search.key, result.members);
      searches.push(result);
    }
    if (found.size === before) bug('searches that never settle');
    counts = addCounts(counts, own);
  }
}

type Ran = { readonly search: SearchRequest; readonly result: SearchResult };

async function runRound(
  checked: CheckedFile,
  round: readonly SearchRequest[],
  step: string,
  { journal, study, bookOf, runnerOf }: SearchEnv,
): Promise<{ readonly results: readonly Ran[]; readonly counts: StageCounts }> {
  const rows = bookOf(checked);
  const runner = runnerOf(checked, rows);
  rows.expect(
    stagesNeeded(
      round.map((one) => one.run.stage),
      checked.stages.pools,
    ),
  );
  let results: readonly Ran[] = [];
  await journal.stepOf(step, async () => {
    await inLanes(
      round.map((one) => one.run.stage),
      (stage) => runner.run(stage),
    );
    results = round.map((search) => ({ search, result: resultOf(search, runner) }));
    record(results, study.digest, journal);
    return computedCalls(runner.counts) === 0;
  });
  return { results, counts: runner.counts };
}

function resultOf(search: SearchRequest, runner: StageRunner): SearchResult {
  const { run, circuit } = search;
  const scores = scoresOf(search, (stage) => runner.numbers(stage));
  return {
    circuit: circuit.name,
    members: chooseTop(search, scores),
    scores,
    split: `${run.data.declared}.${run.split}`,
    evaluations: scores.length,
    main: run.stage.executions.every((one) => one.model.reinitialised === null),
  };
}

/** An entry for each search of the file itself, and then one for those of all reinitialised models. */
function record(results: readonly Ran[], plan: string, journal: Journal): void {
  for (const { search, result } of results.filter((one) => one.result.main)) {
    const { circuit: name, members, split, evaluations } = result;
    journal.look(
      search.run,
      (looks) => ({ kind: 'search', plan, name, looks, evaluations, configurations: 1, bits: 'full' }),
      digest('search', { name, members, scores: result.scores.map((one) => String(one.score)) }),
    );
    journal.emit({
      kind: 'found',
      circuit: name,
      members: members.map((one) => `[${memberId(one)}]`),
      split,
      evaluations,
    });
  }
  const replicates = results.filter((one) => !one.result.main);
  const [first] = replicates;
  if (first === undefined) return;
  journal.look(first.search.run, (looks) => ({
    kind: 'search',
    plan,
    name: first.result.circuit,
    control: 'reinitialised',
    looks,
    evaluations: replicates.reduce((sum, { result }) => sum + result.evaluations, 0),
    configurations: replicates.length,
    bits: 'full',
  }));
}
