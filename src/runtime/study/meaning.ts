// What a pipeline means, as plain data: what is hashed, locked and compared. Layout, prose and views are erased;
// models and data count by content. Whatever changes a number that is asserted changes this.
import { digest } from '../../compiler/base/digest.js';
import type { CheckedFile } from '../../compiler/check/experiment.js';
import { powerText } from '../../compiler/check/power.js';
import { canonicalForm } from '../../compiler/syntax/canonical-form.js';
import type { Meaning } from '../store/lock.js';

/** Counts in every meaning: a release that changes numbers changes it. */
export const SEMANTICS = 1;

export function meaningOf(checked: CheckedFile): Meaning {
  const { bound } = checked;
  return {
    semantics: SEMANTICS,
    program: digest('program', canonicalForm(bound.file)),
    libraries: bound.libraries.map((one) => ({ path: one.path, digest: digest('library', one.text) })),
    models: checked.models.map((one) => ({ name: one.declared, digest: one.graph.digest })),
    data: checked.data.map((one) => ({
      name: one.declared,
      digest: one.digest,
      splits: one.facts.splits.map((split) => ({
        name: split.name,
        rows: split.rows,
        clusters: split.clusters,
      })),
    })),
    parameters: Object.fromEntries([...checked.params].sort()),
    families: checked.families.map((one) => ({
      name: one.name,
      method: one.method,
      rate: one.rate,
      flips: one.flips,
      claims: one.claims,
    })),
    claims: checked.claims.map((one) => ({
      name: one.name,
      quantity: one.quantity,
      on: `${one.data.declared}.${[one.split, ...one.shift].join('.')}`,
      // A family over a searched circuit has as many members whatever the search finds.
      members: one.family.members.length,
      margins: one.parts.map((part) => `${part.name}`),
      because: one.because,
      nil: one.nil,
      ...(one.power === null ? {} : { power: powerText(one.power, one.parts[0]?.unit ?? null) }),
      evidence: one.evidence,
    })),
    controls: checked.controls.map((one) => ({
      name: one.name,
      claim: one.claim,
      kind: one.what.kind,
      inserted: one.inserted,
      waived: one.waived,
    })),
    predictions: checked.predictions.map((one) => ({ claim: one.claim, verdict: one.verdict })),
  };
}
