// Failures of the world that this folder knows, as typed facts. They travel as a thrown `RunFailure` and become
// diagnostics at the edge (messages.ts). Our own mistakes are `bug(...)` and never come here.

export type FileAction = 'read' | 'write' | 'list' | 'remove' | 'lock';

export type FileProblemKind =
  | 'missing'
  | 'no-space'
  | 'no-permission'
  | 'read-only'
  | 'not-a-file'
  | 'not-a-folder'
  | 'too-many-open'
  | 'not-text'
  | 'other';

export type RunProblem =
  | {
      readonly kind: 'file';
      readonly why: FileProblemKind;
      readonly action: FileAction;
      readonly path: string;
      /** The system's own words, such as `EIO: i/o error`. */
      readonly detail: string;
    }
  | { readonly kind: 'in-use'; readonly path: string; readonly holder: string; readonly waitedMs: number }
  | { readonly kind: 'ledger-line'; readonly path: string; readonly line: number; readonly text: string }
  | { readonly kind: 'ledger-conflict'; readonly path: string; readonly line: number }
  | { readonly kind: 'ledger-chain'; readonly path: string; readonly line: number; readonly text: string }
  | { readonly kind: 'ledger-fork'; readonly path: string; readonly heads: readonly string[] }
  | {
      readonly kind: 'ledger-lost-head';
      readonly path: string;
      readonly head: string;
      readonly holder: string;
    }
  | {
      readonly kind: 'spent';
      readonly data: string;
      readonly split: string;
      /** How many clusters of the split were seen; `null` where the whole split was. */
      readonly shared: number | null;
      readonly by: {
        readonly seq: number;
        readonly kind: string;
        readonly time: string;
        readonly file: string | null;
      };
    }
  | { readonly kind: 'unlocked'; readonly lock: string }
  | { readonly kind: 'lock-file'; readonly path: string; readonly text: string }
  | { readonly kind: 'lock-digest'; readonly path: string; readonly part: 'meaning' | 'whole' }
  | { readonly kind: 'lock-version'; readonly path: string; readonly version: string }
  | { readonly kind: 'result-file'; readonly path: string; readonly text: string };

export type RunProblemKind = RunProblem['kind'];

/** A failure of the world. Catch it only to report it, or where the problem's kind says what to do. */
export class RunFailure extends Error {
  readonly problem: RunProblem;

  constructor(problem: RunProblem) {
    super(`${problem.kind}${'path' in problem ? ` ${problem.path}` : ''}`);
    this.name = 'RunFailure';
    this.problem = problem;
  }
}

export function fail(problem: RunProblem): never {
  throw new RunFailure(problem);
}

/** Whether `error` is a file problem of this kind; anything else must be thrown again. */
export function isFileProblem(error: unknown, why: FileProblemKind): boolean {
  return error instanceof RunFailure && error.problem.kind === 'file' && error.problem.why === why;
}

const KIND_OF_ERRNO: Readonly<Record<string, FileProblemKind>> = {
  ENOENT: 'missing',
  ENOSPC: 'no-space',
  EDQUOT: 'no-space',
  EFBIG: 'no-space',
  EACCES: 'no-permission',
  EPERM: 'no-permission',
  EROFS: 'read-only',
  EISDIR: 'not-a-file',
  ENOTDIR: 'not-a-folder',
  EEXIST: 'not-a-folder', // a folder was to be made where a file is
  EMFILE: 'too-many-open',
  ENFILE: 'too-many-open',
};

/** What went wrong in a system call; an error without a system code is not the world's failure and is thrown again. */
export function fileFailure(error: unknown, action: FileAction, path: string): RunFailure {
  const code = errnoOf(error);
  if (code === undefined) throw error;
  const detail = error instanceof Error ? error.message : code;
  return new RunFailure({ kind: 'file', why: KIND_OF_ERRNO[code] ?? 'other', action, path, detail });
}

export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
