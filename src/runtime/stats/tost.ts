// Equivalence by two one-sided tests (Schuirmann 1987). Null hypothesis: |mean| >= margin. p is the larger of the two
// one-sided p-values. A family of equivalences is tested as one joint max-T over all 2m columns {D + d, d - D} and a member
// is equivalent only if both its columns are shown; max-T of min(T_low, T_up) looks natural and errs in 75-97 % of families.
import { studentUpper } from './distributions.js';
import { drawFlips, type FlipSet } from './flips.js';
import { type Fraction, fractionOf, toNumber } from './fraction.js';
import { holm } from './holm.js';
import { maxT, type TestColumn } from './max-t.js';
import { centred, singleFlip } from './single.js';
import { meanOf, sdOf } from './sum.js';
import type { Count } from './types.js';

/** p of mean <= -margin (`low`), of mean >= margin (`up`), and of the two together, from the same flips. */
export interface Tost<P> {
  readonly low: P;
  readonly up: P;
  readonly p: P;
}

export function tostFlips(flips: FlipSet, values: ArrayLike<number>, margin: number): Tost<Count> {
  const low = singleFlip(flips, centred(values, -margin)).above;
  const up = singleFlip(flips, centred(values, margin)).below;
  return { low, up, p: low.c >= up.c ? low : up };
}

/** The same by Student's t on cluster means: assumes normal cluster means. */
export function tostStudent(values: ArrayLike<number>, margin: number): Tost<number> {
  const error = sdOf(values) / Math.sqrt(values.length);
  const low = studentUpper((meanOf(values) + margin) / error, values.length - 1);
  const up = studentUpper((margin - meanOf(values)) / error, values.length - 1);
  return { low, up, p: Math.max(low, up) };
}

export interface Equivalence {
  readonly values: ArrayLike<number>;
  readonly margin: number;
}

/** Joint columns: adjusted counts of each member, the larger of its two columns. */
export function equivalenceFamily(flips: FlipSet, members: readonly Equivalence[]): Count[] {
  const columns = members.flatMap(({ values, margin }): TestColumn[] => [
    { x: centred(values, -margin), flips, side: 'plus' },
    { x: centred(values, margin), flips, side: 'minus' },
  ]);
  const { stepDown } = maxT(columns);
  return members.map((_, index) => ({
    c: Math.max(stepDown[2 * index] ?? 0, stepDown[2 * index + 1] ?? 0),
    n: flips.count,
  }));
}

/** Holm on the members' own p: fewer assumptions, less power. */
export function equivalenceHolm(flips: FlipSet, members: readonly Equivalence[]): Fraction[] {
  return holm(members.map(({ values, margin }) => fractionOf(tostFlips(flips, values, margin).p)));
}

/** Convenience for one member: enumerated or random flips drawn here; returns the decimal p as well. */
export function tost(
  values: ArrayLike<number>,
  margin: number,
  plan: { readonly root: string; readonly path: string; readonly flips: number },
): Tost<Count> & { readonly decimal: number } {
  const flips = drawFlips({ clusters: values.length, random: plan.flips, root: plan.root, path: plan.path });
  const result = tostFlips(flips, values, margin);
  return { ...result, decimal: toNumber(fractionOf(result.p)) };
}
