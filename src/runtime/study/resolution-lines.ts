// What each claim's rows can show: the smallest p it can reach, what its controls can reach, and, once something has been
// explored, the smallest effect it would find.
import type { ClaimSpec, ControlSpec, FamilySpec } from '../../compiler/check/claim-spec.js';
import type { CheckedFile } from '../../compiler/check/experiment.js';
import { clustersOf, familyDesign } from '../../compiler/check/family-design.js';
import type { PValue } from '../../compiler/correction/fraction.js';
import { replicatesNeeded, resolutionOf } from '../../compiler/correction/resolution.js';
import { countText, plural } from '../quantity-text.js';
import { claimPower, powerLine } from './claim-power.js';
import type { Explored } from './explored.js';

export function resolutionLines(
  checked: Pick<CheckedFile, 'claims' | 'families' | 'controls' | 'predictions'>,
  explored: Explored,
): readonly string[] {
  if (checked.claims.length === 0) return ['no claims: this file explores'];
  return [
    'resolution',
    ...checked.claims.flatMap((claim) => {
      const family = checked.families.find((one) => one.claims.includes(claim.name));
      if (family === undefined) return [];
      return [
        ...smallestLines(claim, family, checked.claims),
        ...powerLines(claim, checked, explored),
        ...checked.controls
          .filter((one) => one.claim === claim.name)
          .flatMap((one) => rankLines(one, family)),
      ];
    }),
  ];
}

function smallestLines(
  claim: ClaimSpec,
  family: FamilySpec,
  claims: readonly ClaimSpec[],
): readonly string[] {
  const design = familyDesign(family, claims);
  const conclusions = design.claims.find((one) => one.id === claim.name)?.conclusions ?? 0;
  const head = `  ${claim.name}: ${plural(conclusions, 'conclusion')}; ${countText(clustersOf(claim))} clusters (${claim.data.facts.clusterBy}) in ${claim.split}`;
  if (conclusions === 0) return [head, '    nothing to test: no path leads to the metric'];
  const { smallest, alone, canReject, canRejectAlone } = resolutionOf(design, claim.name);
  const lone =
    canReject && !canRejectAlone
      ? [`    alone in its family it could not be supported (smallest p ${numberOf(alone)})`]
      : [];
  return [head, `    smallest p ${numberOf(smallest)}, by ${family.method} at ${family.rate}`, ...lone];
}

function powerLines(
  claim: ClaimSpec,
  checked: Pick<CheckedFile, 'claims' | 'families' | 'predictions'>,
  explored: Explored,
): readonly string[] {
  const members = explored.membersOf(claim);
  const power = claimPower(claim, checked, members ?? []);
  const said = powerLine(power);
  const unit = claim.parts[0]?.unit ?? null;
  const effect = power.detectable === null ? null : String(Number(power.detectable.toPrecision(2)));
  if (power.isEquivalence) {
    const lines = said === null ? [] : [`    power ${said}`];
    return members === null ? [...lines, '    its power is known once `eisc run` has explored'] : lines;
  }
  return [
    effect === null
      ? members === null
        ? '    detectable effect: known once `eisc run` has explored'
        : '    detectable effect: not known, nothing varied in what was explored'
      : `    detectable with 80 % power: ${effect}${unit === null ? '' : ` ${unit}`} beyond the margin, with the spread of the last run`,
    ...(said === null ? [] : [`    power ${said}`]),
  ];
}

/** Controls that are ranked: whether their number can reach the level. */
function rankLines({ name, what, waived }: ControlSpec, { rate }: FamilySpec): readonly string[] {
  if (waived !== null || what.kind === 'paired') return [];
  const count = what.kind === 'circuits' ? what.drawn.length : what.seeds;
  const needed = replicatesNeeded(rate);
  const smallest = (1 / (count + 1)).toPrecision(2);
  const all = what.kind === 'circuits' && what.exhaustive ? ', all there are' : '';
  const how = count >= needed ? '' : `; a smoke control: ${rate} needs ${countText(needed)}`;
  return [`    ${name}: ${plural(count, 'replicate')}${all}, smallest p ${smallest}${how}`];
}

function numberOf(p: PValue): string {
  return (p.kind === 'count' ? p.c / p.n : p.value).toPrecision(2);
}
