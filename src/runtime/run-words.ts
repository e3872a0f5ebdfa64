// Fixed words of a run for terminal, plain lines and report: its mode, its controls, its verdict counts.
import type { ControlState, RunMode } from './event.js';
import { countText } from './quantity-text.js';
import type { Verdict } from './stats/types.js';
import { verdictText } from './stats/wording.js';

export const modeWords = {
  explore: { title: 'EXPLORATORY', about: 'discover rows only: nothing here is confirmed' },
  confirm: { title: 'CONFIRM', about: 'the locked claims, on rows opened once for this lock' },
  replay: { title: 'REPLAY', about: 'a confirmed run computed again; it tests nothing new' },
} as const satisfies Record<RunMode, { readonly title: string; readonly about: string }>;

export const controlWords = {
  passed: 'passed',
  failed: 'failed',
  smoke: 'smoke control',
  'not-informative': 'not informative',
  'not-binding': 'not binding',
  waived: 'waived',
  'not-run': 'not run',
} as const satisfies Record<ControlState, string>;

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
