// Why a conclusion came out as it did, as keys of fixed wordings. Nothing here changes a verdict.

import { atMost, compareFractions, type Fraction, one } from '../../compiler/correction/fraction.js';
import type { ColumnTests } from './column-tests.js';
import { evaluate, type MemberEvidence } from './evidence.js';
import { studentInterval } from './intervals.js';
import type { QuantifiedClaim } from './quantified.js';
import { meanOf } from './sum.js';
import type { Part, Reason } from './types.js';

export function refutedMember(own: MemberEvidence, tests: ColumnTests, rate: Fraction): Reason {
  const [only] = own.parts;
  if (own.parts.length === 1 && only !== undefined) return refutedPart(only.part, tests, rate);
  const pOf = (index: number) => tests.rawP(index);
  const worst = own.parts
    .map(({ part, refute }) => ({ name: part.name, p: evaluate(refute, pOf, 'raw') }))
    .reduce((best, next) => (compareFractions(next.p, best.p) < 0 ? next : best), { name: '', p: one });
  return { kind: 'part-refuted', name: worst.name };
}

export function refutedClaim(claim: QuantifiedClaim, tests: ColumnTests, rate: Fraction): Reason {
  const measured = claim.evidence.flatMap((own, index) =>
    own === null ? [] : [{ own, id: claim.claim.members[index]?.id ?? '' }],
  );
  const [only] = measured;
  if (claim.claim.quantifier.kind === 'single' && only !== undefined)
    return refutedMember(only.own, tests, rate);
  if (claim.claim.quantifier.kind !== 'all') return { kind: 'margin-not-reached' };
  const pOf = (index: number) => tests.rawP(index);
  const worst = measured
    .map(({ own, id }) => ({ id, p: evaluate(own.refute, pOf, 'raw') }))
    .reduce((best, next) => (compareFractions(next.p, best.p) < 0 ? next : best), { id: '', p: one });
  return { kind: 'part-refuted', name: worst.id };
}

function refutedPart(part: Part, tests: ColumnTests, rate: Fraction): Reason {
  if (part.kind === 'abs-mean') return { kind: part.direction === 'above' ? 'equivalent' : 'not-equivalent' };
  const values = part.x.values;
  const reached = part.direction === 'above' ? 1 : -1;
  const margin = part.kind === 'share' ? part.share : part.margin;
  // Only an assertion away from zero has an opposite sign: mean < 0.02 refuted is simply above its margin.
  const mean = reached * meanOf(values);
  if (reached * margin < 0 || mean >= 0) return { kind: 'margin-not-reached' };
  // Nor has an effect that is nothing beside what was asked for, however certain its sign, or one whose interval holds zero.
  const size = part.kind === 'share' ? Math.abs(margin * meanOf(part.reference.values)) : Math.abs(margin);
  const interval = studentInterval(values, 0.95);
  const other = interval.kind === 'none' ? 0 : reached > 0 ? interval.high : -interval.low;
  if (-mean < size / 100 || !(other < 0)) return { kind: 'margin-not-reached' };
  const p = tests.rawOf({
    memberId: '',
    part: part.name,
    clusters: part.x.clusters,
    values,
    direction: part.direction === 'above' ? 'below' : 'above',
    margin: 0,
  });
  return { kind: atMost(p, rate) ? 'opposite-sign' : 'margin-not-reached' };
}

/** The control that kept a supported member from being called so: a failed one, else the paired one with the largest p. */
export function blameControl(
  gated: readonly Pick<MemberEvidence, 'gates' | 'failedGate'>[],
  pOf: (index: number) => Fraction,
): string {
  const failed = gated.find(({ failedGate }) => failedGate !== null);
  if (failed?.failedGate !== undefined && failed.failedGate !== null) return failed.failedGate;
  return gated
    .flatMap(({ gates }) => gates)
    .map(({ name, formula }) => ({ name, p: evaluate(formula, pOf, 'raw') }))
    .reduce((worst, next) => (compareFractions(next.p, worst.p) > 0 ? next : worst), {
      name: '',
      p: { num: 0n, den: 1n },
    }).name;
}
