// Colours and glyphs, in one place. Every glyph stands beside a word that says the same: nothing depends on colour or on
// a font that has the glyph.

import type { ControlState, RunMode } from '../event.js';
import type { Verdict } from '../stats/types.js';
import type { AnswerLine } from '../watch/answer-lines.js';
import type { StepProgress } from './tui-state.js';

export type Look = { readonly glyph: string; readonly color?: string };

export const stepLooks = {
  waiting: { glyph: '·' },
  running: { glyph: '▸', color: 'cyan' },
  done: { glyph: '✓', color: 'green' },
} as const satisfies Record<StepProgress['status'], Look>;

export const cachedLook: Look = { glyph: '=', color: 'green' };

export const verdictLooks = {
  supported: { glyph: '●', color: 'green' },
  refuted: { glyph: '○', color: 'blue' },
  inconclusive: { glyph: '?', color: 'yellow' },
  invalid: { glyph: '!', color: 'red' },
  'not-run': { glyph: '-' },
} as const satisfies Record<Verdict, Look>;

export const controlLooks = {
  passed: { glyph: '✓', color: 'green' },
  failed: { glyph: '✗', color: 'red' },
  smoke: { glyph: '~', color: 'yellow' },
  'not-informative': { glyph: '?', color: 'yellow' },
  'not-binding': { glyph: '~', color: 'yellow' },
  waived: { glyph: '!', color: 'yellow' },
  'not-run': { glyph: '-' },
} as const satisfies Record<ControlState, Look>;

export const waitingLook: Look = { glyph: '·' };
export const warningLook: Look = { glyph: '!', color: 'yellow' };
export const passedLook: Look = { glyph: '✓', color: 'green' };
export const failedLook: Look = { glyph: '✗', color: 'red' };

export const modeColors = {
  explore: 'yellow',
  confirm: 'green',
  replay: 'cyan',
} as const satisfies Record<RunMode, string>;

export const BAR_FULL = '█';
export const BAR_EMPTY = '░';

/** Lines of a watched file: every mark is in the text, too. */
export const answerLooks = {
  head: { bold: true },
  plain: {},
  changed: { color: 'cyan' },
  aside: { dimColor: true },
  warning: { color: 'yellow' },
} as const satisfies Record<
  AnswerLine['kind'],
  { readonly bold?: boolean; readonly color?: string; readonly dimColor?: boolean }
>;
