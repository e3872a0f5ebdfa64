// Who watches a run: the terminal interface, plain lines, or the event log. Which one it is cannot change the run.
import type { RunEvent, Subscribe } from '../event.js';
import type { Io } from './io.js';

export interface Observer {
  readonly emit: (event: RunEvent) => void;
  /** Whether it redraws parts of the screen, so that nothing else may print meanwhile. */
  readonly drawsScreen: boolean;
  /** Whether the stream has said how to go on after an interruption. */
  readonly toldInterrupted: () => boolean;
  readonly close: () => Promise<void>;
}

type Reader = { readonly read: (event: RunEvent) => void; readonly close: () => Promise<void> };

/** Opens the observer that suits the terminal and the options. */
export async function observe(
  io: Io,
  wanted: { readonly json: boolean; readonly tui: boolean },
): Promise<Observer> {
  const screen = wanted.tui && !wanted.json && canDraw(io) ? io.screen : null;
  const reader = screen === null ? await openLines(io, wanted.json) : await openScreen(screen);
  let interrupted = false;
  return {
    drawsScreen: screen !== null,
    emit: (event) => {
      if (event.kind === 'run-interrupted') interrupted = true;
      reader.read(event);
    },
    toldInterrupted: () => interrupted,
    close: reader.close,
  };
}

/** A terminal of known width that understands cursor movements, and no build server. */
export function canDraw({ terminal, env }: Io): boolean {
  const isBuild = env.CI !== undefined && env.CI !== '' && env.CI !== 'false';
  return terminal.isTerminal && terminal.columns > 0 && !isBuild && env.TERM !== 'dumb';
}

async function openLines(io: Io, json: boolean): Promise<Reader> {
  const close = () => Promise.resolve();
  if (json) {
    const { eventLine } = await import('../sink/ndjson.js');
    return { read: (event) => io.out(eventLine(event)), close };
  }
  const { lineSink } = await import('../sink/lines.js');
  return { read: lineSink((line) => io.out(`${line}\n`)), close };
}

async function openScreen(streams: NonNullable<Io['screen']>): Promise<Reader> {
  const { startTui } = await import('../tui/start-tui.js');
  const listeners = new Set<(event: RunEvent) => void>();
  const subscribe: Subscribe = (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  const tui = startTui(subscribe, { ...streams, now: () => Date.now() });
  return {
    read: (event) => {
      for (const listener of listeners) listener(event);
    },
    close: tui.stop,
  };
}
