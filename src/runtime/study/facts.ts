// What a verdict is computed from, as plain data: which numbers of which table belong to which member, part and control.
// It is stored in the report beside the outcomes, so that `verify` decides again from the very same description.
import type { CorrectionName } from '../stats/types.js';
import type { CheckState } from './run-check.js';

export type PartFacts = {
  readonly name: string;
  readonly kind: 'mean' | 'abs-mean' | 'share';
  readonly direction: 'above' | 'below';
  /** The margin, or for a share the share. */
  readonly margin: number;
  readonly marginText: string;
  readonly unit: string | null;
  /** Ids of parts of the claim's table. */
  readonly x: string;
  readonly reference: string | null;
};

export type MemberFacts = {
  readonly id: string;
  readonly label: string;
  readonly parts: readonly PartFacts[];
  /** No path from what is written to what is measured. */
  readonly structural: boolean;
  /** Ids of parts that are 1 where a write changed something; empty where nothing is written. */
  readonly changes: readonly string[];
};

export type ClaimFacts = {
  readonly id: string;
  readonly quantity: 'single' | 'each' | 'all' | 'some' | 'at-least';
  readonly k: number;
  readonly table: string;
  readonly members: readonly MemberFacts[];
  readonly assay: readonly PartFacts[] | null;
};

export type FamilyFacts = {
  readonly name: string;
  readonly method: CorrectionName;
  readonly rate: string;
  readonly flips: number;
  readonly claims: readonly string[];
};

export type ControlFacts = {
  readonly name: string;
  readonly claim: string;
  readonly waived: string | null;
  readonly inserted: boolean;
} & (
  | {
      readonly kind: 'paired';
      /** Per member of the claim, the part that holds the control's own effect, and all of its parts. */
      readonly members: readonly (MemberFacts & { readonly x: string | null })[];
    }
  | {
      readonly kind: 'replicates';
      readonly what: 'reinitialised' | 'circuits';
      readonly exhaustive: boolean;
      /** Tables of means per cluster. Per replicate its members, each with the parts of the claim. */
      readonly table: string;
      readonly replicates: readonly { readonly id: string; readonly members: readonly MemberFacts[] }[];
    }
);

/** A check of the machinery, and the claims whose numbers come from the model that was checked. */
export type CheckFacts = {
  readonly name: string;
  readonly state: CheckState;
  readonly claims: readonly string[];
};

export type StudyFacts = {
  readonly version: 1;
  /** Root of the flips, 64 hexadecimal digits. */
  readonly root: string;
  readonly families: readonly FamilyFacts[];
  readonly claims: readonly ClaimFacts[];
  readonly controls: readonly ControlFacts[];
  /** All that the run made; one that failed makes its claims invalid. Absent in results from before it was stored. */
  readonly checks?: readonly CheckFacts[];
};
