// Rank tests against replicates of a control. Null hypothesis: the observed statistic is exchangeable with the replicates'
// (drawn from the control's distribution). p = (1 + #{replicate >= observed}) / (N + 1); exhaustive draws hold the observed
// one themselves, so p = #{>=} / N there. Breaks where replicates are all alike: below the observed one they say nothing.

import { atMost, type Fraction, fractionOf } from '../../compiler/correction/fraction.js';
import { toleratedThreshold } from './flips.js';
import type { Count } from './types.js';

export interface RankInput {
  readonly observed: number;
  /**
   * One number per replicate, the observed one not among them: its largest member where the claim has many, +Infinity where
   * it has no number.
   */
  readonly replicates: readonly number[];
  /** Together with the observed one, the replicates are all there are. */
  readonly exhaustive: boolean;
  readonly rate: Fraction;
  /** Was the claim itself supported on this replicate? Decides where the rank cannot reach the rate. */
  readonly supportedOn: readonly boolean[];
  /** No replicate could have shown anything: nothing is written on a path to the metric. */
  readonly mute?: boolean;
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

/** `replicates` of an exhaustive draw hold the observed one. An observed value that does not exist exceeds nothing. */
export function rankP({
  observed,
  replicates,
  exhaustive,
}: Pick<RankInput, 'observed' | 'replicates' | 'exhaustive'>): Count {
  let atLeast = 0;
  const threshold = toleratedThreshold(observed);
  for (const value of replicates) if (!(value < threshold)) atLeast += 1;
  return exhaustive
    ? { c: Math.max(1, atLeast), n: replicates.length }
    : { c: atLeast + 1, n: replicates.length + 1 };
}

/**
 * A control with too few replicates to reach the rate is a smoke control: it fails if the claim holds on any of them, or if one
 * has no number. Replicates that are all alike, or mute, say nothing if they lie below the observed one; else it has failed.
 */
export function decideRank(input: RankInput): RankResult {
  const { observed, replicates, exhaustive, rate } = input;
  const threshold = toleratedThreshold(observed);
  const isExceeded = replicates.every((value) => value < threshold);
  const areAlike = replicates.length > 1 && replicates.every((value) => value === replicates[0]);
  if (isExceeded && (areAlike || input.mute === true || replicates.length === 0))
    return { kind: 'not-informative', passed: false };
  const drawn = exhaustive ? [...replicates, observed] : replicates;
  const p = rankP({ observed, replicates: drawn, exhaustive });
  if (atMost(fractionOf({ c: 1, n: p.n }), rate))
    return { kind: 'rank', p, passed: atMost(fractionOf(p), rate) };
  const supportedOn = input.supportedOn.flatMap((supported, index) => (supported ? [index] : []));
  const passed = supportedOn.length === 0 && !areAlike && replicates.every(Number.isFinite);
  return { kind: 'smoke', p, passed, supportedOn };
}

/** Far below the margin: passing such a control was never in doubt. Far means: no replicate reaches half the margin. */
export function isNotBinding(replicates: readonly number[], margin: number): boolean {
  return replicates.every((value) => value < margin / 2);
}
