// Four p-values of one conclusion and the rule that turns them into a verdict. Comparisons are between integers.

import { atMost, type Fraction, larger, one, toPValue } from '../../compiler/correction/fraction.js';
import { evaluate, type Formula, type MemberEvidence } from './evidence.js';
import type { Decision, MemberState, Reason, TwoWay, Verdict } from './types.js';

/** p of the assertion, of assertion and paired controls together, of the opposite, and of "there is behaviour". */
export interface FourPs {
  readonly support: Fraction;
  readonly gated: Fraction;
  readonly refute: Fraction;
  readonly behaviour: Fraction;
}

/** A conclusion that can be neither supported nor refuted but keeps its place in the count. */
export const unknown: FourPs = { support: one, gated: one, refute: one, behaviour: { num: 0n, den: 1n } };

export function memberPs(
  evidence: MemberEvidence,
  pOf: (index: number) => Fraction,
  alternatives: 'joint' | 'raw',
): FourPs {
  const p = (formula: Formula) => evaluate(formula, pOf, alternatives);
  const support = p(evidence.support);
  return {
    support,
    gated: evidence.failedGate !== null ? one : withGates(support, evidence, pOf, alternatives),
    refute: p(evidence.refute),
    behaviour: p(evidence.behaviour),
  };
}

/** An assertion together with its paired controls is an intersection-union test. */
export function withGates(
  support: Fraction,
  { gates }: Pick<MemberEvidence, 'gates'>,
  pOf: (index: number) => Fraction,
  alternatives: 'joint' | 'raw',
): Fraction {
  return gates.map(({ formula }) => evaluate(formula, pOf, alternatives)).reduce(larger, support);
}

export interface Concluded {
  readonly raw: FourPs;
  readonly adjusted: FourPs;
  readonly rate: Fraction;
  /** Wording of a refutation and name of the control to blame, worked out only when needed. */
  readonly refuted: () => Reason;
  readonly control: () => string;
}

export function conclude({ raw, adjusted, rate, refuted, control }: Concluded): Decision {
  const shared = { raw: twoWay(raw), adjusted: twoWay(adjusted), gated: toPValue(adjusted.gated) };
  if (atMost(adjusted.support, rate)) {
    return atMost(adjusted.gated, rate)
      ? { verdict: 'supported', reason: { kind: 'shown' }, ...shared }
      : { verdict: 'inconclusive', reason: { kind: 'control', name: control() }, ...shared };
  }
  if (atMost(adjusted.refute, rate)) return { verdict: 'refuted', reason: refuted(), ...shared };
  const behaves = atMost(adjusted.behaviour, rate);
  return { verdict: 'inconclusive', reason: { kind: behaves ? 'undecided' : 'no-behaviour' }, ...shared };
}

export function twoWay({ support, refute }: FourPs): TwoWay {
  return { support: toPValue(support), refute: toPValue(refute) };
}

/** The decision of a member that was not measured. */
export function unmeasured(state: MemberState): Decision {
  const [verdict, reason] = unmeasuredReason(state);
  const nothing = { support: toPValue(one), refute: toPValue(one) };
  return { verdict, reason, raw: nothing, adjusted: nothing, gated: toPValue(one) };
}

function unmeasuredReason(state: MemberState): readonly [Verdict, Reason] {
  switch (state.kind) {
    case 'not-run':
      return ['not-run', { kind: 'not-run', name: state.because }];
    case 'structural-zero':
      return ['refuted', { kind: 'structural' }];
    case 'no-op':
      return ['inconclusive', { kind: 'no-op' }];
    case 'invalid':
      return ['invalid', { kind: state.reason, name: state.detail }];
    case 'measured':
      return ['inconclusive', { kind: 'undecided' }];
  }
}
