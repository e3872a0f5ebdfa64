// The data that decisions are made from and the decisions themselves: plain and readonly, so that a result can be stored
// as JSON and `verify` can recompute it without the model. No floats are compared with error rates: see compiler/correction/fraction.ts.

import type { Count, PValue } from '../../compiler/correction/fraction.js';
import type { CorrectionName } from '../../compiler/correction/procedures.js';

export type { CorrectionName, Count, PValue };

/** `above`: the assertion is mean > margin; `below`: mean < margin. */
export type Direction = 'above' | 'below';

/** One value per cluster. `clusters` names the list and order of clusters: equal names share their flips. */
export interface ClusterValues {
  readonly clusters: string;
  readonly values: ArrayLike<number>;
}

/** A one-sided assertion about a mean over clusters; its null hypothesis is the closed other side of the margin. */
export interface Column {
  readonly memberId: string;
  readonly part: string;
  readonly clusters: string;
  readonly values: ArrayLike<number>;
  readonly direction: Direction;
  readonly margin: number;
}

/**
 * One conjunct of a claim. `mean`: mean(x) > d or < d, also mean(abs(x)) < d with x folded beforehand. `abs-mean`:
 * abs(mean(x)) > d, or < d (an equivalence). `share`: x exceeds (or stays below) `share` of `reference`, tested as the
 * contrast x - share * reference, and only where the reference itself is shown > 0.
 */
export type Part =
  | {
      readonly kind: 'mean';
      readonly name: string;
      readonly direction: Direction;
      readonly margin: number;
      readonly x: ClusterValues;
    }
  | {
      readonly kind: 'abs-mean';
      readonly name: string;
      readonly direction: Direction;
      readonly margin: number;
      readonly x: ClusterValues;
    }
  | {
      readonly kind: 'share';
      readonly name: string;
      readonly direction: Direction;
      readonly share: number;
      readonly x: ClusterValues;
      readonly reference: ClusterValues;
    };

/**
 * What can keep a supported member from being called so. `paired`: another assertion on clusters, tested here with the
 * family's own procedure. `size`: abs(mean(own)) > abs(mean(other)), tested likewise. `settled`: a rank, smoke or
 * manipulation control decided elsewhere.
 */
export type Gate =
  | { readonly kind: 'paired'; readonly name: string; readonly part: Part }
  | {
      readonly kind: 'size';
      readonly name: string;
      readonly own: ClusterValues;
      readonly other: ClusterValues;
    }
  | { readonly kind: 'settled'; readonly name: string; readonly passed: boolean };

export type InvalidReason =
  | 'undefined-values'
  | 'non-finite'
  | 'too-few-clusters'
  | 'vacuous'
  | 'check-failed';

export type MemberState =
  | { readonly kind: 'measured'; readonly parts: readonly Part[]; readonly gates: readonly Gate[] }
  /** Could not be run: keeps its place in the count with p = 1. */
  | { readonly kind: 'not-run'; readonly because: string }
  /** No path from the site to the metric: costs nothing. `satisfies` says whether an effect of 0 fulfils the claim. */
  | { readonly kind: 'structural-zero'; readonly satisfies: boolean }
  /** Its writes never changed a tensor: inconclusive, never "no effect". */
  | { readonly kind: 'no-op' }
  | { readonly kind: 'invalid'; readonly reason: InvalidReason; readonly detail: string };

export interface Member {
  readonly id: string;
  readonly state: MemberState;
}

export type Quantifier =
  | { readonly kind: 'single' }
  | { readonly kind: 'each' }
  | { readonly kind: 'all' }
  | { readonly kind: 'some' }
  | { readonly kind: 'at-least'; readonly k: number };

export interface Claim {
  readonly id: string;
  readonly quantifier: Quantifier;
  readonly members: readonly Member[];
  /** Controls of the claim as a whole; controls of one member are the member's. */
  readonly gates: readonly Gate[];
  /** `max-t`: inside a family of another kind, this claim's members enter as one joint max-T block of weight m/k. */
  readonly block: 'members' | 'max-t';
}

/** Random flips of a family: stream `path` under `root`; `flips` random ones where full enumeration is too long. */
export interface FlipPlan {
  readonly root: string;
  readonly path: string;
  readonly flips: number;
}

export interface Family {
  readonly correction: CorrectionName;
  /** The error rate as an exact decimal text: "0.05". */
  readonly rate: string;
  readonly flipPlan: FlipPlan;
  readonly claims: readonly Claim[];
  /** Relative: how far a statistic may move when outcomes are recomputed elsewhere. Only `borderline` depends on it. */
  readonly outcomeTolerance?: number;
}

export type Verdict = 'supported' | 'refuted' | 'inconclusive' | 'invalid' | 'not-run';

/** Keys of the fixed wordings; `name` is that of a control, a part or a reason given by the caller. */
export type Reason =
  | { readonly kind: 'shown' }
  | { readonly kind: 'margin-not-reached' }
  | { readonly kind: 'opposite-sign' }
  | { readonly kind: 'equivalent' }
  | { readonly kind: 'not-equivalent' }
  | { readonly kind: 'part-refuted'; readonly name: string }
  | { readonly kind: 'structural' }
  | { readonly kind: 'undecided' }
  | { readonly kind: 'control'; readonly name: string }
  | { readonly kind: 'no-behaviour' }
  | { readonly kind: 'no-op' }
  | { readonly kind: 'not-run'; readonly name: string }
  | { readonly kind: InvalidReason; readonly name: string };

/** p-values of one conclusion in both directions: `support` of the assertion, `refute` of its opposite. */
export interface TwoWay {
  readonly support: PValue;
  readonly refute: PValue;
}

export interface Decision {
  readonly verdict: Verdict;
  readonly reason: Reason;
  /** Before the family's correction (for a quantified claim: of the quantified statement). */
  readonly raw: TwoWay;
  /** After the correction, to be compared with the family's rate. */
  readonly adjusted: TwoWay;
  /** Adjusted p of the assertion together with its paired controls. */
  readonly gated: PValue;
}

export interface MemberDecision {
  readonly id: string;
  /** Null under all, some and at-least: there the claim as a whole is what is decided. */
  readonly decision: Decision | null;
  /** Uncorrected flip p-values of the member alone, for the table. */
  readonly raw: TwoWay;
}

export interface ClaimDecision {
  readonly id: string;
  /** Null under `each`: there every member is a conclusion of its own. */
  readonly decision: Decision | null;
  readonly members: readonly MemberDecision[];
}

export interface FamilyDecision {
  readonly correction: CorrectionName;
  readonly rate: string;
  /** Number of conclusions the correction counts. */
  readonly conclusions: number;
  /** Number of one-sided columns in joint max-T tests. */
  readonly columns: number;
  readonly flips: number;
  readonly enumerated: boolean;
  /** By how much a count c may differ between backends: the most flips within the tolerance of an observed statistic. */
  readonly borderline: number;
  readonly claims: readonly ClaimDecision[];
}
