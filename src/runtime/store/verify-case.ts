// What `eisc verify` works on: the lock, the ledger and the result, each read and checked once, absent where it is missing
// or damaged. One fault is reported once: what depends on it is then not checked.
import { decodeText } from '../host.js';
import type { PlainObject } from './json.js';
import type { BodyOf, LedgerEntry } from './ledger-entry.js';
import { type Lock, type Meaning, parseLock } from './lock.js';
import { problemText } from './messages.js';
import type { OutcomeTable } from './outcome-table.js';
import { parseLedger } from './parse-ledger.js';
import { type CheckedResult, checkResult } from './read-result.js';
import type { DecisionFacts, ResultFiles } from './result.js';

export type CheckName =
  | 'chain'
  | 'lock'
  | 'source'
  | 'registered'
  | 'opened'
  | 'fresh'
  | 'predictions'
  | 'heads'
  | 'files'
  | 'outcomes'
  | 'decision'
  | 'anchor'
  | 'file-drawer';

/** `not-checked` is not a pass: the text says why. */
export type Check = {
  readonly name: CheckName;
  readonly state: 'ok' | 'failed' | 'not-checked';
  readonly text: string;
};

export type Recomputed = DecisionFacts | { readonly cannot: string };

export type VerifyInput = {
  /** The pipeline, as ledger entries name it. */
  readonly file: string;
  /** Bytes of `x.eis.lock` and `eis.ledger.jsonl`; null where there is no such file. */
  readonly lock: Uint8Array | null;
  readonly ledger: Uint8Array | null;
  readonly result: ResultFiles | null;
  /** What the pipeline means as it stands now; null where it was not compiled. */
  readonly meaning: Meaning | null;
  /** A head of the ledger that was noted elsewhere. */
  readonly anchor: string | null;
  /** Every verdict again, from the stored outcomes. `lock` is null for an exploratory result. */
  readonly recomputeVerdicts: (stored: {
    readonly lock: Lock | null;
    readonly report: PlainObject;
    readonly outcomes: readonly OutcomeTable[];
  }) => Recomputed;
};

/** What the checks share: each part read once, absent where it is missing or damaged. */
export type Case = {
  readonly input: VerifyInput;
  readonly entries: readonly LedgerEntry[] | undefined;
  readonly lock: Lock | undefined;
  readonly result: CheckedResult | undefined;
  readonly registered: LedgerEntry | undefined;
  readonly open: LedgerEntry | undefined;
  /** Entries of runs of this lock, the last one last. */
  readonly runs: readonly (LedgerEntry & { readonly body: BodyOf<'confirm' | 'replay'> })[];
};

export type Outcome = Omit<Check, 'name'>;
export const ok = (text: string): Outcome => ({ state: 'ok', text });
export const failed = (text: string): Outcome => ({ state: 'failed', text });
export const unchecked = (text: string): Outcome => ({ state: 'not-checked', text });
export const named = (name: CheckName, outcome: Outcome): Check => ({ name, ...outcome });
export const noLock = unchecked('there is no usable lock');
export const noLedger = unchecked('there is no usable ledger');
export const noResult = unchecked('there is no usable result');

/** The case, and what reading the ledger and the lock has shown. */
export function readCase(input: VerifyInput): {
  readonly chain: Check;
  readonly lock: Check;
  readonly facts: Case;
} {
  const { check: chain, entries } = readChain(input);
  const { check: lockCheck, lock } = readLockPart(input, entries);
  const result = input.result === null ? undefined : checkResult(input.result);
  const known = lock === undefined || entries === undefined ? [] : entries;
  const registered = known.find(({ body }) => body.kind === 'lock' && body.seal === lock?.seal);
  const open = known.find(({ body }) => body.kind === 'open' && body.lock === lock?.lock);
  const runs = known.filter(isRun).filter(({ body }) => body.lock === lock?.lock);
  const facts: Case = { input, entries, lock, result, registered, open, runs };
  return { chain, lock: lockCheck, facts };
}

function readChain({ ledger, result }: VerifyInput): {
  check: Check;
  entries: readonly LedgerEntry[] | undefined;
} {
  if (ledger === null) {
    const outcome =
      result === null ? unchecked('there is no ledger') : failed('there is a result but no ledger');
    return { check: named('chain', outcome), entries: undefined };
  }
  const text = decodeText(ledger);
  if (text === undefined)
    return { check: named('chain', failed('the ledger is not UTF-8 text')), entries: undefined };
  const read = parseLedger(text, 'eis.ledger.jsonl');
  if (read.kind === 'bad')
    return { check: named('chain', failed(problemText(read.problem))), entries: undefined };
  const check = named('chain', ok(`${read.entries.length} entries, head ${shortHash(read.head)}`));
  return { check, entries: read.entries };
}

function readLockPart(
  { lock, file }: VerifyInput,
  entries: readonly LedgerEntry[] | undefined,
): { check: Check; lock: Lock | undefined } {
  const because = (outcome: Outcome): { check: Check; lock: undefined } => ({
    check: named('lock', outcome),
    lock: undefined,
  });
  if (lock === null) {
    const was = entries?.find(({ body }) => body.kind === 'lock' && body.file === file);
    if (was !== undefined)
      return because(failed(`entry ${was.seq} of the ledger locked this file, but its lock is gone`));
    return because(unchecked('not locked: nothing was fixed in advance'));
  }
  const read = parseLock(decodeText(lock) ?? '', `${file}.lock`);
  if (read.kind === 'bad') return because(failed(problemText(read.problem)));
  if (read.kind === 'absent') return because(failed('the lock is empty'));
  return { check: named('lock', ok(`meaning ${shortHash(read.lock.lock)}`)), lock: read.lock };
}

function isRun(entry: LedgerEntry): entry is LedgerEntry & { readonly body: BodyOf<'confirm' | 'replay'> } {
  return entry.body.kind === 'confirm' || entry.body.kind === 'replay';
}

export function shortHash(hash: string): string {
  return hash.slice(0, 12);
}
