// Westfall & Young's (1993) max-T over sign flips, single-step and step-down, on one-sided columns. Null hypothesis of a
// column: its centred cluster values are symmetric about 0 (or below). Strong control of the family-wise error rate if
// the true-null columns are jointly sign-symmetric. Breaks under skew with few clusters: see skew.ts.
// Both directions of an assertion enter as two columns (`plus`, `minus`) of one family; the opposite column of a decided
// member sorts last and therefore stays in the tail. Two separate families, one a direction, would err twice as often.
import { bug } from '../../compiler/base/bug.js';
import { type FlipSet, flipStatistics, toleratedThreshold } from './flips.js';

/** `x`: cluster values minus the margin. `plus` tests mean > 0, `minus` mean < 0, `either` both with |T|. */
export interface TestColumn {
  readonly x: Float64Array;
  readonly flips: FlipSet;
  readonly side: 'plus' | 'minus' | 'either';
}

/** Per column, counts c of p = c / flips. `near`: flips within the outcome tolerance of the observed step-down statistic. */
export interface MaxTCounts {
  readonly flips: number;
  readonly statistic: Float64Array;
  readonly raw: Int32Array;
  readonly single: Int32Array;
  readonly stepDown: Int32Array;
  readonly near: Int32Array;
}

const cacheLimit = 8_000_000; // statistics kept between the two passes: 64 MB

/** `outcomeTolerance` is relative, as in `near`; 0 leaves `near` at exact ties. */
export function maxT(columns: readonly TestColumn[], outcomeTolerance = 0): MaxTCounts {
  const flips = columns[0]?.flips.count ?? bug('max-T without columns');
  if (columns.some((column) => column.flips.count !== flips))
    bug('columns of one max-T family need equally many flips');
  const statisticsOf = statisticsCache(columns.length * flips <= cacheLimit);
  const m = columns.length;
  const statistic = Float64Array.from(columns, (column) => sided(statisticsOf(column)[0] ?? 0, column.side));
  const order = Array.from({ length: m }, (_, index) => index).sort(
    (a, b) => descending(statistic[a] ?? 0, statistic[b] ?? 0) || a - b,
  );
  const result = {
    flips,
    statistic,
    raw: new Int32Array(m),
    single: new Int32Array(m),
    stepDown: new Int32Array(m),
    near: new Int32Array(m),
  };
  const running = new Float64Array(flips).fill(Number.NEGATIVE_INFINITY);
  for (const index of order.toReversed()) {
    const column = columns[index] ?? bug('column out of range');
    const observed = statistic[index] ?? 0;
    const width = outcomeTolerance * Math.max(1, Math.abs(observed));
    const counted = sweep({ statistics: statisticsOf(column), side: column.side, running, observed, width });
    result.raw[index] = counted.raw;
    result.stepDown[index] = counted.running;
    result.near[index] = counted.near;
  }
  let floor = 0;
  for (const index of order) {
    floor = Math.max(floor, result.stepDown[index] ?? 0);
    result.stepDown[index] = floor;
    result.single[index] = countAtLeast(running, toleratedThreshold(statistic[index] ?? 0));
  }
  return result;
}

function descending(a: number, b: number): number {
  return a === b ? 0 : a > b ? -1 : 1;
}

function sided(value: number, side: TestColumn['side']): number {
  return side === 'plus' ? value : side === 'minus' ? -value : Math.abs(value);
}

/** Columns that share x share their statistics (`minus` is exactly the negative of `plus`). */
function statisticsCache(keep: boolean): (column: TestColumn) => Float64Array {
  const cache = new Map<Float64Array, Float64Array>();
  return ({ x, flips }) => {
    const known = cache.get(x);
    if (known !== undefined) return known;
    const computed = flipStatistics(flips, x);
    if (keep) cache.set(x, computed);
    return computed;
  };
}

interface Sweep {
  readonly statistics: Float64Array;
  readonly side: TestColumn['side'];
  /** Maxima over the columns behind this one; raised here. */
  readonly running: Float64Array;
  readonly observed: number;
  readonly width: number;
}

function sweep({ statistics, side, running, observed, width }: Sweep): {
  raw: number;
  running: number;
  near: number;
} {
  const threshold = toleratedThreshold(observed);
  let raw = 0;
  let atLeast = 0;
  let near = 0;
  for (let flip = 0; flip < running.length; flip++) {
    const value = sided(statistics[flip] as number, side); // both arrays hold one entry per flip
    let maximum = running[flip] as number;
    if (value > maximum) {
      maximum = value;
      running[flip] = value;
    }
    if (value >= threshold) raw += 1;
    if (maximum >= threshold) atLeast += 1;
    if (maximum === observed || Math.abs(maximum - observed) <= width) near += 1;
  }
  return { raw, running: atLeast, near };
}

function countAtLeast(values: Float64Array, threshold: number): number {
  let count = 0;
  for (const value of values) if (value >= threshold) count += 1;
  return count;
}
