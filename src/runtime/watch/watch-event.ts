// WatchEvent: what observers of a watched file are told, as plain data with its time `at` in milliseconds. Terminal, plain lines
// and event log read the same stream. Text is raw: a reader makes it visible before it prints it.
import type { Plain } from '../../compiler/base/canonical.js';
import type { EventInterval } from '../event.js';
import type { ReportView } from '../report/view-data.js';
import type { PValue, Verdict } from '../stats/types.js';

export type AnswerConclusion = {
  /** Null for a conclusion about the claim as a whole. */
  readonly member: string | null;
  readonly verdict: Verdict;
  readonly reason: string;
  readonly estimate: number | null;
  readonly unit: string | null;
  readonly interval: EventInterval | null;
  readonly adjusted: PValue | null;
};

export type AnswerClaim = {
  readonly name: string;
  /** The rows that were read: `ioi.discover`. */
  readonly on: string;
  readonly conclusions: readonly AnswerConclusion[];
};

/** What a look at a draft shows. Everything in it is exploratory. */
export type WatchAnswer = {
  readonly title: string | null;
  readonly waivers: readonly { readonly what: string; readonly because: string }[];
  readonly failedChecks: readonly { readonly name: string; readonly text: string }[];
  readonly found: readonly {
    readonly circuit: string;
    readonly split: string;
    readonly members: readonly string[];
  }[];
  readonly claims: readonly AnswerClaim[];
  readonly views: readonly ReportView[];
  /** Controls that a watch does not make: they take many models or many circuits. */
  readonly leftOut: readonly { readonly control: string; readonly claim: string }[];
};

/** What stands in one place of an answer: a number, a word (a verdict, what a search found), or both. */
export type AnswerCell = { readonly value: number | null; readonly word: string };

/** A place that shows something else than in the answer before; `before` is null where there was no such place. */
export type AnswerChange = { readonly id: string; readonly before: AnswerCell | null };

/** What a look took. */
export type LookCost = {
  readonly timeMs: number;
  /** Calls of the backend: all, and those that the store did not answer. */
  readonly calls: number;
  readonly computed: number;
  readonly flops: number;
  /** Graphs that had to be compiled. */
  readonly compiled: number;
};

type Fact =
  | { readonly kind: 'watch-started'; readonly file: string; readonly backend: string }
  /** A look begins. `changed` are names of files; empty for the first. */
  | { readonly kind: 'watch-look'; readonly look: number; readonly changed: readonly string[] }
  | {
      readonly kind: 'watch-progress';
      readonly look: number;
      readonly step: string;
      readonly doneCalls: number;
      readonly totalCalls: number;
    }
  | {
      readonly kind: 'watch-answer';
      readonly look: number;
      readonly answer: WatchAnswer;
      readonly warnings: readonly string[];
      readonly changes: readonly AnswerChange[];
      readonly cost: LookCost;
    }
  /** The file has errors, or something failed under way: the answer before stays. `texts` are for people. */
  | {
      readonly kind: 'watch-refused';
      readonly look: number;
      readonly why: 'errors' | 'failed';
      readonly texts: readonly string[];
      readonly diagnostics: readonly Plain[];
    }
  /** The file is locked: its rows are for `eisc run`, and nothing was looked at. */
  | { readonly kind: 'watch-locked'; readonly look: number; readonly lock: string }
  | { readonly kind: 'watch-stopped' };

export type WatchEvent = Fact & { readonly at: number };
export type WatchFact = Fact;
