// A feed: what one input of a stage's graph is filled with in one call.
import { bug } from '../../compiler/base/bug.js';
import { digestBytes } from '../../compiler/base/digest.js';
import type { RowContext, StageInput } from '../../compiler/check/stage.js';
import type { Call } from '../../compiler/plan/cutter.js';
import { type MemberSet, membersOfSet } from '../../compiler/plan/members.js';
import { bytesOf, type HostTensor } from '../backend/host-tensor.js';
import type { PooledValue } from './pooled.js';
import type { StageRows } from './stage-rows.js';

/** Everything that feeds are made from. `root`: 64 hexadecimal digits that the draws of controls derive from. */
export type FeedWorld = StageRows & {
  readonly pools: ReadonlyMap<number, PooledValue>;
  readonly root: string;
};

/** The key says what the content depends on, so that a call can be looked up before anything large is made. */
export type Feed = { readonly key: string; readonly make: () => HostTensor };

/** One input in one call. */
export type FeedPlace = {
  readonly input: StageInput;
  readonly dims: readonly number[];
  readonly call: Call;
  readonly world: FeedWorld;
  readonly contextOf: (id: number) => RowContext;
};

/** Small feeds are known by what they hold. */
export function byContent(tensor: HostTensor): Feed {
  const key = digestBytes(`feed ${tensor.dtype}[${tensor.dims.join()}]`, bytesOf(tensor));
  return { key, make: () => tensor };
}

/** The members of a context that a call runs, in the order of its rows. */
export function membersIn(call: Call, context: number): readonly number[] {
  return membersOfSet(setIn(call, context));
}

export function setIn(call: Call, context: number): MemberSet {
  return call.members.get(context) ?? bug(`no members of context ${context}`);
}

export function setNumber({ data }: HostTensor, at: number, value: number): void {
  if (data instanceof BigInt64Array) data[at] = BigInt(value);
  else data[at] = value;
}
