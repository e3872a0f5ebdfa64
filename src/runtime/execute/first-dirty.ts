// The first position of a row that a member's writes can change: where the write is, and where two runs begin to read other tokens.
import { bug } from '../../compiler/base/bug.js';
import type { PositionBound, PositionsSpec, RowsKey } from '../../compiler/check/stage.js';
import type { RowLengths } from '../../compiler/plan/row-lengths.js';
import type { StageProgram } from '../../compiler/plan/stage-program.js';
import { coordinatesOf } from './member-feeds.js';
import { besideOf, type StageRows } from './stage-rows.js';

type First = (row: number, member: number) => number;

export function firstDirtyOf(program: StageProgram, stage: StageRows): NonNullable<RowLengths['firstDirty']> {
  const known = new Map<PositionsSpec['bounds'], First>();
  const firstOf = (spec: PositionsSpec): First => {
    const before = known.get(spec.bounds);
    if (before !== undefined) return before;
    const bounds = spec.bounds.map((bound) => boundOf(bound, spec, program, stage));
    const made: First = (row, member) =>
      bounds.reduce((least, one) => Math.min(least, one(row, member)), Number.POSITIVE_INFINITY);
    known.set(spec.bounds, made);
    return made;
  };
  return (spec, row, member) => firstOf(spec)(row, member);
}

function boundOf(bound: PositionBound, spec: PositionsSpec, program: StageProgram, stage: StageRows): First {
  const at = placeOf(bound.at, spec, program, stage);
  const differ = bound.differ === null ? null : firstDifference(bound.differ, stage);
  return (row, member) => {
    const written = at === null ? 0 : at(row, member);
    if (differ === null) return written;
    const other = differ(row);
    if (at === null) return other;
    return written >= other ? written : Number.POSITIVE_INFINITY; // before, it writes what stands there
  };
}

function placeOf(
  at: PositionBound['at'],
  spec: PositionsSpec,
  program: StageProgram,
  stage: StageRows,
): First | null {
  const lengthOf = (row: number): number => stage.rows.lengths[row] ?? bug(`no row ${row}`);
  switch (at.kind) {
    case 'anywhere':
      return null;
    case 'end':
      return (row) => lengthOf(row) - 1 - at.back;
    case 'fixed':
      return (row) => (at.index < 0 ? lengthOf(row) + at.index : at.index);
    case 'input': {
      const own = at.input.spec;
      const context = program.contexts.find((one) => one.id === spec.context);
      switch (own.kind) {
        case 'binder': {
          const coordinate = coordinatesOf((context ?? bug('a binder without a family')).members, own.binder);
          return (row, member) => fromEnd(coordinate(member), lengthOf(row));
        }
        case 'binder-role': {
          const { members } = context ?? bug('a binder without a family');
          const place = members.binders.findIndex((one) => one.name === own.binder);
          return (row, member) => roleAt(stage, own.rows, String(members.members[member]?.[place]), row);
        }
        case 'role':
          return (row) => roleAt(stage, own.rows, own.role, row);
        default:
          return () => 0;
      }
    }
  }
}

function fromEnd(position: number, length: number): number {
  return position < 0 ? length + position : position;
}

/** Nothing is written where the role does not occur. */
function roleAt(stage: StageRows, rows: RowsKey, role: string, row: number): number {
  const { columns, rowOf } = besideOf(stage, rows);
  const position = columns.roles.get(role)?.[rowOf(row)] ?? -1;
  return position < 0 ? Number.POSITIVE_INFINITY : position;
}

function firstDifference(
  pairs: NonNullable<PositionBound['differ']>,
  stage: StageRows,
): (row: number) => number {
  const known = new Map<number, number>();
  const compute = (row: number): number =>
    pairs.reduce((least, [left, right, column]) => {
      const [a, b] = [tokensAt(stage, left, column, row), tokensAt(stage, right, column, row)];
      const found = a.findIndex((token, i) => token !== b[i]);
      const first =
        found < 0 ? (a.length === b.length ? Number.POSITIVE_INFINITY : Math.min(a.length, b.length)) : found;
      return Math.min(least, first);
    }, Number.POSITIVE_INFINITY);
  return (row) => {
    const before = known.get(row) ?? compute(row);
    known.set(row, before);
    return before;
  };
}

function tokensAt(stage: StageRows, rows: RowsKey, name: string, row: number): readonly number[] {
  const { columns, rowOf } = besideOf(stage, rows);
  const column = columns.columns.get(name);
  if (column === undefined || !('offsets' in column)) return bug(`no tokens in ${name}`);
  const at = rowOf(row);
  return Array.from(column.values.subarray(column.offsets[at] ?? 0, column.offsets[at + 1] ?? 0));
}
