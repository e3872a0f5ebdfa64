// Shares of a whole, rounded by largest remainder, and which cluster goes to which split.

import type { Share, SplitSpec } from '../../compiler/data/data-spec.js';
import { permutation, streamKey } from '../stats/rng.js';
import { badShares, type DataProblem, emptySplit } from './problem.js';

/** Fractions such as 0.7 are not exact in binary: what is this near to a whole number is that number. */
const NEARLY = 1e-9;

/** Whole numbers that add up to `total`, as near to the shares as they can be. Equal remainders: the earlier share. */
export function apportion(total: number, shares: readonly number[]): number[] {
  const exact = shares.map((share) => share * total);
  const counts = exact.map((part) => Math.floor(part + NEARLY));
  const remainders = exact.map((part, index) => Math.max(0, part - (counts[index] ?? 0)));
  const order = shares.map((_, index) => index);
  order.sort((a, b) => {
    const difference = (remainders[b] ?? 0) - (remainders[a] ?? 0);
    return Math.abs(difference) < NEARLY ? a - b : difference;
  });
  let left = total - counts.reduce((sum, count) => sum + count, 0);
  for (const index of order) {
    if (left <= 0) break;
    counts[index] = (counts[index] ?? 0) + 1;
    left -= 1;
  }
  return counts;
}

/** Names differ, every share is above 0, and together they are the whole. */
export function checkShares(shares: readonly Share[]): DataProblem[] {
  const problems: DataProblem[] = [];
  const seen = new Set<string>();
  for (const { name, share } of shares) {
    if (seen.has(name)) problems.push(badShares(`split \`${name}\` is named twice`, name));
    seen.add(name);
    if (!(share > 0 && share <= 1))
      problems.push(badShares(`split \`${name}\` has a share of ${percent(share)}`, name));
  }
  const total = shares.reduce((sum, one) => sum + one.share, 0);
  if (problems.length === 0 && Math.abs(total - 1) > NEARLY) {
    problems.push(badShares(`the shares add up to ${percent(total)}, not to 100%`, 'split'));
  }
  return problems;
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(6))}%`;
}

/** How many of `count` units each split gets; a problem for a split that gets none. */
export function countUnits(split: SplitSpec, count: number): { counts: number[]; problems: DataProblem[] } {
  const counts = apportion(
    count,
    split.shares.map((one) => one.share),
  );
  const problems = split.shares
    .filter((_, index) => counts[index] === 0)
    .map((one) => emptySplit(one.name, count));
  return { counts, problems };
}

/**
 * Index of the split of each unit. Depends on the root, on the seed of a `random` split and on the number of units:
 * on nothing that was drawn, and not on `size`.
 */
export function assignUnits(root: string, split: SplitSpec, counts: readonly number[]): Int32Array {
  const count = counts.reduce((sum, one) => sum + one, 0);
  const path = split.kind === 'random' ? `split/seed:${split.seed}` : 'split';
  const order = permutation(streamKey(root, path), count);
  const assigned = new Int32Array(count);
  let at = 0;
  for (const [index, size] of counts.entries()) {
    for (const unit of order.slice(at, at + size)) assigned[unit] = index;
    at += size;
  }
  return assigned;
}
