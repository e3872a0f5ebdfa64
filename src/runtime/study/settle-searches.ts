// Searches: they run before anything is measured, since what they find decides what is measured. Replicates of controls search
// again, each on its own model. A search is in the ledger before what it found is told.
import { bug } from '../../compiler/base/bug.js';
import { digest } from '../../compiler/base/digest.js';
import { hasErrors } from '../../compiler/base/reporter.js';
import type { Replicates } from '../../compiler/check/claims.js';
import type { SearchRequest } from '../../compiler/check/context.js';
import type { CheckedFile } from '../../compiler/check/experiment.js';
import type { MemberTuple } from '../../compiler/check/family.js';
import { bytesOfWeights } from '../../compiler/ir/memory.js';
import type { StageCounts } from '../execute/execute-stage.js';
import { memberId } from './collect.js';
import type { Journal, Looked } from './journal.js';
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
  /** The file checked without any, where that has been done: the first round need not do it again. */
  readonly first?: CheckedFile;
  readonly memoryBytes: number;
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
  let replicates: SearchEnv['replicates'] = 'none';
  for (let number = 1; ; ) {
    const known = number === 1 && replicates === 'none' ? env.first : undefined;
    const checked = known ?? checkedAgain(env, found, replicates);
    const open = openIn(checked, found);
    const [next] = open;
    if (next === undefined) {
      if (replicates === env.replicates) return { checked, found, searches, counts };
      replicates = env.replicates; // their searches were made with the file's own; where one asks for more, it comes now
      continue;
    }
    const round = new Round(next.circuit.name, env, found);
    counts = addCounts(counts, await round.run(checked, `search:${number}`));
    for (const [key, { result }] of round.ran) {
      found.set(key, result.members);
      searches.push(result);
    }
    if (round.ran.size === 0) bug('searches that never settle');
    number += 1;
  }
}

function checkedAgain(
  { study, read }: SearchEnv,
  found: ReadonlyMap<string, readonly MemberTuple[]>,
  replicates: Replicates,
): CheckedFile {
  const checked = study.recheck({ mode: read, found, replicates });
  if (hasErrors(checked.diagnostics)) throw new RunFailed(checked.diagnostics);
  return checked;
}

function openIn(checked: CheckedFile, found: ReadonlyMap<string, unknown>): readonly SearchRequest[] {
  return checked.searches.filter((one) => !found.has(one.key));
}

/** What a search found, without the graph that found it. */
type Ran = { readonly looked: Looked; readonly result: SearchResult };

/**
 * The searches for one circuit: that of the file, and then those on the models of its controls. All of them read what was found before the
 * round, so that what they share is the same graph for each.
 */
class Round {
  readonly #circuit: string;
  readonly #env: SearchEnv;
  readonly #found: ReadonlyMap<string, readonly MemberTuple[]>;
  /** By key. */
  readonly ran = new Map<string, Ran>();
  #counts: StageCounts = noCounts;

  constructor(circuit: string, env: SearchEnv, found: ReadonlyMap<string, readonly MemberTuple[]>) {
    this.#circuit = circuit;
    this.#env = env;
    this.#found = found;
  }

  async run(checked: CheckedFile, step: string): Promise<StageCounts> {
    const { journal, study } = this.#env;
    const seeds = this.#env.replicates === 'none' ? 0 : seedsOf(checked);
    await journal.stepOf(step, async () => {
      const together = this.#modelsTogether(this.#openIn(checked), seeds);
      await this.#search(checked);
      for (let from = 0; from < seeds; from += together) {
        const only = Array.from({ length: Math.min(together, seeds - from) }, (_, i) => from + i);
        const known = this.ran.size;
        await this.#search(checkedAgain(this.#env, this.#found, { only }));
        if (this.ran.size === known) break; // every control has the first of its models: none of them searches for this
      }
      record([...this.ran.values()], study.digest, journal);
      return computedCalls(this.#counts) === 0;
    });
    return this.#counts;
  }

  /** Graphs of a large model's searches are large as well: those of as many models at a time as their weights fit into memory. */
  #modelsTogether(searches: readonly SearchRequest[], seeds: number): number {
    const models = searches.flatMap(({ run }) => run.stage.executions.map(({ model }) => model.graph.graph));
    const largest = Math.max(1, ...[...new Set(models)].map(bytesOfWeights));
    return Math.max(1, Math.min(seeds, Math.floor(this.#env.memoryBytes / largest)));
  }

  async #search(checked: CheckedFile): Promise<void> {
    const { bookOf, runnerOf } = this.#env;
    const round = this.#openIn(checked);
    const rows = bookOf(checked);
    const runner = runnerOf(checked, rows);
    const stages = round.map((one) => one.run.stage);
    rows.expect(stagesNeeded(stages, checked.stages.pools));
    await inLanes(stages, (stage) => runner.run(stage));
    this.#counts = addCounts(this.#counts, runner.counts);
    for (const search of round) {
      const { data, split } = search.run;
      this.ran.set(search.key, { looked: { data, split }, result: resultOf(search, runner) });
    }
  }

  #openIn(checked: CheckedFile): readonly SearchRequest[] {
    return openIn(checked, this.#found).filter(
      ({ key, circuit }) => circuit.name === this.#circuit && !this.ran.has(key),
    );
  }
}

/** The most models that a control of the file searches again on. */
function seedsOf({ controls }: CheckedFile): number {
  return Math.max(
    0,
    ...controls.map(({ what, waived }) =>
      what.kind === 'reinitialised' && waived === null ? what.seeds : 0,
    ),
  );
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
  for (const { looked, result } of results.filter((one) => one.result.main)) {
    const { circuit: name, members, split, evaluations } = result;
    journal.look(
      looked,
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
  journal.look(first.looked, (looks) => ({
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
