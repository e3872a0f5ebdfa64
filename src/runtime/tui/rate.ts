// How far a run has come, how fast it goes and how long it will take: read off the state, never stored as text.
import type { Sample, StepProgress, TuiState } from './tui-state.js';

const WINDOW_MS = 8_000;
const KEPT = 60;

/** Adds the present moment to the samples from which the rate is read. */
export function sampleProgress(state: TuiState): TuiState {
  const rows = state.steps.reduce((sum, step) => sum + step.rows, 0);
  const work = state.steps.reduce((sum, step) => sum + weightOf(step) * computedShare(step), 0);
  const recent = state.samples.filter(({ at }) => state.lastAt - at <= WINDOW_MS).slice(-KEPT);
  return { ...state, samples: [...recent, { at: state.lastAt, rows, work }] };
}

/** Predicted work of a step. Without a prediction every step counts the same. */
function weightOf({ outline }: StepProgress): number {
  return outline.flops > 0 ? outline.flops : Math.max(1, outline.rows);
}

/** Share of a step that is over, from 0 to 1. */
export function doneShare(step: StepProgress): number {
  if (step.status === 'done') return 1;
  return step.totalCalls === 0 ? 0 : Math.min(1, step.doneCalls / step.totalCalls);
}

function computedShare(step: StepProgress): number {
  if (step.totalCalls === 0) return step.status === 'done' ? 1 : 0;
  return Math.max(0, doneShare(step) - step.cachedCalls / step.totalCalls);
}

/** Share of the whole run that is over, by predicted work. */
export function overallShare({ steps }: TuiState): number {
  const all = steps.reduce((sum, step) => sum + weightOf(step), 0);
  return all === 0 ? 0 : steps.reduce((sum, step) => sum + weightOf(step) * doneShare(step), 0) / all;
}

/** Rows per second over the last seconds, or null before there is anything to divide. */
export function rowsPerSecond({ samples }: TuiState): number | null {
  const span = spanOf(samples);
  return span === null || span.rows === 0 ? null : (1000 * span.rows) / span.timeMs;
}

/** Predicted time to the end at the present rate, or null while it is not known. */
export function remainingMs(state: TuiState): number | null {
  const span = spanOf(state.samples);
  if (span === null || span.work <= 0) return null;
  const left = state.steps.reduce((sum, step) => sum + weightOf(step) * (1 - doneShare(step)), 0);
  return (left * span.timeMs) / span.work;
}

function spanOf(samples: readonly Sample[]) {
  const [first, last] = [samples[0], samples[samples.length - 1]];
  if (first === undefined || last === undefined || last.at - first.at < 500) return null;
  return { timeMs: last.at - first.at, rows: last.rows - first.rows, work: last.work - first.work };
}
