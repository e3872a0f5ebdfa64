// Decides a family of claims from cluster values alone: what `verify` recomputes. Sign flips give p-values of one-sided
// columns, the family's correction adjusts them, integers are compared with the rate. Controls gate `supported` only and
// never refute. Rules: a joint `each` tests both directions in one max-T; a single conclusion tests each direction at its
// own level (the two nulls are complementary); elsewhere support goes through the correction and refutation needs rate/k.
import { bug } from '../../compiler/base/bug.js';
import { decimalFraction, type Fraction } from '../../compiler/correction/fraction.js';
import { procedures } from '../../compiler/correction/procedures.js';
import { checkedClaim } from './check-members.js';
import { ColumnTests } from './column-tests.js';
import { conclude, type FourPs, memberPs, twoWay, unknown, unmeasured } from './conclusion.js';
import { type CorrectedUnit, correctUnits, type Unit } from './correct-units.js';
import { ColumnBook, columnsOf, gateEvidence, type MemberEvidence, memberEvidence } from './evidence.js';
import { type QuantifiedClaim, quantifiedJoint, quantifiedRaw, settledClaim } from './quantified.js';
import { blameControl, refutedClaim, refutedMember } from './reasons.js';
import type { Claim, ClaimDecision, Family, FamilyDecision, MemberDecision } from './types.js';

export function decideFamily(family: Family): FamilyDecision {
  const rate = decimalFraction(family.rate);
  const book = new ColumnBook();
  const claims = family.claims.map((claim) => prepare(book, checkedClaim(claim)));
  const tests = new ColumnTests(book, family.flipPlan, family.outcomeTolerance);
  const units = claims.flatMap((prepared, index) => unitsOf(prepared, index));
  const procedure = procedures[family.correction];
  let columns = 0;
  const joint = (over: readonly Unit[]) => {
    const indices = over.flatMap(({ claim }) => columnsOfClaim(claims[claim] ?? bug('no such claim')));
    columns += new Set(indices).size;
    return tests.jointP(indices);
  };
  const jointFour = (unit: Unit, pOf: (index: number) => Fraction): FourPs => {
    const prepared = claims[unit.claim] ?? bug('no such claim');
    return unit.member === null
      ? quantifiedJoint(prepared, pOf)
      : memberFour(prepared, unit.member, pOf, 'joint');
  };
  const rawFour = (unit: Unit): FourPs => {
    const prepared = claims[unit.claim] ?? bug('no such claim');
    return unit.member === null
      ? quantifiedRaw(prepared, tests)
      : memberFour(prepared, unit.member, (index) => tests.rawP(index), 'raw');
  };
  const corrected = correctUnits({ units, procedure, joint, jointFour, rawFour });
  const byUnit = new Map(corrected.map((item) => [unitKey(item.unit.claim, item.unit.member), item]));
  const decided = claims.map((prepared, index) => decideClaim({ prepared, index, byUnit, tests, rate }));
  return {
    correction: family.correction,
    rate: family.rate,
    conclusions: units.length,
    columns,
    ...tests.used(),
    claims: decided,
  };
}

function prepare(book: ColumnBook, claim: Claim): QuantifiedClaim {
  const evidence = claim.members.map(({ id, state }) =>
    state.kind === 'measured' ? memberEvidence(book, { id, parts: state.parts, gates: state.gates }) : null,
  );
  return { claim, evidence, gates: gateEvidence(book, claim.id, claim.gates) };
}

/** The conclusions of a claim that the correction counts: structural zeros cost nothing. */
function unitsOf({ claim }: QuantifiedClaim, index: number): Unit[] {
  if (claim.quantifier.kind !== 'each')
    return settledClaim(claim)?.reason.kind === 'structural'
      ? []
      : [{ claim: index, member: null, block: false }];
  return claim.members.flatMap(({ state }, member) =>
    state.kind === 'structural-zero' ? [] : [{ claim: index, member, block: claim.block === 'max-t' }],
  );
}

function columnsOfClaim({ evidence, gates }: QuantifiedClaim): number[] {
  const members = evidence.flatMap((item) =>
    item === null ? [] : [item.support, item.refute, ...item.gates.map(({ formula }) => formula)],
  );
  return [...members, ...gates.gates.map(({ formula }) => formula)].flatMap(columnsOf);
}

/** Under `each`, the controls of the claim as a whole gate every member. */
function memberFour(
  { evidence, gates }: QuantifiedClaim,
  member: number,
  pOf: (index: number) => Fraction,
  alternatives: 'joint' | 'raw',
): FourPs {
  const own = evidence[member];
  if (own === null || own === undefined) return unknown;
  return memberPs(withClaimGates(own, gates), pOf, alternatives);
}

function withClaimGates(own: MemberEvidence, gates: QuantifiedClaim['gates']): MemberEvidence {
  return { ...own, gates: [...own.gates, ...gates.gates], failedGate: own.failedGate ?? gates.failedGate };
}

function unitKey(claim: number, member: number | null): string {
  return `${claim} ${member ?? 'whole'}`;
}

interface ClaimToDecide {
  readonly prepared: QuantifiedClaim;
  readonly index: number;
  readonly byUnit: ReadonlyMap<string, CorrectedUnit>;
  readonly tests: ColumnTests;
  readonly rate: Fraction;
}

function decideClaim({ prepared, index, byUnit, tests, rate }: ClaimToDecide): ClaimDecision {
  const { claim, evidence, gates } = prepared;
  const rawP = (column: number) => tests.rawP(column);
  const ofUnit = (member: number | null) => byUnit.get(unitKey(index, member));
  const members = claim.members.map((member, position): MemberDecision => {
    const own = evidence[position] ?? null;
    const raw = twoWay(own === null ? unknown : memberPs(own, rawP, 'raw'));
    if (claim.quantifier.kind !== 'each') return { id: member.id, decision: null, raw };
    const unit = ofUnit(position);
    if (own === null || unit === undefined) return { id: member.id, decision: unmeasured(member.state), raw };
    const gated = withClaimGates(own, gates);
    const decision = conclude({
      raw: unit.raw,
      adjusted: gatedPs(unit.adjusted, [gated]),
      rate,
      refuted: () => refutedMember(own, tests, rate),
      control: () => blameControl([gated], rawP),
    });
    return { id: member.id, decision, raw };
  });
  if (claim.quantifier.kind === 'each') return { id: claim.id, decision: null, members };
  const settled = settledClaim(claim);
  const unit = ofUnit(null);
  const allGates = [...evidence.filter((item) => item !== null), gates];
  const decision =
    settled ??
    conclude({
      raw: unit?.raw ?? unknown,
      adjusted: gatedPs(unit?.adjusted ?? unknown, allGates),
      rate,
      refuted: () => refutedClaim(prepared, tests, rate),
      control: () => blameControl(allGates, rawP),
    });
  return { id: claim.id, decision, members };
}

/** A conclusion that no control stands in the way of is not held up by the failed controls of others in its family. */
function gatedPs(adjusted: FourPs, gates: readonly QuantifiedClaim['gates'][]): FourPs {
  const free = gates.every((one) => one.failedGate === null && one.gates.length === 0);
  return free ? { ...adjusted, gated: adjusted.support } : adjusted;
}
