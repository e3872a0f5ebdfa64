// Puts the screen on a terminal: folds events into the state and redraws at most ten times a second. It reads the stream
// and writes the terminal; the run cannot tell that it is there.
import { render } from 'ink';
import type { Subscribe } from '../event.js';
import { App } from './app.js';
import { initialState, reduce } from './state.js';

export type TuiOptions = {
  readonly stdout: NodeJS.WriteStream;
  readonly stdin: NodeJS.ReadStream;
  /** The clock of the events, in milliseconds. */
  readonly now: () => number;
};

const FRAME_MS = 100;
/** The clock on the screen goes on between events. */
const IDLE_MS = 1_000;

/** Shows the run until `stop`, which draws the last state and gives the terminal back. Ctrl-C is left to the process. */
export function startTui(subscribe: Subscribe, options: TuiOptions): { readonly stop: () => Promise<void> } {
  const { stdout, stdin, now } = options;
  let state = initialState;
  let isStale = false;
  let drawnAt = now();
  const screen = () => <App state={state} now={now()} columns={stdout.columns} rows={stdout.rows ?? 24} />;
  const app = render(screen(), { stdout, stdin, exitOnCtrlC: false, patchConsole: false });
  const draw = (): void => {
    isStale = false;
    drawnAt = now();
    app.rerender(screen());
  };
  const unsubscribe = subscribe((event) => {
    state = reduce(state, event);
    isStale = true;
  });
  const timer = setInterval(() => {
    if (isStale || now() - drawnAt >= IDLE_MS) draw();
  }, FRAME_MS);
  return {
    stop: async () => {
      clearInterval(timer);
      unsubscribe();
      draw();
      app.unmount();
      await app.waitUntilExit();
    },
  };
}
