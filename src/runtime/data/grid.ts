// Every cell of a grid of whole numbers. The population is exhausted: what is not in one split is in another.

import type { GridSpec } from '../../compiler/data/data-spec.js';
import { plainTokenRows, ragged } from './columns.js';
import { type ContentFacts, type Fill, type FilledRows, fullColumn, TOKEN_FACTS } from './fill.js';
import type { Layout, Place } from './layout.js';
import {
  badGrid,
  badRange,
  columnMissing,
  columnRepeated,
  type DataProblem,
  failed,
  hasError,
  type Made,
  made,
  madeUnless,
  splitColumnUnknown,
} from './problem.js';
import type { Column } from './row-set.js';
import { assignUnits, checkShares, countUnits } from './shares.js';

const MOST_CELLS = 2_000_000;

export function countCells(spec: GridSpec): number {
  return spec.variables.reduce((count, { low, high }) => count * (high - low + 1), 1);
}

/** Value of each variable in a cell. */
function cellValues(spec: GridSpec, cell: number): number[] {
  const values: number[] = [];
  let rest = cell;
  for (const { low, high } of spec.variables.toReversed()) {
    const width = high - low + 1;
    values.push(low + (rest % width));
    rest = Math.floor(rest / width);
  }
  return values.reverse();
}

function checkGrid(spec: GridSpec): DataProblem[] {
  const problems = checkShares(spec.split.shares);
  const names = spec.variables.map((variable) => variable.name);
  for (const { name, low, high } of spec.variables) {
    if (!(Number.isInteger(low) && Number.isInteger(high) && high >= low))
      problems.push(badRange(name, low, high));
  }
  if (names.length === 0) problems.push(badGrid('a grid needs a variable', 'grid'));
  if (spec.split.kind === 'by') problems.push(splitColumnUnknown(spec.split.column, []));
  const taken = new Set(['tokens', 'next_token']);
  for (const name of [...names, ...spec.columns.map((column) => column.name)]) {
    if (taken.has(name)) problems.push(columnRepeated(name));
    taken.add(name);
  }
  if (hasError(problems)) return problems;
  const cells = countCells(spec);
  if (cells > MOST_CELLS)
    problems.push(badGrid(`the grid has ${cells} cells; at most ${MOST_CELLS} are listed`, 'grid'));
  for (const { name, values } of spec.columns) {
    if (values.length !== cells)
      problems.push(badGrid(`\`${name}\` has ${values.length} values for ${cells} cells`, name));
  }
  for (const token of spec.tokens) {
    if (token.kind === 'variable' && !names.includes(token.name))
      problems.push(columnMissing(token.name, names));
  }
  return problems;
}

export function layOutGrid(spec: GridSpec, root: string): Made<Layout> {
  const problems = checkGrid(spec);
  if (hasError(problems)) return failed(problems);
  const { counts, problems: empty } = countUnits(spec.split, countCells(spec));
  problems.push(...empty);
  return madeUnless(problems, () => {
    const assigned = assignUnits(root, spec.split, counts);
    return {
      unit: 'row',
      drawn: false,
      splits: spec.split.shares.map(({ name }, split) => {
        const rows = counts[split] ?? 0;
        return { name, rows, clusters: rows, places: () => cellsOf(spec, assigned, split) };
      }),
    };
  });
}

function cellsOf(spec: GridSpec, assigned: Int32Array, split: number): Place[] {
  const places: Place[] = [];
  for (const [cell, own] of assigned.entries()) {
    if (own !== split) continue;
    const values = cellValues(spec, cell);
    const cluster = spec.variables.map(({ name }, index) => `${name}=${values[index] ?? 0}`).join(',');
    places.push({ cluster, index: 0, source: cell });
  }
  return places;
}

export function fillGrid(spec: GridSpec, fill: Fill): Made<FilledRows> {
  const cells = fill.places.map((place) => cellValues(spec, place.source));
  const at = spec.tokens.map((token) =>
    token.kind === 'variable' ? spec.variables.findIndex((variable) => variable.name === token.name) : -1,
  );
  const tokens = cells.map((values) =>
    spec.tokens.map((token, index) =>
      token.kind === 'literal' ? token.token : (values[at[index] ?? 0] ?? 0),
    ),
  );
  const more = new Map<string, Column>();
  for (const [index, { name }] of spec.variables.entries()) {
    const values = Int32Array.from(cells, (cell) => cell[index] ?? 0);
    more.set(name, { kind: 'scalars', type: 'int', values });
  }
  for (const { name, values } of spec.columns) {
    const picked = Int32Array.from(fill.places, (place) => values[place.source] ?? 0);
    more.set(name, { kind: 'scalars', type: 'int', values: picked });
  }
  return made({ base: plainTokenRows(ragged(tokens), more), variants: new Map() });
}

export function factsOfGrid(spec: GridSpec): ContentFacts {
  const length = spec.tokens.length;
  return {
    columns: [
      ...TOKEN_FACTS,
      ...spec.variables.map((variable) => fullColumn(variable.name, 'int')),
      ...spec.columns.map((column) => fullColumn(column.name, 'int')),
    ],
    roles: ['end'],
    variants: [],
    length: { low: length, high: length },
  };
}
