// `eis.ledger.jsonl`: every look at data, in the order in which they were taken. Only ever added to, under a lock, by
// replacing the whole file at once, so that a killed process leaves either the old ledger or the new one.
import { dirname, join, relative, sep } from 'node:path';
import { bug } from '../../compiler/base/bug.js';
import { exists, type Host, readTextIfAny, removeLeftovers, writeAtomic } from '../host.js';
import { withLock } from './file-lock.js';
import {
  entryLine,
  type Fact,
  type LedgerBody,
  type LedgerEntry,
  NO_ENTRY,
  nextEntry,
  type Stamp,
} from './ledger-entry.js';
import { ancestorsOf, type ParsedLedger, parseLedger } from './parse-ledger.js';
import { fail } from './problem.js';

export const LEDGER_NAME = 'eis.ledger.jsonl';

/** The project's folder: nearest with eis.project.json, else the git root, else the folder of the file itself. */
export function projectRoot(host: Host, file: string): string {
  const start = dirname(file);
  return nearestWith(host, start, 'eis.project.json') ?? nearestWith(host, start, '.git') ?? start;
}

export function ledgerPath(root: string): string {
  return join(root, LEDGER_NAME);
}

/** The name of a file in ledger entries: relative to the project's folder, with `/` on every system. */
export function nameInProject(root: string, file: string): string {
  return relative(root, file).split(sep).join('/');
}

/** An absent file is an empty ledger. A bad one is reported, never changed. */
export function readLedger(host: Host, path: string): ParsedLedger {
  return parseLedger(readTextIfAny(host, path) ?? '', path);
}

/** The entries, or a RunFailure with the first thing that is wrong. */
export function requireLedger(host: Host, path: string): readonly LedgerEntry[] {
  const read = readLedger(host, path);
  return read.kind === 'ok' ? read.entries : fail(read.problem);
}

/** The hash of the last entry; 64 zeros for an empty ledger. */
export function headOf(entries: readonly LedgerEntry[]): string {
  return entries.at(-1)?.hash ?? NO_ENTRY;
}

/** Adds one entry. It is on disk when this returns. Throws a RunFailure for a ledger that is not whole. */
export function appendEntry(host: Host, path: string, body: LedgerBody): LedgerEntry {
  return changeLedger(host, path, () => body).entry;
}

/**
 * Adds the entry that `decide` makes of the ledger as it is under the lock, or none. Use this where what is written
 * depends on what is there. Throws whatever `decide` throws, and then nothing was written.
 */
export function changeLedger<B extends LedgerBody | undefined>(
  host: Host,
  path: string,
  decide: (entries: readonly LedgerEntry[]) => B,
): {
  readonly entries: readonly LedgerEntry[];
  readonly entry: B extends LedgerBody ? LedgerEntry : undefined;
} {
  type Result = B extends LedgerBody ? LedgerEntry : undefined;
  host.makeFolder(dirname(path));
  return withLock(host, `${path}.lock`, () => {
    const entries = requireLedger(host, path);
    const body = decide(entries);
    if (body === undefined) return { entries, entry: undefined as Result }; // B is undefined here
    const entry = nextEntry(entries.at(-1), body);
    removeLeftovers(host, path);
    writeAtomic(host, path, [...entries, entry].map(entryLine).join(''));
    return { entries: [...entries, entry], entry: entry as Result }; // B is LedgerBody here
  });
}

/** A body from a fact and its stamp, for call sites that have them apart. */
export function stamped<F extends Fact>(fact: F, stamp: Stamp): F & Stamp {
  return { ...fact, ...stamp };
}

/**
 * Joins two histories that grew apart: what both have, what only the first has, what only the second has, and an entry
 * with two parents. When one holds the other, it is returned as it is.
 */
export function mergeLedgers(
  ours: readonly LedgerEntry[],
  theirs: readonly LedgerEntry[],
  stamp: Stamp,
): readonly LedgerEntry[] {
  const known = new Set(ours.map((entry) => entry.hash));
  const added = theirs.filter((entry) => !known.has(entry.hash));
  if (added.length === 0) return ours;
  if (added.length === theirs.length - ours.length) return theirs;
  const [first, second] = [ours.at(-1), theirs.at(-1)];
  if (first === undefined || second === undefined) return [...ours, ...added];
  return [...ours, ...added, mergeEntry(first, second, stamp)];
}

/** The two versions in a file that git could not merge; undefined when there is no conflict in it. */
export function conflictSides(text: string): { readonly ours: string; readonly theirs: string } | undefined {
  const sides = { ours: '', theirs: '' };
  let where: 'both' | 'ours' | 'base' | 'theirs' = 'both';
  let found = false;
  for (const line of text.split(/(?<=\n)/)) {
    if (/^<{7}( |$)/m.test(line)) where = 'ours';
    else if (/^\|{7}( |$)/m.test(line)) where = 'base';
    else if (/^={7}$/m.test(line)) where = 'theirs';
    else if (/^>{7}( |$)/m.test(line)) where = 'both';
    else {
      if (where === 'both' || where === 'ours') sides.ours += line;
      if (where === 'both' || where === 'theirs') sides.theirs += line;
    }
    found ||= where !== 'both';
  }
  return found ? sides : undefined;
}

/**
 * `eisc verify --merge`: joins the two sides of a merge conflict, or branches that git put one below the other. The file
 * as it was is kept beside it. A ledger that is whole stays as it is; one that is broken is reported.
 */
export function joinLedger(host: Host, path: string, stamp: Stamp): readonly LedgerEntry[] {
  return withLock(host, `${path}.lock`, () => {
    const text = readTextIfAny(host, path) ?? '';
    const joined = joinText(text, path, stamp);
    const merged = joined.map(entryLine).join('');
    if (merged !== text) {
      writeAtomic(host, `${path}.before-merge`, text);
      writeAtomic(host, path, merged);
    }
    return joined;
  });
}

function joinText(text: string, path: string, stamp: Stamp): readonly LedgerEntry[] {
  const sides = conflictSides(text);
  if (sides !== undefined) {
    return mergeLedgers(joinText(sides.ours, path, stamp), joinText(sides.theirs, path, stamp), stamp);
  }
  const read = parseLedger(text, path);
  if (read.kind === 'ok') return read.entries;
  if (read.problem.kind !== 'ledger-fork') return fail(read.problem);
  const [firstHead, ...otherHeads] = read.problem.heads;
  const joined = [...read.before];
  let first = joined.find((entry) => entry.hash === firstHead);
  for (const head of otherHeads) {
    const second = joined.find((entry) => entry.hash === head);
    if (first === undefined || second === undefined) return bug('a head that is no entry');
    first = mergeEntry(first, second, stamp);
    joined.push(first);
  }
  return joined;
}

function mergeEntry(first: LedgerEntry, second: LedgerEntry, stamp: Stamp): LedgerEntry {
  const body: LedgerBody = { kind: 'merge', parents: [first.hash, second.hash], ...stamp };
  return nextEntry(first, body, Math.max(first.seq, second.seq) + 1);
}

/** Whether a head that was noted earlier (in a lock, a report, an anchor) is still part of the history. */
export function holdsHead(entries: readonly LedgerEntry[], head: string): boolean {
  return head === NO_ENTRY || ancestorsOf(entries, headOf(entries)).has(head);
}

function nearestWith(host: Host, start: string, name: string): string | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    if (exists(host, join(folder, name))) return folder;
    if (dirname(folder) === folder) return undefined;
  }
}
