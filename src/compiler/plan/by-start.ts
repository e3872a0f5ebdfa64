// Members that begin to differ from the clean run at the same position, together: each call computes no more positions than it needs,
// and what all of them share is computed once. Members that nothing changes in a row run once for all of them.
import { bug } from '../base/bug.js';
import { remembered } from '../base/remembered.js';
import type { PositionsSpec } from '../check/stage.js';
import { arrangedPart } from './arranged.js';
import { splitShared } from './capture.js';
import { type Call, Cutter, evenly, type PartitionRequest } from './cutter.js';
import type { MemberSet } from './members.js';
import type { PartitionedPart } from './partition.js';
import type { LengthBucket } from './row-lengths.js';
import type { ProgramPart } from './stage-program.js';
import type { Starts } from './tails.js';

/** A part is cut more than once. */
const splitOf = remembered(splitShared);

export type ByStart = { readonly piece: PartitionedPart; readonly cost: number };

/** Null where the members share nothing. */
export function byStart(
  part: ProgramPart,
  buckets: readonly LengthBucket[],
  request: PartitionRequest,
): ByStart | null {
  const split = splitOf(part);
  if (split === null) return null;
  const shared = new Cutter(split.shared, request);
  const ready = arrangedPart(split.own, request.skip);
  const own = new Cutter(ready, request);
  const made: { readonly calls: Call[]; readonly shared: Call[]; readonly of: number[] } = {
    calls: [],
    shared: [],
    of: [],
  };
  let peakBytes = 0;
  for (const bucket of buckets) {
    for (const { rows, starts } of own.tails.rowsByStarts(bucket, request.skip.includes('bucket-rows'))) {
      const sets = setsByStart(own, starts);
      const most = Math.min(
        ...sets.map(({ members, tails }) => own.examplesIn(bucket, rows, members, tails)),
        shared.examplesIn(bucket, rows, new Map(), shared.tails.all(bucket)),
      );
      for (const { from, to } of evenly(rows.length, Math.ceil(rows.length / most))) {
        const chunk = rows.subarray(from, to);
        const before = shared.tails.of(bucket, chunk, new Map());
        const sizes = shared.sizes(bucket, chunk.length, new Map(), before);
        made.shared.push({
          rows: chunk,
          members: new Map(),
          isFirst: true,
          sizes,
          flops: shared.flopsAt(sizes),
        });
        peakBytes = Math.max(peakBytes, shared.bytesAt(sizes));
        for (const [i, { members, tails }] of sets.entries()) {
          const own_ = own.sizes(bucket, chunk.length, members, tails);
          made.calls.push({
            rows: chunk,
            members,
            isFirst: i === 0,
            sizes: own_,
            flops: own.flopsAt(own_),
          });
          made.of.push(made.shared.length - 1);
          peakBytes = Math.max(peakBytes, own.bytesAt(own_));
        }
      }
    }
  }
  const captured = { part: split.shared, calls: made.shared, of: made.of };
  return {
    piece: { part: ready, calls: made.calls, peakBytes, captured },
    cost: own.costOf(made.calls) + shared.costOf(made.shared),
  };
}

type SetsOfCall = {
  readonly members: ReadonlyMap<number, MemberSet>;
  readonly tails: ReadonlyMap<string, number>;
};

/** One call for each position at which members of some context begin. */
function setsByStart(own: Cutter, starts: readonly Starts[]): readonly SetsOfCall[] {
  const families = starts.filter(({ spec }) => spec.context !== null);
  const tails = new Set((families.length === 0 ? starts : families).flatMap((one) => one.tails));
  return [...tails]
    .toSorted((a, b) => b - a) // the largest first: what is left over at the end is small
    .map((tail, i): SetsOfCall => {
      const members = new Map<number, MemberSet>();
      const sizes = new Map<string, number>();
      const begin = ({ dirty }: PositionsSpec, from: number) =>
        sizes.set(dirty, Math.max(sizes.get(dirty) ?? 1, from)); // contexts may share a symbol
      for (const { spec, tails: own_, alike } of starts) {
        const chosen = own_.flatMap((one, member) => (one === tail ? [member] : []));
        if (spec.context === null) {
          begin(spec, own_[0] ?? tail);
          continue;
        }
        // Every call runs a member of each context: one that costs least where none begins here.
        const cheapest = own_.indexOf(Math.min(...own_));
        if (chosen.length === 0) members.set(spec.context, { again: cheapest });
        else members.set(spec.context, asSet(chosen, tail === 0 && alike ? chosen.slice(1) : []));
        begin(spec, chosen.length > 0 ? tail : (own_[cheapest] ?? 1));
      }
      return { members: withOthers(own, members, i === 0), tails: sizes };
    });
}

function asSet(list: readonly number[], alike: readonly number[]): MemberSet {
  return { list: alike.length === 0 ? list : list.slice(0, 1), alike };
}

/** Contexts without tails run whole in the first call. */
function withOthers(
  own: Cutter,
  members: ReadonlyMap<number, MemberSet>,
  isFirst: boolean,
): ReadonlyMap<number, MemberSet> {
  const all = new Map(members);
  for (const { id, members: family } of own.contexts)
    if (!all.has(id)) all.set(id, isFirst ? { from: 0, to: family.members.length } : { again: 0 });
  return all.size === 0 ? bug('a family without members') : all;
}
