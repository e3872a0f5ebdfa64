// Checks that interventions do what they say, made in every run before anything is measured: each model by itself, on rows
// like those that it reads, and before confirm rows are opened where the data have others. What could not be compared says so; it counts neither as passed nor as failed.
import { bug } from '../../compiler/base/bug.js';
import { type Digest, digest } from '../../compiler/base/digest.js';
import type { CheckedFile } from '../../compiler/check/experiment.js';
import type { Stage } from '../../compiler/check/stage.js';
import type { ModelValue } from '../../compiler/check/value.js';
import type { Backend } from '../backend/backend.js';
import { type HostTensor, numbersOf, tensorOf } from '../backend/host-tensor.js';
import { isConfirmSplit } from '../data/layout.js';
import type { Column, RowSet } from '../data/row-set.js';
import { batchInvariance } from './batch-invariance.js';
import { stagesThatRun } from './model-use.js';
import type { RowBook } from './rows.js';
import { type RunCheck, runCheck } from './run-check.js';
import { selfSwap } from './self-swap.js';
import type { CheckBench, CheckResult } from './unwritten-run.js';

const MOST_ROWS = 4;

/** Results of checks by what they were made of: model, written sites, input. */
export type KnownChecks = Map<string, CheckResult>;

export async function manipulationChecks(
  checked: CheckedFile,
  rows: RowBook,
  backend: Backend,
  lookupWeight: (digest: string) => HostTensor,
  known: KnownChecks = new Map(),
): Promise<readonly RunCheck[]> {
  const made: RunCheck[] = [];
  for (const model of checked.models) {
    const tell = (what: string, result: CheckResult): void => {
      made.push(runCheck({ name: `${what} ${model.declared}`, model: model.declared, ...result }));
    };
    const stages = stagesThatRun(model, checked);
    const input = sampleInput(model, stages, rows);
    if (typeof input === 'string') {
      tell('self-swap', { state: 'not-checked', text: input });
      tell('batch invariance', { state: 'not-checked', text: input });
      continue;
    }
    const bench: CheckBench = { model, backend, lookupWeight, input };
    const paths = writtenPaths(model, stages);
    tell(
      'self-swap',
      paths.length === 0
        ? { state: 'not-checked', text: 'no intervention writes into this model' }
        : await once(known, keyOf('self-swap', bench, paths), () => selfSwap(paths, bench)),
    );
    tell(
      'batch invariance',
      await once(known, keyOf('batch invariance', bench, []), () => batchInvariance(bench)),
    );
  }
  return made;
}

async function once(known: KnownChecks, key: Digest, make: () => Promise<CheckResult>): Promise<CheckResult> {
  const result = known.get(key) ?? (await make());
  known.set(key, result);
  return result;
}

function keyOf(what: string, { model, input }: CheckBench, paths: readonly string[]): Digest {
  const { dtype, dims } = input;
  const values = numbersOf(input).map(String);
  return digest('manipulation-check', { what, model: model.graph.digest, paths, dtype, dims, values });
}

/** Sites of the model that are written where it runs with interventions. */
function writtenPaths(model: ModelValue, stages: readonly Stage[]): readonly string[] {
  const paths = new Set<string>();
  for (const stage of stages) {
    const isWritten = stage.executions.some((one) => one.model.id === model.id && !one.clean);
    if (isWritten) for (const path of stage.writtenPaths) paths.add(path);
  }
  return [...paths].filter((path) => model.graph.sites.some((site) => site.path === path)).toSorted();
}

type Sample = { readonly stage: Stage; readonly split: string };

/** Whether the model can be checked while there are no confirm rows. */
export function isCheckedUnopened(model: ModelValue, checked: CheckedFile): boolean {
  const sample = sampleOf(stagesThatRun(model, checked));
  return sample === null || !isConfirmSplit(sample.split);
}

/** Rows of what the model reads: those that may be explored, where there are any, and others only where nothing else exists. */
function sampleOf(stages: readonly Stage[]): Sample | null {
  for (const stage of stages) {
    const split = explorableSplit(stage);
    if (split !== null) return { stage, split };
  }
  const [first] = stages;
  return first === undefined ? null : { stage: first, split: first.split };
}

/** The split of the stage's rows that an exploration would read in its place. */
export function explorableSplit({ data, split }: Stage): string | null {
  const { splits } = data.facts;
  const open = splits.filter((one) => one.rows > 0 && !isConfirmSplit(one.name));
  const found = [split, 'discover'].flatMap((name) => open.filter((one) => one.name === name))[0] ?? open[0];
  return found?.name ?? null;
}

/** A few rows of equal length as the model's input, or why there are none. */
function sampleInput(model: ModelValue, stages: readonly Stage[], rows: RowBook): HostTensor | string {
  const sample = sampleOf(stages);
  if (sample === null) return 'nothing that is measured runs this model';
  const { data } = sample.stage;
  const { columns } = data.facts;
  const read = (columns.find((one) => one.kind === 'tokens') ?? columns[0])?.name ?? '';
  const set = rows.rows(data, sample.split);
  const column = set.columns.get(read) ?? bug(`the rows of ${data.declared} have no column ${read}`);
  const chosen = equallyLong(set);
  const [first] = chosen;
  if (first === undefined) return `\`${data.declared}.${sample.split}\` has no rows`;
  const length = set.lengths[first] ?? 0;
  const { dtype, axes } = model.graph.inputs[0]?.type ?? bug('a model without inputs');
  const values = chosen.flatMap((row) => valuesOf(column, row, length));
  return tensorOf(dtype, axes.length === 1 ? [chosen.length] : [chosen.length, length], values);
}

/** The first rows of the length that most rows have. */
function equallyLong({ rows, lengths }: RowSet): readonly number[] {
  const byLength = new Map<number, number[]>();
  for (let row = 0; row < rows; row++) {
    const length = lengths[row] ?? 0;
    const list = byLength.get(length) ?? [];
    list.push(row);
    byLength.set(length, list);
  }
  const [most = []] = [...byLength.values()].toSorted((a, b) => b.length - a.length);
  return most.slice(0, MOST_ROWS);
}

function valuesOf(column: Column, row: number, length: number): readonly number[] {
  switch (column.kind) {
    case 'tokens':
    case 'positions': {
      const from = column.offsets[row] ?? 0;
      return [...column.values.subarray(from, from + length)];
    }
    case 'scalars':
      return [column.values[row] ?? Number.NaN];
    case 'texts':
      return bug('a model that reads text as it is');
  }
}
