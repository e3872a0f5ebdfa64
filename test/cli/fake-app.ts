// An application that answers what a test tells it to and remembers what it was asked, and a terminal that keeps its text.
import type { Diagnostic } from '../../src/compiler/base/diagnostic.js';
import type { App } from '../../src/runtime/cli/app-api.js';
import type { Io } from '../../src/runtime/cli/io.js';
import { main } from '../../src/runtime/cli/main.js';

export const nothing = { diagnostics: [], sources: () => undefined } as const;

export const anError: Diagnostic = {
  code: 'EIS2001',
  severity: 'error',
  message: 'there is no `hed`',
  primary: { span: { file: 'x.eis', start: 4, end: 7 }, text: 'not declared' },
  secondary: [],
  notes: ['names are declared once'],
  help: { text: 'did you mean `head`?', edits: [] },
};
export const withError = {
  diagnostics: [anError],
  sources: (file: string) => (file === 'x.eis' ? 'let hed = 1\n' : undefined),
};
export const aWarning: Diagnostic = { ...anError, severity: 'warning' };

type Call = { readonly method: keyof App; readonly given: readonly unknown[] };

/** Methods that a test does not give must not be called. */
export function fakeApp(methods: Partial<App>): { readonly app: App; readonly calls: Call[] } {
  const calls: Call[] = [];
  const app = new Proxy({} as App, {
    get: (_, method: string) => {
      if (method === 'then') return undefined; // the app is awaited
      const answer = methods[method as keyof App] as ((...given: unknown[]) => unknown) | undefined;
      return (...given: unknown[]) => {
        calls.push({ method: method as keyof App, given });
        if (answer === undefined) throw new Error(`unexpected call of ${method}`);
        return answer(...given);
      };
    },
  });
  return { app, calls };
}

export type Outcome = {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly calls: readonly Call[];
  /** Codes with which the process was told to end at once. */
  readonly left: readonly number[];
};

/** Runs a command line against an application that is made up. */
export async function runMain(
  argv: readonly string[],
  given: {
    readonly app?: Partial<App>;
    readonly input?: string | Uint8Array;
    readonly env?: Io['env'];
    readonly cwd?: string;
    readonly terminal?: Io['terminal'];
    /** Called with a function that does what Ctrl-C does. */
    readonly onStart?: (stop: () => void) => void;
  } = {},
): Promise<Outcome> {
  const { app, calls } = fakeApp(given.app ?? {});
  let out = '';
  let err = '';
  const left: number[] = [];
  const { input = '' } = given;
  const io: Io = {
    cwd: given.cwd ?? '/nowhere',
    env: given.env ?? {},
    terminal: given.terminal ?? { isTerminal: false, columns: 0 },
    screen: null,
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    readInput: () => Promise.resolve(typeof input === 'string' ? new TextEncoder().encode(input) : input),
    onStop: (listener) => {
      given.onStart?.(listener);
      return () => {};
    },
    leave: (code) => void left.push(code),
  };
  const code = await main(argv, { io, openApp: () => Promise.resolve(app) });
  return { code, out, err, calls, left };
}

/** Every line as JSON; throws where one is not. */
export function jsonLines(text: string): readonly Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
