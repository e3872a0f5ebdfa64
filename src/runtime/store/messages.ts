// The words for failures of files, ledger, lock and results. Stages throw facts (problem.ts); only this file has sentences.
import type { Code } from '../../compiler/base/codes.js';
import type { Diagnostic } from '../../compiler/base/diagnostic.js';
import type { FileAction, FileProblemKind, RunProblem } from './problem.js';

type Words = {
  readonly code: Code;
  readonly message: string;
  readonly notes?: readonly string[];
  readonly help?: string;
};
type FileProblem = RunProblem & { readonly kind: 'file' };

/** The diagnostic for a failure. It has no span: nothing in a pipeline caused it. */
export function diagnosticOf(problem: RunProblem): Diagnostic {
  const { code, message, notes = [], help } = wordsOf(problem);
  const diagnostic = { code, severity: 'error', message, secondary: [], notes } as const;
  return help === undefined ? diagnostic : { ...diagnostic, help: { text: help, edits: [] } };
}

/** The message alone, for a line of `eisc verify`. */
export function problemText(problem: RunProblem): string {
  return wordsOf(problem).message;
}

function wordsOf(problem: RunProblem): Words {
  switch (problem.kind) {
    case 'file':
      return fileWords(problem);
    case 'in-use':
      return {
        code: 'EIS5106',
        message: `\`${problem.path}\` is held by ${problem.holder}`,
        notes: [`waited ${Math.round(problem.waitedMs / 1000)} s for it`],
        help: 'wait until that run has ended; if there is no such process, remove the file',
      };
    case 'ledger-line':
      return {
        code: 'EIS5201',
        message: `line ${problem.line} of \`${problem.path}\` is not a ledger entry: ${problem.text}`,
        notes: ['the ledger is read up to its first bad line and is never repaired by guessing'],
        help: 'restore the line from the version history',
      };
    case 'ledger-conflict':
      return {
        code: 'EIS5202',
        message: `\`${problem.path}\` holds a merge conflict (line ${problem.line})`,
        notes: ['both sides are true: what was looked at on either branch was looked at'],
        help: '`eisc verify --merge` joins both histories',
      };
    case 'ledger-chain':
      return {
        code: 'EIS5203',
        message: `line ${problem.line} of \`${problem.path}\` breaks the chain: ${problem.text}`,
        notes: ['an entry can only be added; a change of an earlier one breaks every hash after it'],
        help: 'restore the file from the version history',
      };
    case 'ledger-fork':
      return {
        code: 'EIS5204',
        message: `\`${problem.path}\` has ${problem.heads.length} histories that were never joined`,
        notes: problem.heads.map((head) => `one ends in ${head}`),
        help: '`eisc verify --merge` joins them',
      };
    case 'ledger-lost-head':
      return {
        code: 'EIS5206',
        message: `\`${problem.path}\` does not hold the head that ${problem.holder} names`,
        notes: [`the head is ${problem.head}`, 'a ledger that was cut short or begun anew looks like this'],
        help: 'restore the file from the version history',
      };
    case 'spent':
      return spentWords(problem);
    case 'unlocked':
      return {
        code: 'EIS5207',
        message: `the ledger does not know the lock ${problem.lock.slice(0, 12)}`,
        notes: ['confirm rows are opened only for a meaning that was fixed before'],
        help: 'run `eisc lock` first',
      };
    case 'lock-file':
      return {
        code: 'EIS5301',
        message: `\`${problem.path}\` is not a lock: ${problem.text}`,
        help: 'restore the file from the version history, or make a new lock with `eisc lock`',
      };
    case 'lock-digest':
      return {
        code: 'EIS5302',
        message:
          problem.part === 'meaning'
            ? `the meaning in \`${problem.path}\` does not have the digest that the lock states`
            : `\`${problem.path}\` was changed after it was sealed`,
        notes: ['a lock that can be edited fixes nothing'],
        help: 'restore the file from the version history; a change of meaning needs a new `eisc lock`',
      };
    case 'lock-version':
      return {
        code: 'EIS5303',
        message: `\`${problem.path}\` has version ${problem.version}, which this eisc does not know`,
        help: 'use the eisc that made it, or a newer one',
      };
    case 'result-file':
      return {
        code: 'EIS5401',
        message: `\`${problem.path}\` of the result: ${problem.text}`,
        help: 'run the pipeline again: a replay writes the result anew',
      };
  }
}

function spentWords(problem: RunProblem & { readonly kind: 'spent' }): Words {
  const { data, split, shared, by } = problem;
  const what =
    shared === null
      ? 'its rows were'
      : shared === 1
        ? 'one of its clusters was'
        : `${shared} of its clusters were`;
  const file = by.file === null ? '' : ` of \`${by.file}\``;
  return {
    code: 'EIS5205',
    message: `split \`${split}\` of \`${data.slice(0, 24)}\` is spent: ${what} seen before`,
    notes: [
      `entry ${by.seq} of the ledger (${by.kind}${file}, ${by.time}) looked at them`,
      'a question asked after a look at the rows cannot be tested on them',
    ],
    help: 'confirm on templates or files that nobody has looked at, or run the lock that opened them',
  };
}

const FILE_CODES = {
  missing: 'EIS5104',
  'no-space': 'EIS5101',
  'no-permission': 'EIS5102',
  'read-only': 'EIS5103',
  'not-a-file': 'EIS5105',
  'not-a-folder': 'EIS5105',
  'too-many-open': 'EIS5105',
  'not-text': 'EIS5107',
  other: 'EIS5105',
} as const satisfies Record<FileProblemKind, Code>;

const REASONS = {
  missing: 'it does not exist',
  'no-space': 'the disk is full',
  'no-permission': 'permission is denied',
  'read-only': 'the file system is read-only',
  'not-a-file': 'it is a folder',
  'not-a-folder': 'a part of the path is not a folder',
  'too-many-open': 'too many files are open',
  'not-text': 'it is not UTF-8 text',
  other: 'the system reports a failure',
} as const satisfies Record<FileProblemKind, string>;

const ACTIONS = {
  read: 'read',
  write: 'written',
  list: 'listed',
  remove: 'removed',
  lock: 'locked',
} as const satisfies Record<FileAction, string>;

const HELPS = {
  missing: undefined,
  'no-space': 'free some space (`eisc gc` removes what can be computed again) and run again: nothing is lost',
  'no-permission': 'give yourself the permission, or work in a folder that is yours',
  'read-only': 'copy the project to a place that can be written',
  'not-a-file': undefined,
  'not-a-folder': undefined,
  'too-many-open': 'raise the limit on open files (`ulimit -n`)',
  'not-text': 'save the file as UTF-8',
  other: undefined,
} as const satisfies Record<FileProblemKind, string | undefined>;

function fileWords(problem: FileProblem): Words {
  const { why, action, path, detail } = problem;
  const words = {
    code: FILE_CODES[why],
    message: `\`${path}\` cannot be ${ACTIONS[action]}: ${REASONS[why]}`,
  };
  const notes = why === 'other' ? [detail] : [];
  const help = HELPS[why];
  return help === undefined ? { ...words, notes } : { ...words, notes, help };
}
