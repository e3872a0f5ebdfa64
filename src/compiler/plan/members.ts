// Which members of a family a call runs: a range of them, or some that begin to differ from the clean run at one position.

export type MemberRange = { readonly from: number; readonly to: number };

/** In order. */
export type MemberSet =
  | MemberRange
  /** `alike`: more members whose outputs are those of the first that runs. */
  | { readonly list: readonly number[]; readonly alike: readonly number[] }
  /** Runs only because a call runs a member of each context: its outputs are those of another call. */
  | { readonly again: number };

export const ONE_RUN: MemberRange = { from: 0, to: 1 };

/** How many run. */
export function sizeOfSet(set: MemberSet): number {
  if ('again' in set) return 1;
  return 'list' in set ? set.list.length : set.to - set.from;
}

export function membersOfSet(set: MemberSet): readonly number[] {
  if ('again' in set) return [set.again];
  if ('list' in set) return set.list;
  return Array.from({ length: set.to - set.from }, (_, i) => set.from + i);
}

/** Members that do not run because they are like the first that does. */
export function alikeOfSet(set: MemberSet): readonly number[] {
  return 'list' in set ? set.alike : [];
}

/** Whether the outputs are those of another call. */
export function runsAgain(set: MemberSet): boolean {
  return 'again' in set;
}
