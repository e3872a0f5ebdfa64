// Westfall & Young's step-down min-P over sign flips: like max-T, but each column is first put on its own p scale, so that
// columns of unlike distributions count alike. Same null hypothesis and assumptions as max-t.ts; needs many flips (about
// 20 per column), because p-values of a column are multiples of 1/N.
import { bug } from '../../compiler/base/bug.js';
import { flipStatistics, toleratedThreshold } from './flips.js';
import type { TestColumn } from './max-t.js';

/** Step-down adjusted counts, per column. */
export function minP(columns: readonly TestColumn[]): {
  readonly flips: number;
  readonly stepDown: Int32Array;
} {
  const flips = columns[0]?.flips.count ?? bug('min-P without columns');
  const ranks = columns.map(ranksOf);
  const observed = ranks.map((values) => values[0] ?? 0);
  const order = observed
    .map((_, index) => index)
    .sort((a, b) => (observed[a] ?? 0) - (observed[b] ?? 0) || a - b);
  const running = new Int32Array(flips).fill(flips);
  const stepDown = new Int32Array(columns.length);
  for (const index of order.toReversed()) {
    const values = ranks[index] ?? bug('column out of range');
    let count = 0;
    for (let flip = 0; flip < flips; flip++) {
      running[flip] = Math.min(running[flip] ?? flips, values[flip] ?? flips);
      if ((running[flip] ?? flips) <= (observed[index] ?? 0)) count += 1;
    }
    stepDown[index] = count;
  }
  let floor = 0;
  for (const index of order) {
    floor = Math.max(floor, stepDown[index] ?? 0);
    stepDown[index] = floor;
  }
  return { flips, stepDown };
}

/** For every flip, how many flips have a statistic at least as large (p of that flip, times N). */
function ranksOf({ x, flips, side }: TestColumn): Int32Array {
  const sign = side === 'minus' ? -1 : 1;
  const statistics = flipStatistics(flips, x).map((value) =>
    side === 'either' ? Math.abs(value) : sign * value,
  );
  const ascending = statistics.slice().sort();
  return Int32Array.from(
    statistics,
    (value) => flips.count - firstAtLeast(ascending, toleratedThreshold(value)),
  );
}

function firstAtLeast(ascending: Float64Array, threshold: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] ?? 0) >= threshold) high = middle;
    else low = middle + 1;
  }
  return low;
}
