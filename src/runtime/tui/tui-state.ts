// What the screen knows of a run: plain data, changed by the reducer in state.ts and drawn by the components.
import type {
  ClaimOutline,
  ControlState,
  DataOutline,
  EventInterval,
  RunEvent,
  RunMode,
  StepOutline,
} from '../event.js';
import type { PValue, Verdict } from '../stats/types.js';

/** Work done at one moment, without what came from the store. */
export type Sample = { readonly at: number; readonly rows: number; readonly work: number };

export type StepProgress = {
  readonly outline: StepOutline;
  readonly status: 'waiting' | 'running' | 'done';
  readonly doneCalls: number;
  readonly totalCalls: number;
  readonly cachedCalls: number;
  readonly rows: number;
  readonly flops: number;
};

/** One conclusion: of the claim as a whole, or of a member. */
export type Conclusion = {
  readonly verdict: Verdict;
  readonly reason: string;
  readonly estimate: number | null;
  readonly unit: string | null;
  readonly interval: EventInterval | null;
  readonly adjusted: PValue | null;
};

export type VerdictCounts = Readonly<Record<Verdict, number>>;

/** Families can be long: members are counted, and those supported are named as far as a screen could show them. */
export type ClaimProgress = {
  readonly outline: ClaimOutline;
  readonly whole: Conclusion | null;
  readonly counts: VerdictCounts;
  readonly supported: readonly { readonly member: string; readonly conclusion: Conclusion }[];
};

export const SUPPORTED_KEPT = 40;

export type ControlProgress = {
  readonly name: string;
  readonly claim: string;
  /** Null until it is known. */
  readonly state: ControlState | null;
  readonly text: string;
};

/** Work that is over: printed once and scrolled away. */
export type FinishedItem =
  | {
      readonly kind: 'started';
      readonly file: string;
      readonly mode: RunMode;
      readonly title: string | null;
      readonly question: string | null;
      readonly waivers: readonly { readonly what: string; readonly because: string }[];
      readonly dataRows: readonly DataOutline[];
    }
  | { readonly kind: 'step'; readonly title: string; readonly cached: boolean; readonly timeMs: number }
  | {
      readonly kind: 'check';
      readonly name: string;
      readonly state?: 'passed' | 'failed' | 'not-checked';
      readonly passed: boolean;
      readonly text: string;
    }
  | {
      readonly kind: 'found';
      readonly circuit: string;
      readonly members: readonly string[];
      readonly split: string;
      readonly evaluations: number;
    }
  | { readonly kind: 'warning'; readonly text: string };

export type Outcome = Extract<RunEvent, { readonly kind: 'run-finished' | 'run-interrupted' | 'run-failed' }>;

export type Prediction = {
  readonly claim: string;
  readonly predicted: string;
  readonly got: string;
  readonly hit: boolean;
};

export type TuiState = {
  readonly mode: RunMode | null;
  readonly startedAt: number;
  readonly lastAt: number;
  readonly steps: readonly StepProgress[];
  readonly claims: readonly ClaimProgress[];
  readonly controls: readonly ControlProgress[];
  readonly predictions: readonly Prediction[];
  readonly finished: readonly FinishedItem[];
  readonly rss: number | null;
  readonly samples: readonly Sample[];
  readonly outcome: Outcome | null;
};
