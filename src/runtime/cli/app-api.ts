// What the command line asks of the application: one method per command that needs the compiler or the runtime. Every
// answer carries its diagnostics and the texts they point into; nothing here prints, and nothing decides an exit code.
import type { Plain } from '../../compiler/base/canonical.js';
import type { Diagnostic } from '../../compiler/base/diagnostic.js';
import type { RunEvent } from '../event.js';
import type { WatchEvent } from '../watch/watch-event.js';

/** Values of `--set name=value`, as written. */
export type Settings = ReadonlyMap<string, string>;

/** What every answer carries. An answer with errors among its diagnostics has null for its content. */
export type Answered = {
  readonly diagnostics: readonly Diagnostic[];
  /** Source text by file name, for showing the diagnostics. */
  readonly sources: (file: string) => string | undefined;
};

/** What a file that was checked holds. */
export type CheckSummary = {
  readonly claims: number;
  /** Members of all claims together. */
  readonly members: number;
  readonly controls: number;
  readonly families: number;
  /** More to say, a line each: the state of the lock, what only parses in this version. */
  readonly lines: readonly string[];
};

/** How graphs are compiled and executed; none of it changes a verdict. */
export type Execution = {
  readonly backend: string;
  readonly memoryBytes: number;
  readonly withoutPasses: readonly string[];
  readonly batch?: number;
};

export type RunOutcome = {
  /** Conclusions: members of `each` claims, and claims that are one conclusion. */
  readonly supported: number;
  readonly refuted: number;
  readonly inconclusive: number;
  readonly invalid: number;
  /** Names of checks of the machinery that failed: the verdicts on what they checked are invalid. */
  readonly failedChecks: readonly string[];
  /** What a replay has in common with what was confirmed; null for a run that is none. */
  readonly replay: 'outcomes' | 'decision' | 'neither' | null;
  readonly reportHtml: string;
  readonly files: readonly string[];
  readonly decisionDigest: string;
  readonly outcomeDigest: string;
};

export type VerifyCheck = {
  readonly name: string;
  readonly state: 'ok' | 'failed' | 'not checked';
  readonly text: string;
};

export type GraphFormat = 'text' | 'dot' | 'mermaid';
export type ReportFormat = 'html' | 'md' | 'json';

/** Paths are relative to the folder that the app was opened on. */
export interface App {
  check(
    file: string,
    options: { readonly settings: Settings; readonly asLock: boolean; readonly backend?: string },
  ): Promise<Answered & { readonly summary: CheckSummary | null }>;

  plan(
    file: string,
    options: Execution & { readonly settings: Settings; readonly explain: boolean },
  ): Promise<Answered & { readonly text: string | null; readonly json: Plain | null }>;

  /**
   * `failed`: a backend, a file or the data failed under way. `interrupted`: the signal was aborted; what is done is kept,
   * and the command `resume` goes on from there. The clock of the events is `Date.now()`.
   */
  run(
    file: string,
    options: Execution & {
      readonly settings: Settings;
      readonly signal: AbortSignal;
      readonly resume: string;
      readonly emit: (event: RunEvent) => void;
    },
  ): Promise<
    Answered & {
      readonly outcome: RunOutcome | null;
      readonly failed?: boolean;
      readonly interrupted?: boolean;
    }
  >;

  /**
   * Looks at a file again and again, whenever it or something it reads is saved, until the signal is aborted. Never opens confirm
   * rows. An answer with diagnostics says why it could not begin.
   */
  watch(
    file: string,
    options: Execution & {
      readonly settings: Settings;
      readonly signal: AbortSignal;
      readonly emit: (event: WatchEvent) => void;
    },
  ): Promise<Answered>;

  /** `lock` is the path that was written; with `anchor` the lines tell the head of the ledger to keep elsewhere. */
  lock(
    file: string,
    options: { readonly settings: Settings; readonly anchor: boolean },
  ): Promise<Answered & { readonly lines: readonly string[]; readonly lock: string | null }>;

  verify(
    fileOrFolder: string,
    options: {
      readonly anchor?: string;
      readonly merge: boolean;
      /** Also compute so many confirm rows of each data set again. */
      readonly recompute?: { readonly rows: number; readonly backend: string; readonly memoryBytes: number };
    },
  ): Promise<Answered & { readonly checks: readonly VerifyCheck[]; readonly ok: boolean }>;

  /** `path` where a file was written, `text` where the report is to be printed. */
  report(
    file: string,
    options: { readonly format: ReportFormat },
  ): Promise<Answered & { readonly path: string | null; readonly text: string | null }>;

  diff(
    left: string,
    right: string,
  ): Promise<Answered & { readonly lines: readonly string[]; readonly equal: boolean }>;

  hooks(
    model: string,
    options: { readonly grep?: string },
  ): Promise<Answered & { readonly text: string | null; readonly json: Plain | null }>;

  graph(
    file: string,
    options: { readonly settings: Settings; readonly format: GraphFormat },
  ): Promise<Answered & { readonly text: string | null }>;

  /** `probe` opens each backend and runs a small graph; without it nothing is loaded. */
  backends(options: {
    readonly probe: boolean;
  }): Promise<Answered & { readonly text: string | null; readonly json: Plain | null }>;

  gc(options: {
    readonly dryRun: boolean;
    readonly olderThanDays?: number;
  }): Promise<Answered & { readonly lines: readonly string[] }>;
}
