// What a claim asserts, once checked: members, parts, rows, and where in which stage each number comes from.

import type { Span } from '../base/span.js';
import type { Declaration, Expr } from '../syntax/ast.js';
import type { Family, MemberTuple } from './family.js';
import type { Stage } from './stage.js';
import type { CircuitValue, DataValue, Evidence, ModelValue, Scope, Universe } from './value.js';

export type Quantity = 'single' | 'each' | 'all' | 'some' | 'at-least';

/** One conjunct: a statistic of one number per example against a margin. */
export type PartSpec = {
  readonly name: string;
  readonly kind: 'mean' | 'abs-mean' | 'share';
  readonly direction: 'above' | 'below';
  /** Exact decimal as written, and its value. */
  readonly margin: number;
  readonly marginText: string;
  readonly unit: string | null;
  /** mean(abs(x)): folded before it is averaged. */
  readonly folded: boolean;
  readonly span: Span;
};

/** The outputs of one class of members, part by part. */
export type ClassOutputs = {
  readonly context: number | null;
  readonly members: readonly MemberTuple[];
  /** Per part: the output with x, and for a share the one with its reference. */
  readonly parts: readonly {
    readonly x: string;
    readonly reference: string | null;
    readonly structural: boolean;
  }[];
  /** Outputs that say, per row, whether a write changed anything, by intervention. */
  readonly changes: readonly { readonly owner: string; readonly output: string }[];
};

export type ClaimSpec = {
  readonly name: string;
  readonly declaration: Declaration;
  readonly quantity: Quantity;
  readonly k: number;
  readonly family: Family;
  readonly parts: readonly PartSpec[];
  readonly classes: readonly ClassOutputs[];
  readonly stage: Stage;
  readonly data: DataValue;
  /** The split that the claim names, and the one that is read (discover, in a draft). */
  readonly split: string;
  readonly readSplit: string;
  readonly shift: readonly string[];
  readonly label: ReadonlySet<string>;
  readonly evidence: Evidence;
  readonly circuits: readonly CircuitValue[];
  readonly interventions: readonly string[];
  readonly assay: AssaySpec | null;
  readonly base: string | null;
  readonly because: string | null;
  readonly nil: string | null;
  readonly power: PowerSpec | null;
};

/** `at` null: the chance of the right verdict where there is nothing. `none`: declared to be too small, and why. */
export type PowerSpec =
  | { readonly kind: 'chance'; readonly target: number; readonly at: number | null }
  | { readonly kind: 'none'; readonly because: string };

export type AssaySpec = {
  readonly text: string;
  readonly parts: readonly PartSpec[];
  readonly classes: readonly ClassOutputs[];
};

export type ControlKind =
  /** Another intervention on the same rows: harm less the control's harm, member by member. */
  | { readonly kind: 'paired'; readonly variant: ClaimSpec }
  /** The claim again on models with new weights. `replicates` holds those that were built. */
  | {
      readonly kind: 'reinitialised';
      readonly model: ModelValue;
      readonly seeds: number;
      readonly replicates: readonly ClaimSpec[];
    }
  /** The claim for other circuits: every one of equal size, or n of them. */
  | {
      readonly kind: 'circuits';
      readonly circuit: string;
      readonly drawn: readonly (readonly MemberTuple[])[];
      readonly exhaustive: boolean;
      readonly universe: Universe;
      readonly variant: ClaimSpec | null;
    };

export type ControlSpec = {
  readonly name: string;
  readonly claim: string;
  readonly declaration: Declaration | null;
  /** Inserted by the compiler; can be waived by name. */
  readonly inserted: boolean;
  readonly waived: string | null;
  readonly what: ControlKind;
};

export type FamilySpec = {
  readonly name: string;
  readonly method: 'max_t' | 'holm' | 'bonferroni' | 'hochberg' | 'hommel' | 'bh' | 'by';
  /** Exact decimal text. */
  readonly rate: string;
  readonly flips: number;
  readonly claims: readonly string[];
  readonly declaration: Declaration | null;
};

export type PredictionSpec = { readonly claim: string; readonly verdict: string; readonly span: Span };

export type ViewSpec = {
  readonly kind: 'heatmap' | 'scatter' | 'table' | 'curve';
  readonly metrics: readonly ViewMetric[];
  readonly x: string | null;
  readonly y: string | null;
  readonly mark: string | null;
  readonly text: string;
};
export type ViewMetric = {
  readonly name: string;
  readonly unit: string | null;
  readonly evidence: Evidence;
  readonly family: Family;
  readonly stage: Stage;
  readonly classes: readonly {
    readonly context: number | null;
    readonly members: readonly MemberTuple[];
    readonly output: string;
  }[];
};

/** A claim's text with its substitutions applied: where its body is, and what its names mean. */
export type OpenedClaim = {
  readonly declaration: Declaration;
  readonly base: string | null;
  readonly body: Expr;
  readonly scope: Scope;
  readonly on: { readonly expr: Expr; readonly scope: Scope } | null;
  readonly fields: Declaration;
};
