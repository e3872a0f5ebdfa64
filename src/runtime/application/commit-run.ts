// Writes down what a run came to: result folder and ledger under one lock, so that of two runs at once the second finds
// what the first wrote. The ledger's confirm entry, not the folder, says what a replay must agree with.
import { bug } from '../../compiler/base/bug.js';
import type { Host } from '../host.js';
import { withLock } from '../store/file-lock.js';
import { appendEntry, requireLedger, stamped } from '../store/ledger.js';
import type { LedgerEntry, Stamp } from '../store/ledger-entry.js';
import { type layOutResult, type Manifest, resultFolder, writeResult } from '../store/result.js';
import { agreementOf } from './compare-replay.js';
import { confirmOf, standingResult } from './standing-result.js';

export type RunToCommit = {
  readonly host: Host;
  readonly pipeline: string;
  readonly ledger: string;
  /** The lock whose confirm rows were used; null for an exploration. */
  readonly lock: string | null;
  readonly evaluations: number;
  /** How the predictions came out; the ledger keeps their numbers, so that a project's hit rate can be told. */
  readonly predictions: readonly { readonly hit: boolean }[];
  readonly laidOut: ReturnType<typeof layOutResult>;
  readonly stamp: Stamp;
};

/** The manifest of the result that stands. */
export function commitRun(run: RunToCommit): Manifest {
  const { host, pipeline } = run;
  return withLock(host, `${resultFolder(pipeline)}.run`, () => {
    if (run.lock === null) {
      writeResult(host, pipeline, run.laidOut.files);
      return run.laidOut.manifest;
    }
    const entries = requireLedger(host, run.ledger);
    return confirmOf(entries, run.lock) === undefined ? confirm(run) : replayed(run, run.lock, entries);
  });
}

/** Result folder first, then the ledger's word for it: an entry never names files that are not there. */
function confirm(run: RunToCommit): Manifest {
  const { host, pipeline, ledger, laidOut, stamp } = run;
  writeResult(host, pipeline, laidOut.files);
  const score = {
    predictions: run.predictions.length,
    hits: run.predictions.filter((one) => one.hit).length,
  };
  appendEntry(
    host,
    ledger,
    stamped({ kind: 'confirm', ...factsOf(run, laidOut.manifest), bits: 'full', ...score }, stamp),
  );
  return laidOut.manifest;
}

/** An intact result that the ledger names stays as it is, also when the replay does not agree with it. */
function replayed(run: RunToCommit, lock: string, entries: readonly LedgerEntry[]): Manifest {
  const { host, pipeline, ledger, laidOut, stamp } = run;
  const own = laidOut.manifest;
  const agrees = agreementOf(own, confirmOf(entries, lock) ?? bug('a replay of what was never confirmed'));
  const standing = standingResult(host, pipeline, entries, lock)?.manifest ?? null;
  if (standing === null) writeResult(host, pipeline, laidOut.files);
  const facts = factsOf(run, agrees === 'neither' ? own : (standing ?? own));
  appendEntry(host, ledger, stamped({ kind: 'replay', agrees, ...facts }, stamp));
  return standing ?? own;
}

function factsOf({ lock, evaluations }: RunToCommit, { outcome, decision, evidence }: Manifest) {
  return { lock: lock ?? '', evaluations, outcome, decision, evidence };
}
