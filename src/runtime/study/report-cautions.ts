// Cautions of a report: warnings of compiler and run that belong before any number.
import { claimsWithoutPower } from '../../compiler/check/power.js';
import type { ReportClaim } from '../report/report-data.js';
import { skewGuard, skewness } from '../stats/skew.js';
import type { OpenStudy } from './open-study.js';
import { familyOf } from './report-claims.js';
import type { StudyRun } from './run-study.js';

/** What a reader must know before the numbers: skewed effects, ablations by zero, effects that may live in few clusters. */
export function cautionsOf(
  { run, study }: { readonly run: StudyRun; readonly study: OpenStudy },
  claims: readonly ReportClaim[],
): readonly string[] {
  const cautions: string[] = [];
  for (const claim of run.decision.claims) {
    const spec = claims.find((one) => one.id === claim.id);
    const skewed = claim.members.filter((member) => {
      if (member.state.kind !== 'measured') return false;
      const [part] = member.state.parts;
      if (part === undefined) return false;
      const { values } = part.x;
      return skewGuard(skewness(values), values.length, Number(familyOf(run, claim.id).rate)).warns;
    });
    if (skewed.length > 0) {
      cautions.push(
        `${spec?.id ?? claim.id}: the effects of ${skewed.length} member${skewed.length === 1 ? ' are' : 's are'} skewed over clusters; the flip test is exact for symmetric effects and approximate here.`,
      );
    }
  }
  for (const { claim, why } of claimsWithoutPower(run.checked.claims, run.checked.predictions)) {
    const form = why === 'equivalence' ? 'says that nothing differs' : 'is predicted to be refuted';
    cautions.push(
      `${claim.name} ${form} and does not state its power: that it was not supported, or not refuted, may only mean that there were too few clusters.`,
    );
  }
  for (const declaration of run.checked.bound.declarations) {
    if (
      declaration.keyword === 'ablation' &&
      declaration.value?.kind === 'name' &&
      declaration.value.name === 'zero'
    ) {
      cautions.push(
        `${declaration.name ?? ''} ablates by zero: a value the model never has; almost anything looks necessary under it.`,
      );
    }
  }
  for (const [digest, how] of study.compileHost.redrawn) {
    if (how === 'permutation' && digest !== '') {
      cautions.push(
        'Models with new weights were made by permuting each tensor: nothing is known of how the original weights were drawn.',
      );
      break;
    }
  }
  for (const one of study.diagnostics) if (one.severity === 'warning') cautions.push(one.message);
  return [...new Set(cautions)];
}
