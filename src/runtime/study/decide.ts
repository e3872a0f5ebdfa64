// From stored outcomes to verdicts: pure, and the only way there is. A run and `eisc verify` both end here.
import { bug } from '../../compiler/base/bug.js';
import type { Claim, FamilyDecision, Gate, Member, Verdict } from '../stats/types.js';
import { decideFamily } from '../stats/verdict.js';
import type { ClaimFacts, ControlFacts, FamilyFacts, StudyFacts } from './facts.js';
import { withFailedChecks } from './failed-checks.js';
import {
  type ControlResult,
  type Court,
  decideAlone,
  gateOf,
  inOrderOfBlame,
  judgeControl,
  quantifierOf,
  settleControls,
} from './judge-controls.js';
import { OutcomeBook, stateOf, type Tables } from './outcome-book.js';

export type { ControlResult } from './judge-controls.js';
export type { Tables } from './outcome-book.js';

export type StudyDecision = {
  readonly families: readonly FamilyDecision[];
  readonly claims: readonly Claim[];
  readonly controls: readonly ControlResult[];
  /** Ids `claim` and `claim/member`, in the order of the file. */
  readonly verdicts: readonly { readonly id: string; readonly verdict: Verdict }[];
};

export function decideStudy(facts: StudyFacts, tables: Tables): StudyDecision {
  const book = new OutcomeBook(tables);
  const controls: ControlResult[] = [];
  const claims = new Map<string, Claim>();
  for (const [at, claim] of facts.claims.entries()) {
    const court: Court = { root: facts.root, family: familyFor(facts, claim.id), claim, at, book };
    const mine = facts.controls.filter((one) => one.claim === claim.id);
    const judged = mine.map((one) => ({
      facts: one,
      result: judgeControl(one, court, facts.controls.indexOf(one)),
    }));
    controls.push(...judged.map((one) => one.result));
    claims.set(claim.id, withFailedChecks(statisticalClaim(claim, judged, court), facts));
  }
  const families = facts.families.map((family, at) =>
    decideFamily({
      correction: family.method,
      rate: family.rate,
      flipPlan: { root: facts.root, path: `family/${at}`, flips: family.flips },
      claims: family.claims.map((id) => claims.get(id) ?? bug(`no claim ${id}`)),
    }),
  );
  return {
    families,
    claims: [...claims.values()],
    controls: settleControls(controls, families),
    verdicts: verdictsOf(families),
  };
}

function verdictsOf(families: readonly FamilyDecision[]): StudyDecision['verdicts'] {
  return families.flatMap((family) =>
    family.claims.flatMap((claim) => [
      ...(claim.decision === null ? [] : [{ id: claim.id, verdict: claim.decision.verdict }]),
      ...claim.members.flatMap((member) =>
        member.decision === null
          ? []
          : [{ id: `${claim.id}/${member.id}`, verdict: member.decision.verdict }],
      ),
    ]),
  );
}

function familyFor(facts: StudyFacts, claim: string): FamilyFacts {
  return facts.families.find((one) => one.claims.includes(claim)) ?? bug(`no family counts ${claim}`);
}

type Judged = { readonly facts: ControlFacts; readonly result: ControlResult };

function statisticalClaim(claim: ClaimFacts, judged: readonly Judged[], court: Court): Claim {
  const assay = claim.assay === null ? null : isAssayShown(claim.assay, court);
  const members = claim.members.map((member): Member => {
    const gates: Gate[] = judged.flatMap(
      ({ facts: control, result }) => gateOf(control, result, member, court) ?? [],
    );
    if (assay !== null) gates.push({ kind: 'settled', name: 'assay', passed: assay });
    return { id: member.id, state: stateOf(member, claim.table, inOrderOfBlame(gates), court.book) };
  });
  return { id: claim.id, quantifier: quantifierOf(claim), members, gates: [], block: 'members' };
}

/** The assay is one claim on the same rows at the family's rate: all its parts must be shown. */
function isAssayShown(
  parts: NonNullable<ClaimFacts['assay']>,
  { root, family, claim, at, book }: Court,
): boolean {
  const state = stateOf({ id: '', parts, structural: false, changes: [] }, claim.table, [], book);
  return decideAlone({
    path: `assay/${at}`,
    members: [{ id: '', state }],
    quantifier: { kind: 'single' },
    method: 'holm',
    family,
    root,
  }).includes('supported');
}
