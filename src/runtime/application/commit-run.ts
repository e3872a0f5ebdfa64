// Writes down what a run came to: result folder and ledger under one lock, so that of two runs at once the second finds
// what the first wrote. The ledger's confirm entry, not the folder, says what a replay must agree with.
import type { Host } from '../host.js';
import { withLock } from '../store/file-lock.js';
import { appendEntry, requireLedger, stamped } from '../store/ledger.js';
import type { BodyOf, LedgerEntry, Stamp } from '../store/ledger-entry.js';
import { checkResult } from '../store/read-result.js';
import { type layOutResult, type Manifest, readResult, resultFolder, writeResult } from '../store/result.js';

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
    const confirmed = entries.map(({ body }) => body).find((body) => isRunOf(body, run.lock));
    return confirmed?.kind === 'confirm' ? replayed(run, entries, confirmed) : confirm(run);
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
function replayed(run: RunToCommit, entries: readonly LedgerEntry[], confirmed: BodyOf<'confirm'>): Manifest {
  const { host, pipeline, ledger, laidOut, stamp } = run;
  const own = laidOut.manifest;
  const agrees =
    own.outcome === confirmed.outcome
      ? 'outcomes'
      : own.decision === confirmed.decision
        ? 'decision'
        : 'neither';
  const files = readResult(host, pipeline);
  const read = files === undefined ? null : checkResult(files);
  const named = entries.some(
    ({ body }) => isRunOf(body, run.lock) && read?.kind === 'ok' && body.evidence === read.manifest.evidence,
  );
  const standing = read?.kind === 'ok' && named ? read.manifest : null;
  if (standing === null) writeResult(host, pipeline, laidOut.files);
  const facts = factsOf(run, agrees === 'neither' ? own : (standing ?? own));
  appendEntry(host, ledger, stamped({ kind: 'replay', agrees, ...facts }, stamp));
  return standing ?? own;
}

function isRunOf(body: LedgerEntry['body'], lock: string | null): body is BodyOf<'confirm' | 'replay'> {
  return (body.kind === 'confirm' || body.kind === 'replay') && body.lock === lock;
}

function factsOf({ lock, evaluations }: RunToCommit, { outcome, decision, evidence }: Manifest) {
  return { lock: lock ?? '', evaluations, outcome, decision, evidence };
}
