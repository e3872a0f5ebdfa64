// Exit codes of `eisc`. A refuted claim is a result: it exits 0 unless `--fail-on` asks otherwise.

export const EXIT = {
  done: 0,
  /** The file has errors. */
  diagnostics: 1,
  /** The command line itself is wrong. */
  usage: 2,
  /** A backend, a file or the data failed under way, or a check of the machinery did. */
  runFailed: 3,
  /** `verify` found that lock, ledger, result or report do not belong together, or a replay came to other verdicts. */
  mismatch: 4,
  /** A conclusion that `--fail-on` names. */
  failOn: 5,
  /** Our own mistake. */
  internal: 70,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
