// ReportData: everything that a report says, as plain JSON without NaN. It is `report.json` in the result folder
// (grammar/schema/report.schema.json); HTML and Markdown are drawn from it alone, so that they can be drawn again later.
import type { ControlState } from '../event.js';
import type { Interval } from '../stats/intervals.js';
import type { CorrectionName, Direction, Part, PValue, Quantifier, Reason, Verdict } from '../stats/types.js';
import type { EvidenceKind } from './evidence-kind.js';
import type { ReportView } from './view-data.js';

export type ReportData = {
  readonly version: 1;
  readonly file: string;
  readonly state: 'exploratory' | 'confirmed';
  readonly lock: string | null;
  /** Head of the ledger before the run; for a confirmed one the `open` entry. */
  readonly head: string;
  readonly mode: ReportMode;
  /** UTC, `2026-01-31T12:00:00.000Z`. */
  readonly time: string;
  readonly study: StudyText;
  /** What was left out on purpose: printed before any result. */
  readonly waivers: readonly { readonly what: string; readonly because: string }[];
  /** Warnings of the compiler and the run that a reader must see: zero ablation, power not stated, crossed factors. */
  readonly cautions: readonly string[];
  readonly params: readonly {
    readonly name: string;
    readonly value: string;
    readonly fromCommandLine: boolean;
  }[];
  readonly models: readonly ReportModel[];
  readonly data: readonly ReportDataSet[];
  readonly claims: readonly ReportClaim[];
  readonly families: readonly ReportFamily[];
  readonly controls: readonly ReportControl[];
  readonly predictions: readonly ReportPrediction[];
  readonly searches: readonly ReportSearch[];
  readonly checks: readonly {
    readonly name: string;
    /** Absent in reports of older versions, which know `passed` only. */
    readonly state?: 'passed' | 'failed' | 'not-checked';
    readonly passed: boolean;
    readonly text: string;
  }[];
  readonly history: ReportHistory;
  readonly environment: ReportEnvironment;
  readonly cost: ReportCost;
  readonly views: readonly ReportView[];
  readonly files: readonly ReportFile[];
  readonly digests: { readonly decision: string; readonly outcomes: string } | null;
};

export type ReportMode =
  /** `changes`: what differs from the lock, when there is one; empty for a draft. */
  | { readonly kind: 'explore'; readonly hasLock: boolean; readonly changes: readonly string[] }
  /** Confirm run `run` of `of` in this ledger, this one included. */
  | { readonly kind: 'confirm'; readonly run: number; readonly of: number }
  | {
      readonly kind: 'replay';
      readonly run: number;
      readonly of: number;
      readonly agrees: 'outcomes' | 'decision' | 'neither';
      readonly sameEnvironment: boolean;
      readonly largestDeviation: number | null;
    };

/** As written in `study`; null is printed as "not stated". */
export type StudyText = {
  readonly title: string | null;
  readonly question: string | null;
  readonly rationale: string | null;
  readonly outOfScope: string | null;
  readonly toy: string | null;
  readonly nearMiss: string | null;
  readonly stakes: string | null;
};

export type ReportModel = {
  readonly name: string;
  /** As written: `bundled("attn2")`. */
  readonly source: string;
  readonly digest: string;
  readonly licence: string | null;
  readonly origin: string | null;
  /** Why this model exists or was chosen, from its manifest. */
  readonly why: string | null;
  readonly parameters: number | null;
  /** "2 layers, 8 heads, d_model 128". */
  readonly geometry: string | null;
};

export type ReportDataSet = {
  readonly name: string;
  readonly source: string;
  readonly kind: 'generated' | 'templates' | 'corpus';
  readonly digest: string | null;
  readonly licence: string | null;
  readonly origin: string | null;
  /** What one cluster is: "row", "template", "subject". */
  readonly clusterUnit: string;
  /** To what the claims generalise; a sentence. */
  readonly population: string;
  readonly splits: readonly {
    readonly name: string;
    readonly rows: number;
    readonly clusters: number;
    /** Read by this run; confirm rows of a draft never are. */
    readonly read: boolean;
  }[];
};

export type TwoWayP = { readonly support: PValue; readonly refute: PValue };

/** `by-member`: an `each` claim, where every member is a conclusion of its own. */
export type ClaimVerdict = Verdict | 'by-member';
/** `with-claim`: a member of `all`, `some` or `at_least`, where the claim is the conclusion. */
export type MemberVerdict = Verdict | 'with-claim';

export type ReportClaim = {
  readonly id: string;
  /** As written, on one line. */
  readonly statement: string;
  readonly quantifier: Quantifier['kind'];
  /** For `at_least k of`. */
  readonly k: number | null;
  readonly family: string;
  readonly evidence: EvidenceKind;
  /** The split it is about ("repeats.confirm") and the one that was read ("repeats.discover" while exploring). */
  readonly on: string;
  readonly readOn: string;
  readonly clusterUnit: string;
  readonly clusters: number;
  readonly rows: number;
  /** How much the rows of a cluster repeat one another, for the member that repeats most; null where clusters are rows. */
  readonly clustering?: { readonly icc: number; readonly designEffect: number } | null;
  readonly verdict: ClaimVerdict;
  readonly reason: Reason | null;
  readonly adjusted: TwoWayP | null;
  readonly because: string | null;
  /** The reason given for a margin of zero. */
  readonly nil: string | null;
  readonly assay: string | null;
  /** Smallest effect detectable with 80 % power, in the unit of the first part; null where not known. */
  readonly detectable: number | null;
  /** What is declared of its power, and what the spread seen makes of it; null where nothing is and nothing need be. */
  readonly power?: string | null;
  /** Names of binders, in order: ["l", "h"]; empty for a single claim. */
  readonly binders: readonly string[];
  /** Every member of the family, in its order. Never only the best ones. */
  readonly members: readonly ReportMember[];
};

