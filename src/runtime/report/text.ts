// Numbers and intervals as the tables of a report print them. Nothing but zero is printed as zero.
import { estimateText } from '../quantity-text.js';
import type { Interval } from '../stats/intervals.js';
import type { PValue } from '../stats/types.js';
import { pText } from '../stats/wording.js';
import type { ReportPart } from './report-data.js';

/** Printed where there is no number. */
export const NONE = '–';

export function numberText(value: number | null): string {
  return value === null ? NONE : estimateText(value);
}

export function pOrNone(p: PValue | null): string {
  return p === null ? NONE : pText(p);
}

/**
 * Writes the numbers of one column with as many decimals as its largest member asks for, so that they can be compared at
 * a glance. `digits`: decimals of a number just below 1.
 */
export function columnText(values: readonly (number | null)[], digits: number): (value: number) => string {
  const largest = values.reduce<number>((most, value) => Math.max(most, Math.abs(value ?? 0)), 0);
  if (largest < 0.01 || largest >= 1000) return estimateText;
  const decimals = Math.max(0, digits - Math.max(0, Math.floor(Math.log10(largest)) + 1));
  return (value) => {
    const text = value.toFixed(decimals);
    // Small beside the others, but not zero: it keeps its digits.
    return value !== 0 && Number(text) === 0 ? estimateText(value) : text.replace('-', '\u2212');
  };
}

/** `[0.56, 0.67]`, or why there is none. */
export function intervalText(
  interval: Interval | null,
  write: (value: number) => string = estimateText,
): string {
  if (interval === null) return NONE;
  if (interval.kind === 'none') return 'none (fewer than 5 clusters)';
  const text = `[${write(interval.low)}, ${write(interval.high)}]`;
  if (interval.kind === 'degenerate') return `${text} degenerate`;
  return interval.fewClusters ? `${text} few clusters` : text;
}

/** `95 % BCa`, for the head of a column; null when members differ. */
export function intervalKind(intervals: readonly (Interval | null)[]): string {
  const kinds = new Set(
    intervals.flatMap((one) =>
      one === null || one.kind === 'none' || one.kind === 'degenerate'
        ? []
        : [`${percent(one.level)} ${names[one.kind]}`],
    ),
  );
  return kinds.size === 0 ? 'Interval' : `${[...kinds].sort().join(' / ')} interval`;
}

const names = { bca: 'BCa', student: 't' } as const;

function percent(level: number): string {
  return `${Number((level * 100).toPrecision(3))} %`;
}

/** `> 0.05 nat`; a share is tested as its contrast with the reference, against zero. */
export function marginOf({ kind, direction, marginText }: ReportPart): string {
  const sign = direction === 'above' ? '>' : '<';
  if (kind === 'share') return `contrast with ${marginText} of the reference ${sign} 0`;
  return kind === 'abs-mean' ? `absolute value ${sign} ${marginText}` : `${sign} ${marginText}`;
}

/** `harm (nat)`. */
export function withUnit(name: string, unit: string | null): string {
  return unit === null ? name : `${name} (${unit})`;
}
