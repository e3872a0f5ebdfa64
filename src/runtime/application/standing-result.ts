// The confirmed result that stands: what is in the result folder, if it is intact and the ledger names it. Anything else in
// the folder (an exploration, a damaged result, a replay that came to other verdicts) does not count as the confirmed one.
import type { Host } from '../host.js';
import type { BodyOf, LedgerEntry } from '../store/ledger-entry.js';
import { type CheckedResult, checkResult } from '../store/read-result.js';
import { readResult } from '../store/result.js';

export type StandingResult = Extract<CheckedResult, { readonly kind: 'ok' }>;

export function standingResult(
  host: Host,
  pipeline: string,
  entries: readonly LedgerEntry[],
  lock: string,
): StandingResult | null {
  const confirmed = confirmOf(entries, lock);
  const files = readResult(host, pipeline);
  if (confirmed === undefined || files === undefined) return null;
  const read = checkResult(files);
  if (read.kind !== 'ok' || read.manifest.decision !== confirmed.decision) return null;
  const isNamed = entries.some(({ body }) => isRunOf(body, lock) && body.evidence === read.manifest.evidence);
  return isNamed ? read : null;
}

/** What the ledger says was confirmed under a lock. */
export function confirmOf(entries: readonly LedgerEntry[], lock: string): BodyOf<'confirm'> | undefined {
  return entries.flatMap(({ body }) => (body.kind === 'confirm' && body.lock === lock ? [body] : []))[0];
}

function isRunOf(body: LedgerEntry['body'], lock: string): body is BodyOf<'confirm' | 'replay'> {
  return (body.kind === 'confirm' || body.kind === 'replay') && body.lock === lock;
}
