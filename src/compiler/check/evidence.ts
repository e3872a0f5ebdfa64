// Rules of evidence that concern the file as a whole: can each claim reject at all, is each equivalence shown to be able to
// fail, is each control known, are the settings. In a draft, what is missing is a warning; at a lock it is an error.
import type { Diagnostic, Edit } from '../base/diagnostic.js';
import { suggest } from '../base/suggest.js';
import type { BoundFile } from '../bind/bind.js';
import { conclusionsOf, resolutionOf } from '../correction/resolution.js';
import { isEquivalence } from './claim-form.js';
import type { ClaimSpec, ControlSpec, FamilySpec, PredictionSpec } from './claim-spec.js';
import type { Session } from './context.js';
import { replaceAt } from './edits.js';
import * as rule from './evidence-messages.js';
import { flipsSpan } from './families.js';
import { familyDesign } from './family-design.js';
import { fieldOf } from './fields.js';
import * as say from './messages.js';
import { claimsWithoutPower } from './power.js';
import type { StudySpec } from './study.js';
import { uncontrolledNames } from './uncontrolled.js';

type Request = {
  readonly bound: BoundFile;
  readonly claims: readonly ClaimSpec[];
  readonly controls: readonly ControlSpec[];
  readonly families: readonly FamilySpec[];
  readonly predictions: readonly PredictionSpec[];
  readonly waivers: ReadonlyMap<string, string>;
  readonly study: StudySpec;
  readonly session: Session;
  readonly asLock: boolean;
  readonly settings: ReadonlyMap<string, string>;
};

export function checkEvidence(request: Request): void {
  const { session, asLock, claims } = request;
  const severe = (diagnostic: Diagnostic): void => {
    session.reporter.report(
      asLock ? { ...diagnostic, severity: 'error' } : { ...diagnostic, severity: 'warning' },
    );
  };
  for (const claim of claims) {
    const family = request.families.find((one) => one.claims.includes(claim.name));
    if (family !== undefined) checkResolution(claim, family, claims, session);
    const equivalence = isEquivalence(claim);
    // A claim made by `given` has the fields of its base: what is missing is said there.
    const base = claims.find((one) => one.name === claim.base);
    if (equivalence && claim.assay === null && base?.assay !== null)
      severe(rule.equivalenceWithoutAssay(claim.declaration.nameSpan, claim.name));
    if (equivalence && claim.because === null && base?.because !== null)
      severe(rule.equivalenceWithoutReason(claim.declaration));
    if (claim.evidence === 'observed' && claim.circuits.length > 0)
      session.reporter.report(rule.wrongEvidence(claim.declaration.nameSpan, claim.name, claim.evidence));
    const structural = claim.classes.every((one) => one.parts.every((part) => part.structural));
    if (structural) {
      session.reporter.report(rule.reachesNothing(claim.declaration.nameSpan, claim.interventions));
    }
  }
  // Never an error: a study that cannot be larger may still be run, and the report says what it could have shown.
  if (asLock) {
    const without = claimsWithoutPower(claims, request.predictions);
    // A claim made by `given` has the field of its base: it is missed there.
    const said = without.filter(({ claim }) => !without.some((one) => one.claim.name === claim.base));
    for (const { claim, why } of said)
      session.reporter.report({ ...rule.powerNotStated(claim.declaration, why), severity: 'warning' });
  }
  const { declarations } = request.bound;
  const declared = declarations.flatMap((one) =>
    one.keyword === 'control' && one.name !== undefined ? [one.name] : [],
  );
  const known = new Set([
    ...declared,
    ...request.controls.map((one) => one.name),
    ...uncontrolledNames(claims, request.controls),
  ]);
  // Controls that are inserted by default are not known of a claim that failed.
  const someFailed = declarations.some((one) => one.keyword === 'claim' && session.failed.has(one));
  for (const declaration of request.bound.declarations) {
    if (declaration.keyword !== 'waive' || declaration.name === undefined) continue;
    if (!someFailed && !known.has(declaration.name))
      session.reporter.report(
        rule.unknownControl(declaration.nameSpan, declaration.name, suggest(declaration.name, known), [
          ...known,
        ]),
      );
  }
  const params = request.bound.declarations.flatMap((one) =>
    one.keyword === 'param' && one.name !== undefined ? [one.name] : [],
  );
  for (const name of request.settings.keys()) {
    if (!params.includes(name))
      session.reporter.report(say.unknownSetting(session.file, name, suggest(name, params), params));
  }
}

/** The smallest p that the claim's design can attain against the rate of its family; see F15. */
function checkResolution(
  claim: ClaimSpec,
  family: FamilySpec,
  claims: readonly ClaimSpec[],
  session: Session,
): void {
  const design = familyDesign(family, claims);
  const own = design.claims.find((one) => one.id === claim.name);
  if (own === undefined || own.conclusions === 0) return;
  const { canReject, smallest, clustersNeeded, flipsNeeded } = resolutionOf(design, claim.name);
  if (canReject) return;
  const { clusters } = own;
  if (clusters < clustersNeeded) {
    session.reporter.report(
      rule.neverRejects(claim.declaration.nameSpan, {
        claim: claim.name,
        clusters,
        needed: clustersNeeded,
        unit: claim.data.facts.clusterBy,
        split: `${claim.data.declared}.${claim.split}`,
        floor: smallest.kind === 'count' ? `${smallest.c}/${smallest.n}` : String(smallest.value),
        conclusions: conclusionsOf(design),
        method: family.method,
        rate: family.rate,
        dataSpan: claim.data.declaration.nameSpan,
        edits: moreClusters(claim, clusters, clustersNeeded),
      }),
    );
  } else {
    session.reporter.report(
      rule.tooFewFlips(
        family.declaration?.nameSpan ?? claim.declaration.nameSpan,
        family.flips,
        flipsNeeded,
        flipsSpan(family.declaration),
      ),
    );
  }
}

/** Where rows are their own clusters, more of them; else a larger share of the clusters there are. */
function moreClusters(claim: ClaimSpec, clusters: number, needed: number): readonly Edit[] {
  const { declaration, facts } = claim.data;
  const size = fieldOf(declaration, 'size');
  if (facts.clusterBy === 'row' && size?.kind === 'number' && clusters > 0) {
    return [replaceAt(size.span, String(Math.ceil((size.value * (needed + 1)) / clusters)))];
  }
  const total = facts.splits.reduce((sum, one) => sum + one.clusters, 0);
  const split = fieldOf(declaration, 'split');
  if (split?.kind !== 'call' || Math.floor(total / 2) < needed) return [];
  const own = split.args.find((arg) => arg.kind === 'named' && arg.name === claim.split);
  const others = split.args.filter(
    (arg) => arg.kind === 'named' && arg !== own && arg.name !== 'seed' && arg.value.kind === 'number',
  );
  const rest = others.reduce(
    (sum, arg) => sum + (arg.kind === 'named' && arg.value.kind === 'number' ? arg.value.value : 0),
    0,
  );
  if (own?.kind !== 'named' || rest <= 0) return [];
  return [
    replaceAt(own.value.span, '50%'),
    ...others.flatMap((arg) =>
      arg.kind === 'named' && arg.value.kind === 'number'
        ? [replaceAt(arg.value.span, `${Number(((arg.value.value / rest) * 50).toPrecision(10))}%`)]
        : [],
    ),
  ];
}
