// What a command is given: the terminal, the application when it needs it, and a way to report what it came to.
import { Option } from 'commander';
import type { App } from './app-api.js';
import type { ExitCode } from './exit.js';
import type { Io } from './io.js';
import type { Output } from './output.js';

export interface Cli {
  readonly io: Io;
  readonly output: () => Output;
  /** Opens the application; it is loaded here and not before, so that small commands stay quick. */
  readonly app: () => Promise<App>;
  /** Wraps a command's work so that its exit code becomes that of the process. */
  readonly action: <A extends readonly unknown[]>(
    work: (...given: A) => Promise<ExitCode>,
  ) => (...given: A) => Promise<void>;
}

export const setOption = () =>
  new Option('--set <name=value>', 'value of a `param`, as --set "d=0.1 logit" (repeatable)')
    .argParser(collect)
    .default([], 'none');

/** Gathers the values of an option that may be repeated. */
export function collect(value: string, sofar: readonly string[] | undefined): readonly string[] {
  return [...(sofar ?? []), value];
}
