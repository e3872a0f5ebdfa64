// Rank tests against replicates of a control. Null hypothesis: the observed statistic is exchangeable with the replicates'
// (drawn from the control's distribution). p = (1 + #{replicate >= observed}) / (N + 1); exhaustive draws hold the observed
// one themselves, so p = #{>=} / N there. Breaks where replicates are constant: then the control says nothing.
import { toleratedThreshold } from './flips.js';
import { atMost, type Fraction, fractionOf } from './fraction.js';
import { meanOf } from './sum.js';
import type { Count, Part } from './types.js';

export interface RankInput {
  readonly observed: number;
  /** One number per replicate: its largest member where the claim has many. */
  readonly replicates: readonly number[];
  /** The replicates are all there are, the observed one among them. */
  readonly exhaustive: boolean;
  readonly rate: Fraction;
  /** Was the claim itself supported on this replicate? Decides where the rank cannot reach the rate. */
  readonly supportedOn: readonly boolean[];
}

export type RankResult =
  | { readonly kind: 'rank'; readonly p: Count; readonly passed: boolean }
  | {
      readonly kind: 'smoke';
      readonly p: Count;
      readonly passed: boolean;
      readonly supportedOn: readonly number[];
    }
  | { readonly kind: 'not-informative'; readonly passed: false };

export function rankP({ observed, replicates, exhaustive }: Omit<RankInput, 'rate' | 'supportedOn'>): Count {
  let atLeast = 0;
  const threshold = toleratedThreshold(observed);
  for (const value of replicates) if (value >= threshold) atLeast += 1;
  return exhaustive
    ? { c: Math.max(1, atLeast), n: replicates.length }
    : { c: atLeast + 1, n: replicates.length + 1 };
}

/** A control with too few replicates to reach the rate is a smoke control: it fails if the claim holds on any of them. */
export function decideRank(input: RankInput): RankResult {
  const { replicates, exhaustive, rate } = input;
  if (replicates.length === 0 || replicates.every((value) => value === replicates[0]))
    return { kind: 'not-informative', passed: false };
  const p = rankP(input);
  if (atMost(fractionOf({ c: 1, n: exhaustive ? replicates.length : replicates.length + 1 }), rate))
    return { kind: 'rank', p, passed: atMost(fractionOf(p), rate) };
  const supportedOn = input.supportedOn.flatMap((supported, index) => (supported ? [index] : []));
  return { kind: 'smoke', p, passed: supportedOn.length === 0, supportedOn };
}

/** Far below the margin: passing such a control was never in doubt. Far means: no replicate reaches half the margin. */
export function isNotBinding(replicates: readonly number[], margin: number): boolean {
  return replicates.every((value) => value < margin / 2);
}

/**
 * The raw estimate of a member in the direction of its claim: larger is stronger. The absolute value for `abs`; minus the
 * mean absolute deviation over clusters for an equivalence, where signed errors could cancel.
 */
export function rankStatistic(part: Part): number {
  const sign = part.direction === 'above' ? 1 : -1;
  switch (part.kind) {
    case 'mean':
      return sign * meanOf(part.x.values);
    case 'abs-mean':
      return part.direction === 'above' ? Math.abs(meanOf(part.x.values)) : -meanDeviation(part.x.values, []);
    case 'share': {
      const reference = Float64Array.from(part.reference.values, (value) => part.share * value);
      return sign * (meanOf(part.x.values) - meanOf(reference));
    }
  }
}

/** Mean over clusters of |x - target|; a missing target is 0. For a band around a share, `target` is its middle. */
export function meanDeviation(values: ArrayLike<number>, target: ArrayLike<number>): number {
  return meanOf(Float64Array.from(values, (value, index) => Math.abs(value - (target[index] ?? 0))));
}
