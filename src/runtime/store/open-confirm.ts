// The only door to confirm rows: the look is on disk in the ledger before the token exists that the data layer asks for.
import { type ConfirmToken, issueConfirmToken } from '../data/confirm-token.js';
import type { Host } from '../host.js';
import { changeLedger } from './ledger.js';
import { type BodyOf, type LedgerEntry, lockSeed, type Stamp } from './ledger-entry.js';
import { type LookRequest, recordLook, spentBy } from './looks.js';
import { fail } from './problem.js';

/** What confirm rows, flips and control draws are derived from, beside the lock. */
export const CONFIRM_PATH = 'confirm/generate';

export type OpenedConfirm = {
  readonly token: ConfirmToken;
  /** The `open` entry. */
  readonly entry: LedgerEntry;
  /** `resumed`: opened before, but no confirm run came of it. `replay`: there is a confirm run already. */
  readonly how: 'first' | 'resumed' | 'replay';
};

/**
 * Opens the confirm rows of a locked meaning. Throws a RunFailure: `unlocked` when the ledger does not know the lock,
 * `spent` when rows that are not fresh were seen before, or any failure to write, and then no token exists.
 */
export function openConfirm(
  host: Host,
  ledger: string,
  opening: { readonly lock: string; readonly looks: readonly LookRequest[]; readonly stamp: Stamp },
): OpenedConfirm {
  const { lock, looks, stamp } = opening;
  const { entries, entry: added } = changeLedger(host, ledger, (known): BodyOf<'open'> | undefined => {
    requireOpenable(known, opening);
    if (openEntryOf(known, lock) !== undefined) return undefined;
    const recorded = looks.map((look) => recordLook(known, look));
    return { kind: 'open', lock, looks: recorded, ...stamp };
  });
  const entry = added ?? openEntryOf(entries, lock) ?? fail({ kind: 'unlocked', lock });
  const isConfirmed = entries.some(({ body }) => body.kind === 'confirm' && body.lock === lock);
  const how = added !== undefined ? 'first' : isConfirmed ? 'replay' : 'resumed';
  const token = issueConfirmToken({ rootHex: lockSeed(lock, CONFIRM_PATH), entry: entry.hash });
  return { token, entry, how };
}

/** For rows that were opened and confirmed, to be looked at again; null where they were not. Writes nothing. */
export function tokenOfConfirmed(entries: readonly LedgerEntry[], lock: string): ConfirmToken | null {
  const entry = openEntryOf(entries, lock);
  const isConfirmed = entries.some(({ body }) => body.kind === 'confirm' && body.lock === lock);
  if (entry === undefined || !isConfirmed) return null;
  return issueConfirmToken({ rootHex: lockSeed(lock, CONFIRM_PATH), entry: entry.hash });
}

/** Throws the RunFailure with which `openConfirm` would refuse, `unlocked` or `spent`; opens nothing. */
export function requireOpenable(
  entries: readonly LedgerEntry[],
  { lock, looks }: { readonly lock: string; readonly looks: readonly LookRequest[] },
): void {
  if (!entries.some(({ body }) => body.kind === 'lock' && body.lock === lock))
    fail({ kind: 'unlocked', lock });
  for (const look of looks) {
    const spent = spentBy(entries, look, lock);
    if (spent !== undefined) fail(spent);
  }
}

/** The entry that opened the confirm rows of a lock, if they were opened. */
export function openEntryOf(entries: readonly LedgerEntry[], lock: string): LedgerEntry | undefined {
  return entries.find(({ body }) => body.kind === 'open' && body.lock === lock);
}
