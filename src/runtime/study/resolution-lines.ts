// What each claim's rows can show: the smallest p it can reach, and what it would need.
import type { CheckedFile } from '../../compiler/check/experiment.js';

export function resolutionLines(checked: CheckedFile): readonly string[] {
  if (checked.claims.length === 0) return ['no claims: this file explores'];
  const lines = ['resolution'];
  for (const claim of checked.claims) {
    const family = checked.families.find((one) => one.claims.includes(claim.name));
    const clusters = claim.data.facts.splits.find((one) => one.name === claim.split)?.clusters ?? 0;
    const joint = family?.method === 'max_t';
    const flips = clusters <= 16 ? 2 ** clusters : (family?.flips ?? 0) + 1;
    const smallest = (joint ? 2 : 1) / flips;
    const conclusions = claim.quantity === 'each' ? claim.family.members.length : 1;
    lines.push(
      `  ${claim.name}: ${conclusions} conclusion${conclusions === 1 ? '' : 's'}; ${clusters} clusters (${claim.data.facts.clusterBy}) in ${claim.split}`,
      `    smallest p ${smallest.toPrecision(2)}, by ${family?.method ?? ''} at ${family?.rate ?? ''}`,
    );
  }
  return lines;
}
