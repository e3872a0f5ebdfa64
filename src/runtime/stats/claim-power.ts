// What a claim could show, from the spread of cluster values that were seen and the level at which it is tested. Assumes
// normal cluster means with that spread; the level of max-T is rate / columns, so the power is a little understated. The
// truth that is assumed is never the estimate: power at what was estimated only repeats the p-value.

import { shareContrast } from './evidence.js';
import { equivalencePower, firstReaching, minimumDetectableEffect, superiorityPower } from './power.js';
import { meanOf, sdOf } from './sum.js';
import type { Part } from './types.js';

export interface PowerDesign {
  /** Clusters of the rows that the claim is tested on. */
  readonly clusters: number;
  /** Of one column: `columnLevel` of compiler/correction/resolution.ts. */
  readonly level: number;
}

/** The distance from the margin that is found with power .8, for the first part of the noisiest member; null where unknown. */
export function detectableEffect(
  members: readonly (readonly Part[])[],
  { clusters, level }: PowerDesign,
): number | null {
  const sds = members.flatMap(([part]) => (part === undefined ? [] : [sdOf(tested(part))]));
  const sd = Math.max(0, ...sds.filter(Number.isFinite));
  if (sd === 0 || clusters < 2) return null;
  const effect = minimumDetectableEffect(clusters, { level, power: 0.8 }) * sd;
  return Number.isFinite(effect) ? effect : null;
}

/**
 * The chance that a member gets the verdict that is right if its true mean is `truth`: supported beyond the margin, refuted
 * short of it. `nothing`: a mean of 0; for shares the two sides are equal, for a folded mean (a distance, which noise keeps
 * from 0) what was seen. Several sides: at least 1 less the chances of missing each of them.
 */
export function verdictPower(
  parts: readonly Part[],
  truth: number | 'nothing',
  { clusters, level }: PowerDesign,
): number | null {
  if (clusters < 2 || parts.length === 0) return null;
  const sides = parts.map((part) => ({
    reached: isReached(part, truth),
    power: partPower(part, truth, { clusters, level }),
  }));
  // Refuted as soon as one part is; supported only with all of them.
  const failing = sides.filter(({ reached }) => !reached);
  if (failing.length > 0) return Math.max(...failing.map(({ power }) => power));
  return Math.max(
    0,
    sides.reduce((sum, { power }) => sum - (1 - power), 1),
  );
}

/** Clusters with which the noisiest member reaches the target, everything else equal; a real number, infinite beyond ten million. */
export function clustersForPower(
  members: readonly (readonly Part[])[],
  truth: number | 'nothing',
  { level, target }: { readonly level: number; readonly target: number },
): number {
  const reached = (clusters: number): number =>
    Math.min(1, ...members.map((parts) => verdictPower(parts, truth, { clusters, level }) ?? 0));
  return firstReaching(reached, target, { from: 2, to: 1e7 });
}

function tested(part: Part): ArrayLike<number> {
  return part.kind === 'share' ? shareContrast(part) : part.x.values;
}

/** Would the part hold if the truth were this? */
function isReached(part: Part, truth: number | 'nothing'): boolean {
  const { mean, margin } = assumed(part, truth);
  const size = part.kind === 'abs-mean' ? Math.abs(mean) : mean;
  return part.direction === 'above' ? size > margin : size < margin;
}

function assumed(part: Part, truth: number | 'nothing'): { readonly mean: number; readonly margin: number } {
  if (part.kind === 'share') {
    const mean = truth === 'nothing' ? (1 - part.share) * meanOf(part.reference.values) : truth;
    return { mean, margin: 0 };
  }
  const folded = part.kind === 'mean' && part.direction === 'below' && isFolded(part.x.values);
  const mean = truth !== 'nothing' ? truth : folded ? meanOf(part.x.values) : 0;
  return { mean, margin: part.margin };
}

function isFolded(values: ArrayLike<number>): boolean {
  return Array.from(values).every((value) => value >= 0);
}

function partPower(part: Part, truth: number | 'nothing', { clusters, level }: PowerDesign): number {
  const sd = sdOf(tested(part));
  const { mean, margin } = assumed(part, truth);
  const oneSide = (distance: number): number =>
    distance <= 0 ? 0 : sd > 0 ? superiorityPower(clusters, distance / sd, level) : 1;
  if (part.kind !== 'abs-mean') return oneSide(Math.abs(mean - margin));
  if (Math.abs(mean) > margin) return oneSide(Math.abs(mean) - margin);
  if (mean === 0 && sd > 0) return equivalencePower(clusters, margin / sd, level);
  return Math.max(0, oneSide(margin - mean) + oneSide(margin + mean) - 1);
}
