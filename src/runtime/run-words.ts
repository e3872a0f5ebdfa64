// Fixed words of a run for terminal, plain lines and report: its mode, its controls, its verdict counts.
import type { ControlState, RunMode, RunStamp } from './event.js';
import { countText } from './quantity-text.js';
import type { Verdict } from './stats/types.js';
import { verdictText } from './stats/wording.js';

export const modeWords = {
  explore: { title: 'EXPLORATORY', about: 'discover rows only: nothing here is confirmed' },
  confirm: { title: 'CONFIRM', about: 'the locked claims, on rows opened once for this lock' },
  replay: { title: 'REPLAY', about: 'a confirmed run computed again; it tests nothing new' },
} as const satisfies Record<RunMode, { readonly title: RunStamp; readonly about: string }>;

export const controlWords = {
  passed: 'passed',
  failed: 'failed',
  smoke: 'smoke control',
  'not-informative': 'not informative',
  'not-binding': 'not binding',
  waived: 'waived',
  'not-run': 'not run',
} as const satisfies Record<ControlState, string>;

/** Beside one member: whether the control lets this member pass, which says nothing about the others. */
export const memberControlWords = {
  ...controlWords,
  failed: 'not passed',
  'not-run': 'not compared',
} as const satisfies Record<ControlState, string>;

const checkWords = { passed: 'passed', failed: 'FAILED', 'not-checked': 'not checked' } as const;

/** The word for a check; one from before there were states has passed or not. */
export function checkWord({
  passed,
  state = passed ? 'passed' : 'failed',
}: {
  readonly passed: boolean;
  readonly state?: keyof typeof checkWords | undefined;
}): string {
  return checkWords[state];
}

/** What precedes every conclusion of a run that confirms nothing. */
export function stampText(stamp: RunStamp | null | undefined): string {
  return stamp === modeWords.explore.title ? `${stamp}, ` : '';
}

/** The order in which verdicts are listed everywhere. */
export const verdictOrder = [
  'supported',
  'refuted',
  'inconclusive',
  'invalid',
  'not-run',
] as const satisfies readonly Verdict[];

/** The verdict's word without a reason. */
export function verdictWord(verdict: Verdict): string {
  return verdictText(verdict, { kind: 'undecided' });
}

/** `2 supported, 13 refuted, 1 inconclusive`: what occurs, in a fixed order. */
export function tallyText(counts: Readonly<Record<Verdict, number>>): string {
  const found = verdictOrder.filter((verdict) => counts[verdict] > 0);
  return found.map((verdict) => `${countText(counts[verdict])} ${verdictWord(verdict)}`).join(', ');
}
