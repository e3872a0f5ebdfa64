// Where the rows of a call begin to differ from the clean run. All rows and members of a call share one beginning: the first.
import { bug } from '../base/bug.js';
import type { PositionsSpec } from '../check/stage.js';
import { type MemberSet, membersOfSet, ONE_RUN } from './members.js';
import type { LengthBucket, RowLengths } from './row-lengths.js';
import type { ProgramPart } from './stage-program.js';

/** The number of positions that may differ, by its symbol. */
export type Tails = ReadonlyMap<string, number>;
export type TailGroup = { readonly rows: Int32Array; readonly tails: Tails };

export type RowsByStarts = { readonly rows: Int32Array; readonly starts: readonly Starts[] };
/** By member, how many positions may differ in a row: none where nothing is changed. `alike`: those then have equal outputs. */
export type Starts = {
  readonly spec: PositionsSpec;
  readonly tails: readonly number[];
  readonly alike: boolean;
};

export class TailTable {
  readonly #specs: readonly PositionsSpec[];
  readonly #lengths: RowLengths;
  readonly #counts: ReadonlyMap<number, number>;
  /** Whether members of one context begin at different positions. */
  readonly tellMembersApart: boolean;

  constructor(part: ProgramPart, lengths: RowLengths) {
    this.#specs = part.tails;
    this.#counts = new Map(part.contexts.map((one) => [one.id, one.members.members.length]));
    this.#lengths = lengths;
    this.tellMembersApart = this.#specs.some(({ bounds }) =>
      bounds.some(({ at }) => at.kind === 'input' && at.input.spec.kind.startsWith('binder')),
    );
  }

  /** As if everything could differ. */
  all({ sizes }: LengthBucket): Tails {
    return new Map(this.#specs.map((spec) => [spec.dirty, this.#lengthOf(spec, sizes)]));
  }

  /** The rows of a bucket by where they begin to differ for these members, latest first. */
  groups(
    bucket: LengthBucket,
    members: ReadonlyMap<number, MemberSet>,
    apart: boolean,
  ): readonly TailGroup[] {
    if (this.#specs.length === 0) return [{ rows: bucket.rows, tails: new Map() }];
    const groups = new Map<string, { readonly rows: number[]; readonly tails: readonly number[] }>();
    for (const row of bucket.rows) {
      const tails = this.#specs.map((spec) => this.#tailOf(spec, row, members, bucket));
      const key = apart ? String(row) : tails.join();
      const group = groups.get(key) ?? { rows: [], tails };
      groups.set(key, group);
      group.rows.push(row);
    }
    return [...groups.values()]
      .toSorted((a, b) => total(a.tails) - total(b.tails) || (a.rows[0] ?? 0) - (b.rows[0] ?? 0))
      .map(({ rows, tails }) => ({
        rows: Int32Array.from(rows),
        tails: this.#longest((_, i) => tails[i] ?? bug('no tail')),
      }));
  }

  /** Where the tails of all these rows begin. */
  of(bucket: LengthBucket, rows: Int32Array, members: ReadonlyMap<number, MemberSet>): Tails {
    return this.#longest((spec) =>
      Math.max(...Array.from(rows, (row) => this.#tailOf(spec, row, members, bucket))),
    );
  }

  /** Contexts that share a symbol begin where the first of them does. */
  #longest(tailOf: (spec: PositionsSpec, i: number) => number): Tails {
    const tails = new Map<string, number>();
    for (const [i, spec] of this.#specs.entries())
      tails.set(spec.dirty, Math.max(tails.get(spec.dirty) ?? 0, tailOf(spec, i)));
    return tails;
  }

  /** The rows of a bucket in which every member begins where it does in the others. */
  rowsByStarts(bucket: LengthBucket, apart: boolean): readonly RowsByStarts[] {
    const groups = new Map<string, { readonly rows: number[]; readonly starts: readonly Starts[] }>();
    for (const row of bucket.rows) {
      const starts = this.#specs.map((spec) => this.#startsOf(spec, row, bucket));
      const key = apart ? String(row) : starts.map((one) => one.tails.join()).join(' ');
      const group = groups.get(key) ?? { rows: [], starts };
      groups.set(key, group);
      group.rows.push(row);
    }
    return [...groups.values()].map(({ rows, starts }) => ({ rows: Int32Array.from(rows), starts }));
  }

  #startsOf(spec: PositionsSpec, row: number, { sizes }: LengthBucket): Starts {
    const length = this.#lengthOf(spec, sizes);
    const first = this.#lengths.firstDirty;
    const count =
      spec.context === null ? 1 : (this.#counts.get(spec.context) ?? bug('a tail without a family'));
    const tails = Array.from({ length: count }, (_, member) => {
      const start = first === undefined ? 0 : first(spec, row, member);
      return Math.max(0, length - Math.max(0, start));
    });
    return { spec, tails, alike: spec.alike };
  }

  #tailOf(
    spec: PositionsSpec,
    row: number,
    members: ReadonlyMap<number, MemberSet>,
    { sizes }: LengthBucket,
  ): number {
    const length = this.#lengthOf(spec, sizes);
    const first = this.#lengths.firstDirty;
    if (first === undefined) return length;
    const set =
      spec.context === null
        ? ONE_RUN
        : (members.get(spec.context) ?? bug(`no members of context ${spec.context}`));
    let earliest = length - 1; // one position at least: what is read is among them
    for (const member of membersOfSet(set)) earliest = Math.min(earliest, first(spec, row, member));
    return length - Math.max(0, earliest);
  }

  #lengthOf({ positions }: PositionsSpec, sizes: ReadonlyMap<string, number>): number {
    return sizes.get(positions) ?? bug(`no size for the symbol ${positions}`);
  }
}

/** Both groups as one that begins where the earlier of them does. */
export function mergeTails(a: TailGroup, b: TailGroup): TailGroup {
  return {
    rows: Int32Array.from([...a.rows, ...b.rows]).sort(),
    tails: new Map([...a.tails].map(([symbol, tail]) => [symbol, Math.max(tail, b.tails.get(symbol) ?? 0)])),
  };
}

function total(tails: readonly number[]): number {
  return tails.reduce((sum, tail) => sum + tail, 0);
}
