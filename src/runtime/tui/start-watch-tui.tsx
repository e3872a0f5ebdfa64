// Puts the screen of a watch on a terminal. It reads events and writes the terminal; the watch cannot tell that it is there.
import { render } from 'ink';
import type { WatchEvent } from '../watch/watch-event.js';
import type { TuiOptions } from './start-tui.js';
import { WatchScreen } from './watch-screen.js';
import { initialWatch, reduceWatch } from './watch-state.js';

const FRAME_MS = 50;

export type WatchTui = {
  readonly read: (event: WatchEvent) => void;
  /** Draws the last state and gives the terminal back. */
  readonly stop: () => Promise<void>;
};

/** Ctrl-C is left to the process. */
export function startWatchTui({ stdout, stdin }: TuiOptions): WatchTui {
  let state = initialWatch;
  let isStale = false;
  const screen = () => <WatchScreen state={state} columns={stdout.columns} rows={stdout.rows ?? 24} />;
  const app = render(screen(), { stdout, stdin, exitOnCtrlC: false, patchConsole: false });
  const draw = (): void => {
    if (!isStale) return;
    isStale = false;
    app.rerender(screen());
  };
  const timer = setInterval(draw, FRAME_MS);
  return {
    read: (event) => {
      state = reduceWatch(state, event);
      isStale = true;
    },
    stop: async () => {
      clearInterval(timer);
      draw();
      app.unmount();
      await app.waitUntilExit();
    },
  };
}
