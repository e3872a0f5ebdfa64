// What a claim could show on its own rows, at the level its family leaves it: for `eisc plan` (from the rows that were
// explored) and for the report (from those that were tested).
import { isEquivalence } from '../../compiler/check/claim-form.js';
import type { ClaimSpec, FamilySpec, PredictionSpec } from '../../compiler/check/claim-spec.js';
import { clustersOf, familyDesign } from '../../compiler/check/family-design.js';
import { claimsWithoutPower, powerText } from '../../compiler/check/power.js';
import { columnLevel } from '../../compiler/correction/resolution.js';
import { countText, shareText } from '../quantity-text.js';
import { clustersForPower, detectableEffect, verdictPower } from '../stats/claim-power.js';
import type { Part } from '../stats/types.js';

export type ClaimPower = {
  /** Distance from the margin that is found with power .8, in the unit of the first part. */
  readonly detectable: number | null;
  /** As declared: `80% at 0.2 logit`; null where nothing is. */
  readonly declared: string | null;
  /** Declared to be 80 %, say, it is this; null where it is neither declared nor asked for, or where nothing is known. */
  readonly reached: number | null;
  /** Where that is less than declared: the clusters that would do, infinite beyond ten million; else null. */
  readonly clustersNeeded: number | null;
  readonly isEquivalence: boolean;
  /** One that says "nothing is there", by form or prediction, and does not say how surely it would show it. */
  readonly isMissing: boolean;
};

export type PowerSource = {
  readonly claims: readonly ClaimSpec[];
  readonly families: readonly FamilySpec[];
  readonly predictions: readonly PredictionSpec[];
};

/** `members`: per member its parts with their cluster values; none where nothing was measured. */
export function claimPower(
  claim: ClaimSpec,
  { claims, families, predictions }: PowerSource,
  members: readonly (readonly Part[])[],
): ClaimPower {
  const { power } = claim;
  const isMissing = claimsWithoutPower([claim], predictions).length > 0;
  const declared = power === null ? null : powerText(power, claim.parts[0]?.unit ?? null);
  const family = families.find((one) => one.claims.includes(claim.name));
  const shared = { declared, isMissing, isEquivalence: isEquivalence(claim) };
  if (family === undefined) return { detectable: null, reached: null, clustersNeeded: null, ...shared };
  const design = {
    clusters: clustersOf(claim),
    level: columnLevel(familyDesign(family, claims), claim.name),
  };
  const truth = power?.kind === 'chance' && power.at !== null ? power.at : 'nothing';
  const asked = power !== null || isMissing;
  const powers = asked
    ? members.flatMap((parts) => {
        const reached = verdictPower(parts, truth, design);
        return reached === null ? [] : [reached];
      })
    : [];
  const reached = powers.length === 0 ? null : Math.min(...powers);
  return {
    // Of an equivalence it is the power that counts: there is nothing to detect.
    detectable: shared.isEquivalence ? null : detectableEffect(members, design),
    reached,
    clustersNeeded:
      power?.kind === 'chance' && reached !== null && reached < power.target
        ? Math.ceil(clustersForPower(members, truth, { level: design.level, target: power.target }))
        : null,
    ...shared,
  };
}

/** One line for plan and report, or null where power is neither declared nor asked for. */
export function powerLine(power: ClaimPower): string | null {
  const { declared, reached, isMissing } = power;
  const found = reached === null ? null : shareText(reached);
  if (declared === null) {
    if (!isMissing) return null;
    const what = power.isEquivalence ? 'that nothing differs' : 'that nothing is there';
    return found === null ? 'not stated' : `not stated; ${what} would be shown in ${found} of samples`;
  }
  if (found === null) return `declared ${declared}`;
  return `declared ${declared}; with the spread seen it is ${found}${neededText(power.clustersNeeded)}`;
}

function neededText(clusters: number | null): string {
  if (clusters === null) return '';
  return Number.isFinite(clusters)
    ? `, too little: it takes ${countText(clusters)} clusters`
    : ', too little, even with ten million clusters';
}
