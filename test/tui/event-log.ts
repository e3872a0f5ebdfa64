// Reads a recorded event log, and draws what the terminal would show after it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderToString } from 'ink';
import { createElement } from 'react';
import type { RunEvent } from '../../src/runtime/event.js';
import { App } from '../../src/runtime/tui/app.js';
import { initialState, reduce } from '../../src/runtime/tui/state.js';
import type { TuiState } from '../../src/runtime/tui/tui-state.js';

export const LOGS = join(import.meta.dirname, 'logs');

export function readLog(name: string): readonly RunEvent[] {
  const text = readFileSync(join(LOGS, `${name}.ndjson`), 'utf8');
  // The logs are committed beside this file and were written from the type.
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RunEvent);
}

export function stateAfter(events: readonly RunEvent[]): TuiState {
  return events.reduce(reduce, initialState);
}

/** A frame without trailing blanks, ending with a newline. The clock stands where the events left it. */
export function frameOf(
  state: TuiState,
  { columns = 80, rows = 40 }: { readonly columns?: number; readonly rows?: number } = {},
): string {
  const frame = renderToString(createElement(App, { state, now: state.lastAt, columns, rows }), { columns });
  return `${frame
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')}\n`;
}
