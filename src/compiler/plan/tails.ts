// Where the rows of a call begin to differ from the clean run. All rows and members of a call share one beginning: the first.
import { bug } from '../base/bug.js';
import type { PositionsSpec } from '../check/stage.js';
import type { MemberRange } from './partition.js';
import type { LengthBucket, RowLengths } from './row-lengths.js';
import type { ProgramPart } from './stage-program.js';

/** The number of positions that may differ, by its symbol. */
export type Tails = ReadonlyMap<string, number>;
export type TailGroup = { readonly rows: Int32Array; readonly tails: Tails };

const ONE_RUN: MemberRange = { from: 0, to: 1 };

export class TailTable {
  readonly #specs: readonly PositionsSpec[];
  readonly #lengths: RowLengths;
  /** Whether members of one context begin at different positions. */
  readonly tellMembersApart: boolean;

  constructor(part: ProgramPart, lengths: RowLengths) {
    const byContext = new Map<number | null, PositionsSpec>();
    for (const { spec } of part.inputs) if (spec.kind === 'positions') byContext.set(spec.context, spec);
    this.#specs = [...byContext.values()];
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
    members: ReadonlyMap<number, MemberRange>,
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
        tails: new Map(this.#specs.map((spec, i) => [spec.dirty, tails[i] ?? bug('no tail')])),
      }));
  }

  #tailOf(
    spec: PositionsSpec,
    row: number,
    members: ReadonlyMap<number, MemberRange>,
    { sizes }: LengthBucket,
  ): number {
    const length = this.#lengthOf(spec, sizes);
    const first = this.#lengths.firstDirty;
    if (first === undefined) return length;
    const { from, to } =
      spec.context === null
        ? ONE_RUN
        : (members.get(spec.context) ?? bug(`no members of context ${spec.context}`));
    let earliest = length - 1; // one position at least: what is read is among them
    for (let member = from; member < to; member++) earliest = Math.min(earliest, first(spec, row, member));
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