export type ReportMember = {
  readonly id: string;
  /** What a reader calls it: "layer 1, head 3"; '' for a single claim. */
  readonly label: string;
  readonly verdict: MemberVerdict;
  readonly reason: Reason | null;
  /** Uncorrected p-values of the member alone. */
  readonly raw: TwoWayP | null;
  readonly adjusted: TwoWayP | null;
  /** Adjusted p of the assertion together with its paired controls; null without any. */
  readonly gated: PValue | null;
  readonly parts: readonly ReportPart[];
  readonly undefinedCount: number;
  /** Share of rows on which the writes changed something, 0 to 1; null where nothing is written. */
  readonly writesChanged: number | null;
  readonly controls: readonly MemberControl[];
};

export type ReportPart = {
  readonly name: string;
  readonly kind: Part['kind'];
  readonly direction: Direction;
  /** What `estimate` is compared with, and as written: "0.05 nat", "90%". For a share the contrast is compared with 0. */
  readonly margin: number;
  readonly marginText: string;
  readonly unit: string | null;
  readonly estimate: number | null;
  readonly interval: Interval | null;
  /** Median over clusters, share of clusters above zero, mean / sd with Hedges' factor. */
  readonly median: number | null;
  readonly positive: number | null;
  readonly hedges: number | null;
  /** For a share: mean(x) / mean(reference); shown, never tested. */
  readonly ratio: number | null;
};

/** A control beside one member: what it measured there. */
export type MemberControl = {
  readonly name: string;
  readonly state: ControlState;
  /** The control's own effect, in the unit of the member's first part; null where it has none. */
  readonly estimate: number | null;
  /** Effect less the control's effect. */
  readonly contrast: number | null;
  readonly interval: Interval | null;
  readonly p: PValue | null;
};

export type ReportFamily = {
  readonly name: string;
  readonly method: CorrectionName;
  readonly rate: string;
  readonly claims: readonly string[];
  readonly conclusions: number;
  readonly columns: number;
  readonly flips: number;
  readonly enumerated: boolean;
  readonly borderline: number;
};

export type ReportControl = {
  readonly name: string;
  readonly claim: string;
  readonly kind: 'paired' | 'reinitialised' | 'circuits' | 'manipulation';
  /** Inserted by the compiler, not written by the author. */
  readonly inserted: boolean;
  readonly state: ControlState;
  /** Numbers in words: "largest effect of 19 models: 0.004 nat". */
  readonly text: string;
  readonly waived: string | null;
  readonly replicates: number | null;
  /** Replicates without which the level cannot be reached. */
  readonly replicatesNeeded: number | null;
  readonly observed: number | null;
  readonly largest: number | null;
  readonly unit: string | null;
  readonly p: PValue | null;
};

export type ReportPrediction = {
  readonly claim: string;
  readonly predicted: string;
  readonly got: string;
  readonly hit: boolean;
};

export type ReportSearch = {
  readonly circuit: string;
  /** As written: `top(3, abs(mean(effect)), on: rows.discover)`. */
  readonly statement: string;
  readonly members: readonly string[];
  readonly split: string;
  readonly evaluations: number;
};

/** From the ledger, this run included. */
export type ReportHistory = {
  readonly explorations: number;
  readonly searches: number;
  readonly evaluations: number;
  readonly locks: number;
  readonly opened: number;
  readonly confirmed: number;
  readonly replays: number;
  /** Opened, and no confirm run came of it. */
  readonly orphans: number;
  /** Over all confirm runs of this ledger: verdicts predicted, and those that came out so. Absent in older reports. */
  readonly predictions?: number;
  readonly hits?: number;
  readonly splits: readonly { readonly data: string; readonly split: string; readonly looks: number }[];
};

export type ReportEnvironment = {
  readonly compiler: string;
  readonly backend: string;
  readonly backendVersion: string;
  readonly precision: string;
  readonly batch: string;
  readonly platform: string;
  readonly commit: string | null;
  readonly dirty: boolean | null;
};

export type Costed = {
  readonly predicted: number;
  readonly measured: number | null;
  /** The same numbers by a plain loop over members. */
  readonly naive: number | null;
};

export type ReportCost = {
  /** Rows through a model. */
  readonly executions: Costed;
  readonly flops: Costed;
  readonly peakBytes: Costed;
  readonly timeMs: number;
  /** Nothing was measured for what came from the store. */
  readonly cachedSteps: number;
  readonly steps: number;
};

export type ReportFile = {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number | null;
  readonly role: 'pipeline' | 'model' | 'data' | 'library' | 'lock';
  readonly outsideProject: boolean;
};
