// How many lines each section of the live region may take. The region must stay below the height of the terminal: a
// taller one makes the terminal scroll with every redraw.
import type { TuiState } from './tui-state.js';

export type LiveBudget = {
  readonly steps: number;
  readonly claims: number;
  readonly controls: number;
  readonly predictions: number;
};

/** Lines that are always there: banner, overall bar, status, one blank and one heading for each of four sections. */
const FIXED = 12;
/** No section that has something to say is squeezed below this. */
const LEAST = 2;

export function liveBudget(state: TuiState, rows: number): LiveBudget {
  const wanted = {
    claims: state.claims.length * 2,
    steps: state.outcome === null ? state.steps.filter(({ status }) => status !== 'done').length : 0,
    controls: state.controls.length,
    predictions: state.predictions.length,
  };
  const given = {
    claims: Math.min(wanted.claims, LEAST),
    steps: Math.min(wanted.steps, LEAST),
    controls: Math.min(wanted.controls, LEAST),
    predictions: Math.min(wanted.predictions, LEAST),
  };
  let left = rows - FIXED - given.claims - given.steps - given.controls - given.predictions;
  for (const section of ['claims', 'controls', 'predictions', 'steps'] as const) {
    const more = Math.max(0, Math.min(left, wanted[section] - given[section]));
    given[section] += more;
    left -= more;
  }
  return given;
}

/** The first items that fit, and how many more there are; the line that says so takes a place, too. */
export function fitting<Item>(
  items: readonly Item[],
  lines: number,
): { readonly shown: readonly Item[]; readonly more: number } {
  if (items.length <= lines) return { shown: items, more: 0 };
  const shown = items.slice(0, Math.max(0, lines - 1));
  return { shown, more: items.length - shown.length };
}
