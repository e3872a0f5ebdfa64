// Numbers and intervals as the tables of a report print them.
import { estimateText } from '../quantity-text.js';
import type { Interval } from '../stats/intervals.js';
import { pText } from '../stats/wording.js';
import type { PValue } from '../stats/types.js';

/** Printed where there is no number. */
export const NONE = '–';

export function numberText(value: number | null): string {
  return value === null ? NONE : estimateText(value);
}

export function pOrNone(p: PValue | null): string {
  return p === null ? NONE : pText(p);
}

/** `[0.56, 0.67]`, or why there is none. */
export function intervalText(interval: Interval | null): string {
  if (interval === null) return NONE;
  if (interval.kind === 'none') return 'none (fewer than 5 clusters)';
  const text = `[${estimateText(interval.low)}, ${estimateText(interval.high)}]`;
  if (interval.kind === 'degenerate') return `${text} degenerate`;
  return interval.fewClusters ? `${text} few clusters` : text;
}

/** `95 % BCa`, for the head of a column; null when members differ. */
export function intervalKind(intervals: readonly (Interval | null)[]): string {
  const kinds = new Set(
    intervals.flatMap((one) => (one === null || one.kind === 'none' || one.kind === 'degenerate' ? [] : [`${percent(one.level)} ${names[one.kind]}`])),
  );
  return kinds.size === 0 ? 'Interval' : `${[...kinds].sort().join(' / ')} interval`;
}

const names = { bca: 'BCa', student: 't' } as const;

function percent(level: number): string {
  return `${Number((level * 100).toPrecision(3))} %`;
}

/** `harm (nat)`. */
export function withUnit(name: string, unit: string | null): string {
  return unit === null ? name : `${name} (${unit})`;
}

/** First letter in upper case. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
