// p-values of claims about many members that are one conclusion. Null hypotheses: `all`: some member fails (largest p,
// Berger 1982); `some`: all fail (max-T over the members); at least k: fewer than k hold (partial conjunction). The opposite
// of "at least k of m" is "at least m - k + 1 fail", with the same tests on the refuting columns.

import { ascendingOrder, type Fraction, larger, one, smaller } from '../../compiler/correction/fraction.js';
import type { ColumnTests } from './column-tests.js';
import { type FourPs, memberPs, unknown, unmeasured, withGates } from './conclusion.js';
import { columnsOf, evaluate, type Formula, type MemberEvidence } from './evidence.js';
import { atLeast } from './partial-conjunction.js';
import type { Claim, Decision } from './types.js';

/** A claim with the formulas of its measured members (null: not measured). */
export interface QuantifiedClaim {
  readonly claim: Claim;
  readonly evidence: readonly (MemberEvidence | null)[];
  /** Controls of the claim as a whole. */
  readonly gates: Pick<MemberEvidence, 'gates' | 'failedGate'>;
}

/** How many members must hold, of how many that could. */
function needed(claim: Claim): { readonly k: number; readonly of: number } {
  const possible = claim.members.filter(({ state }) => state.kind !== 'structural-zero').length;
  switch (claim.quantifier.kind) {
    case 'single':
    case 'each':
    case 'all':
      return { k: claim.members.length, of: possible };
    case 'some':
      return { k: 1, of: possible };
    case 'at-least':
      return { k: claim.quantifier.k, of: possible };
  }
}

/** The decision of a claim that needs no test, or null. */
export function settledClaim(claim: Claim): Decision | null {
  const invalid = claim.members.find(({ state }) => state.kind === 'invalid');
  if (invalid !== undefined) return unmeasured(invalid.state);
  const { k, of } = needed(claim);
  if (k > of) return unmeasured({ kind: 'structural-zero', satisfies: false });
  const unrun = claim.members.find(({ state }) => state.kind === 'not-run' || state.kind === 'no-op');
  const none = claim.members.every(({ state }) => state.kind !== 'measured');
  return none && unrun !== undefined ? unmeasured(unrun.state) : null;
}

function possibleEvidence({ claim, evidence }: QuantifiedClaim): (MemberEvidence | null)[] {
  return evidence.filter((_, index) => claim.members[index]?.state.kind !== 'structural-zero');
}

/** The claim on its own: each direction at its own level. */
export function quantifiedRaw(claim: QuantifiedClaim, tests: ColumnTests): FourPs {
  const pOf = (index: number) => tests.rawP(index);
  const members = possibleEvidence(claim);
  const fours = members.map((own) => (own === null ? unknown : memberPs(own, pOf, 'raw')));
  const { k } = needed(claim.claim);
  const fails = members.length - k + 1;
  const formulas = (pick: (own: MemberEvidence) => Formula) =>
    members.map((own) => (own === null ? null : pick(own)));
  const support = reaches({
    k,
    raw: fours.map((four) => four.support),
    tests,
    formulas: formulas((own) => own.support),
  });
  const gated = reaches({
    k,
    raw: fours.map((four) => four.gated),
    tests,
    formulas: members.map((own) => (own === null || own.failedGate !== null ? null : gatedFormula(own))),
  });
  return {
    support,
    gated: claim.gates.failedGate === null ? withGates(larger(support, gated), claim.gates, pOf, 'raw') : one,
    refute: reaches({
      k: fails,
      raw: fours.map((four) => four.refute),
      tests,
      formulas: formulas((own) => own.refute),
    }),
    behaviour: behaviourOf(fours, k),
  };
}

function gatedFormula(own: MemberEvidence): Formula {
  return own.gates.length === 0
    ? own.support
    : { kind: 'every', of: [own.support, ...own.gates.map(({ formula }) => formula)] };
}

interface Reaches {
  readonly k: number;
  readonly raw: readonly Fraction[];
  readonly tests: ColumnTests;
  readonly formulas: readonly (Formula | null)[];
}

/** p of "at least k hold" from raw p: the largest for k = m, max-T for k = 1, partial conjunction between. */
function reaches({ k, raw, tests, formulas }: Reaches): Fraction {
  if (k === raw.length) return raw.reduce(larger, { num: 0n, den: 1n });
  if (k > 1) return atLeast(k, raw);
  const measured = formulas.filter((formula) => formula !== null);
  if (measured.length === 0) return one;
  const pOf = tests.jointP(measured.flatMap(columnsOf));
  return measured.map((formula) => evaluate(formula, pOf, 'joint')).reduce(smaller, one);
}

/** The claim inside a joint family: the k-th smallest of p-values that are already corrected together. */
export function quantifiedJoint(claim: QuantifiedClaim, pOf: (index: number) => Fraction): FourPs {
  const fours = possibleEvidence(claim).map((own) => (own === null ? unknown : memberPs(own, pOf, 'joint')));
  const { k } = needed(claim.claim);
  const nth = (values: readonly Fraction[], rank: number) =>
    values[ascendingOrder(values)[rank - 1] ?? -1] ?? one;
  const support = nth(
    fours.map((four) => four.support),
    k,
  );
  const gated = nth(
    fours.map((four) => four.gated),
    k,
  );
  return {
    support,
    gated: claim.gates.failedGate === null ? withGates(gated, claim.gates, pOf, 'joint') : one,
    refute: nth(
      fours.map((four) => four.refute),
      fours.length - k + 1,
    ),
    behaviour: behaviourOf(fours, k),
  };
}

/** Decides the wording only: behaviour in all members where all must hold, in one of them otherwise. */
function behaviourOf(fours: readonly FourPs[], k: number): Fraction {
  const all = fours.map((four) => four.behaviour);
  return k === all.length ? all.reduce(larger, { num: 0n, den: 1n }) : all.reduce(smaller, one);
}
