// Which members of a family a call runs: a range of them, or some that begin to differ from the clean run at one position.

export type MemberRange = { readonly from: number; readonly to: number };

/** In order. */
export type MemberSet = MemberRange | MemberList;
export type MemberList = {
  readonly list: readonly number[];
  /** More members whose outputs are those of the first that runs. */
  readonly alike: readonly number[];
  /** They run only because a call runs a member of each context: their outputs are those of another call. */
  readonly again: boolean;
};

export const ONE_RUN: MemberRange = { from: 0, to: 1 };

/** How many run. */
export function sizeOfSet(set: MemberSet): number {
  return 'list' in set ? set.list.length : set.to - set.from;
}

export function membersOfSet(set: MemberSet): readonly number[] {
  if ('list' in set) return set.list;
  return Array.from({ length: set.to - set.from }, (_, i) => set.from + i);
}

/** Members that do not run because they are like the first that does. */
export function alikeOfSet(set: MemberSet): readonly number[] {
  return 'list' in set ? set.alike : [];
}

/** Whether the members' outputs are those of another call. */
export function runsAgain(set: MemberSet): boolean {
  return 'list' in set && set.again;
}
