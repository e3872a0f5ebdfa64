// Rows of a random token sequence, written twice: the place where continuing a sequence can be seen without meaning.
// Row k of a split draws its period from stream `SPLIT/period` (draw k) and its tokens from `SPLIT/token` (replicate k).

import type { RepeatedTokensSpec } from '../../compiler/data/data-spec.js';
import { fillIntegersBelow, integerBelow, streamKey } from '../stats/rng.js';
import { plainTokenRows } from './columns.js';
import { type ContentFacts, type Fill, type FilledRows, fullColumn, TOKEN_FACTS } from './fill.js';
import type { Layout } from './layout.js';
import {
  badRange,
  badSize,
  type DataProblem,
  type Made,
  made,
  madeUnless,
  splitColumnUnknown,
} from './problem.js';
import type { Column } from './row-set.js';
import { checkShares, countUnits } from './shares.js';

export const LARGEST_SIZE = 10_000_000;

/** A problem unless `size` is a number of rows that can be made. */
export function checkSize(size: number): DataProblem[] {
  return Number.isInteger(size) && size >= 1 && size <= LARGEST_SIZE ? [] : [badSize(size)];
}

/** Rows are independent, so that a split is the first n rows of its own stream: nothing needs to be shuffled. */
export function layOutRepeatedTokens(spec: RepeatedTokensSpec): Made<Layout> {
  const { low, high } = spec.period;
  const problems = [...checkSize(spec.size), ...checkShares(spec.split.shares)];
  if (!(Number.isInteger(low) && Number.isInteger(high) && low >= 1 && high >= low)) {
    problems.push(badRange('period', low, high));
  }
  if (!(Number.isInteger(spec.vocab) && spec.vocab >= 1)) problems.push(badRange('vocab', 0, spec.vocab - 1));
  if (spec.split.kind === 'by') problems.push(splitColumnUnknown(spec.split.column, []));
  const { counts, problems: empty } = countUnits(spec.split, problems.length === 0 ? spec.size : 0);
  if (problems.length === 0) problems.push(...empty);
  return madeUnless(problems, () => ({
    unit: 'row',
    drawn: true,
    splits: spec.split.shares.map(({ name }, index) => {
      const rows = counts[index] ?? 0;
      const places = () =>
        Array.from({ length: rows }, (_, row) => ({ cluster: `${name}/${row}`, index: 0, source: row }));
      return { name, rows, clusters: rows, places };
    }),
  }));
}

export function fillRepeatedTokens(spec: RepeatedTokensSpec, fill: Fill): Made<FilledRows> {
  const { low, high } = spec.period;
  const periodKey = streamKey(fill.root, `${fill.split}/period`);
  const tokenKey = streamKey(fill.root, `${fill.split}/token`);
  const periods = fill.places.map(({ source }) => low + integerBelow(periodKey, high - low + 1, source));
  const offsets = new Int32Array(periods.length + 1);
  for (const [row, period] of periods.entries()) offsets[row + 1] = (offsets[row] ?? 0) + 2 * period;
  const values = new Int32Array(offsets[periods.length] ?? 0);
  const second = new Int32Array(values.length);
  for (const [row, { source }] of fill.places.entries()) {
    const period = periods[row] ?? 0;
    const start = offsets[row] ?? 0;
    const drawn = new Uint32Array(period);
    fillIntegersBelow({ key: tokenKey, n: spec.vocab, from: 0, replicate: source }, drawn);
    values.set(drawn, start);
    values.set(drawn, start + period);
    second.fill(1, start + period, start + 2 * period);
  }
  const more = new Map<string, Column>([
    ['second_copy', { kind: 'positions', type: 'bool', offsets, values: second }],
    ['period', { kind: 'scalars', type: 'int', values: Int32Array.from(periods) }],
  ]);
  return made({ base: plainTokenRows({ offsets, values }, more), variants: new Map() });
}

export function factsOfRepeatedTokens(spec: RepeatedTokensSpec): ContentFacts {
  return {
    columns: [...TOKEN_FACTS, fullColumn('second_copy', 'position-bool'), fullColumn('period', 'int')],
    roles: ['end'],
    variants: [],
    length: { low: 2 * spec.period.low, high: 2 * spec.period.high },
  };
}
