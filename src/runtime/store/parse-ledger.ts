// Reads and checks the text of a ledger. The entries form a graph: each follows an earlier line, a merge follows two, and
// exactly one entry is the head. The first line that is wrong is reported; what stands before it is still returned.

import { jcs, parseExactly } from './json.js';
import { entryHash, type LedgerEntry, NO_ENTRY } from './ledger-entry.js';
import type { RunProblem } from './problem.js';
import { schemaFault } from './schema.js';

export type ParsedLedger =
  | { readonly kind: 'ok'; readonly entries: readonly LedgerEntry[]; readonly head: string }
  | { readonly kind: 'bad'; readonly problem: RunProblem; readonly before: readonly LedgerEntry[] };

type Line =
  | { readonly kind: 'ok'; readonly entry: LedgerEntry }
  | { readonly kind: 'bad'; readonly problem: RunProblem };

/** `path` is used in problems only. An empty text is an empty ledger. */
export function parseLedger(text: string, path: string): ParsedLedger {
  const conflict = conflictLine(text);
  if (conflict !== undefined) {
    return { kind: 'bad', problem: { kind: 'ledger-conflict', path, line: conflict }, before: [] };
  }
  const entries: LedgerEntry[] = [];
  const lines = text.split('\n');
  const last = lines.pop() ?? '';
  for (const [index, line] of lines.entries()) {
    const read = readLine(line, path, index + 1);
    if (read.kind === 'bad') return { kind: 'bad', problem: read.problem, before: entries };
    entries.push(read.entry);
  }
  if (last !== '') {
    const problem: RunProblem = {
      kind: 'ledger-line',
      path,
      line: lines.length + 1,
      text: 'the line is not complete',
    };
    return { kind: 'bad', problem, before: entries };
  }
  return checkChain(entries, path);
}

/** Whether every entry follows an earlier one and all come together in one head. */
export function checkChain(entries: readonly LedgerEntry[], path: string): ParsedLedger {
  const seqOf = new Map<string, number>([[NO_ENTRY, -1]]);
  const heads = new Set<string>();
  for (const [index, entry] of entries.entries()) {
    const text = chainFault(entry, seqOf);
    if (text !== undefined) {
      const problem: RunProblem = { kind: 'ledger-chain', path, line: index + 1, text };
      return { kind: 'bad', problem, before: entries.slice(0, index) };
    }
    for (const parent of parentsOf(entry)) heads.delete(parent);
    seqOf.set(entry.hash, entry.seq);
    heads.add(entry.hash);
  }
  const [head = NO_ENTRY, ...others] = heads;
  if (others.length > 0) {
    return { kind: 'bad', problem: { kind: 'ledger-fork', path, heads: [...heads] }, before: entries };
  }
  return { kind: 'ok', entries, head };
}

export function parentsOf(entry: LedgerEntry): readonly string[] {
  return entry.body.kind === 'merge' ? entry.body.parents : [entry.prev];
}

/** Hashes of `from` and everything it follows. */
export function ancestorsOf(entries: readonly LedgerEntry[], from: string): ReadonlySet<string> {
  const byHash = new Map(entries.map((entry) => [entry.hash, entry]));
  const found = new Set<string>();
  const open = [from];
  for (let hash = open.pop(); hash !== undefined; hash = open.pop()) {
    const entry = byHash.get(hash);
    if (entry === undefined || found.has(hash)) continue;
    found.add(hash);
    open.push(...parentsOf(entry));
  }
  return found;
}

function readLine(line: string, path: string, number: number): Line {
  const bad = (text: string): Line => ({
    kind: 'bad',
    problem: { kind: 'ledger-line', path, line: number, text },
  });
  const parsed = parseExactly(line, jcs);
  if (parsed.kind === 'bad') return bad(line === '' ? 'the line is empty' : parsed.text);
  const fault = schemaFault('ledger-entry', parsed.value);
  if (fault !== undefined) return bad(fault);
  const entry = parsed.value as LedgerEntry; // the schema says so
  if (entryHash(entry) !== entry.hash) {
    const text = 'its content does not have the hash that it states: it was changed after it was written';
    return { kind: 'bad', problem: { kind: 'ledger-chain', path, line: number, text } };
  }
  return { kind: 'ok', entry };
}

function chainFault(entry: LedgerEntry, seqOf: ReadonlyMap<string, number>): string | undefined {
  if (seqOf.has(entry.hash)) return 'it stands here a second time';
  const parents = parentsOf(entry);
  const seqs = parents.flatMap((parent) => seqOf.get(parent) ?? []);
  if (seqs.length < parents.length) return 'the entry that it follows is missing';
  if (entry.prev !== parents[0]) return 'its `prev` is not its first parent';
  if (entry.seq !== Math.max(...seqs) + 1)
    return `its number is ${entry.seq} where ${Math.max(...seqs) + 1} is due`;
  return undefined;
}

/** The first line (from 1) that git wrote into a file it could not merge. */
function conflictLine(text: string): number | undefined {
  const index = text.split('\n').findIndex((line) => /^(<{7}|={7}|>{7}|\|{7})( |$)/.test(line));
  return index === -1 ? undefined : index + 1;
}
