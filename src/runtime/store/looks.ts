// Which rows anyone has looked at, from the ledger. Clusters are recorded as marks (the start of a digest), so that the
// same templates are recognised under another name, another split or in another file.
import type { Plain } from '../../compiler/base/canonical.js';
import { digest } from '../../compiler/base/digest.js';
import type { DataSource, LedgerEntry, Look } from './ledger-entry.js';
import type { RunProblem } from './problem.js';

/**
 * Rows about to be looked at. `clusters`: what identifies each unit of inference by its content (the text of a template,
 * the hash of a file or item); empty for generated data, whose rows are fresh.
 */
export type LookRequest = {
  readonly data: string;
  readonly split: string;
  readonly source: DataSource;
  readonly clusters: readonly string[];
};

/** A look that the ledger tells of, with its marks filled in. */
export type Seen = {
  readonly entry: LedgerEntry;
  readonly kind: 'explore' | 'search' | 'open';
  readonly data: string;
  readonly split: string;
  readonly source: DataSource;
  readonly marks: ReadonlySet<string>;
};

const MARK_DIGITS = 16;

/** The look as an entry records it. The marks are written only where the ledger does not hold this set yet. */
export function recordLook(entries: readonly LedgerEntry[], request: LookRequest): Look {
  const marks = marksOf(request);
  const set = digest('cluster-set', marks as Plain);
  const { data, split, source } = request;
  const isKnown = marks.length === 0 || marksBySet(entries).has(set);
  return isKnown ? { data, split, source, set } : { data, split, source, set, marks };
}

/** Every look, in the order of the ledger. `confirm` and `replay` look at what `open` opened. */
export function seenSplits(entries: readonly LedgerEntry[]): readonly Seen[] {
  const sets = marksBySet(entries);
  return entries.flatMap((entry) => {
    const { body } = entry;
    if (body.kind !== 'explore' && body.kind !== 'search' && body.kind !== 'open') return [];
    return body.looks.map(({ data, split, source, set }) => ({
      entry,
      kind: body.kind,
      data,
      split,
      source,
      marks: sets.get(set) ?? new Set<string>(),
    }));
  });
}

/**
 * Why these rows cannot confirm anything any more, or undefined when they can. `lock`: the meaning that asks; its own
 * `open` does not count against it. Null where there is no lock yet (`eisc check` asks in advance).
 */
export function spentBy(
  entries: readonly LedgerEntry[],
  request: LookRequest,
  lock: string | null,
): (RunProblem & { readonly kind: 'spent' }) | undefined {
  if (request.source === 'generated') return undefined;
  return firstClash(seenSplits(entries), { ...request, marks: marksOf(request) }, lock);
}

/** The same question about an `open` that is in the ledger: were its rows seen in an earlier line by another lock? */
export function openedSpent(entries: readonly LedgerEntry[], open: LedgerEntry): RunProblem | undefined {
  const { body } = open;
  if (body.kind !== 'open') return undefined;
  const seen = seenSplits(entries);
  const earlier = seen.slice(
    0,
    seen.findIndex(({ entry }) => entry.hash === open.hash),
  );
  for (const look of seen) {
    if (look.entry.hash !== open.hash || look.source === 'generated') continue;
    const clash = firstClash(earlier, { ...look, marks: [...look.marks] }, body.lock);
    if (clash !== undefined) return clash;
  }
  return undefined;
}

function firstClash(
  seen: readonly Seen[],
  wanted: { readonly data: string; readonly split: string; readonly marks: readonly string[] },
  lock: string | null,
): (RunProblem & { readonly kind: 'spent' }) | undefined {
  for (const one of seen) {
    const { body, seq } = one.entry;
    if (body.kind === 'open' && body.lock === lock) continue;
    const shared = wanted.marks.filter((mark) => one.marks.has(mark)).length;
    const isSameSplit = one.data === wanted.data && one.split === wanted.split;
    if (shared === 0 && !isSameSplit) continue;
    return {
      kind: 'spent',
      data: wanted.data,
      split: wanted.split,
      shared: shared === 0 ? null : shared,
      by: { seq, kind: one.kind, time: body.time, file: body.file ?? null },
    };
  }
  return undefined;
}

/** What a ledger tells about effort: printed beside every claim. */
export type LookTally = {
  readonly explorations: number;
  /** Of the models themselves; those of controls count in `evaluations` only. */
  readonly searches: number;
  readonly evaluations: number;
  readonly locks: number;
  readonly opened: number;
  readonly confirmed: number;
  readonly replays: number;
  /** Opened, and no confirm run came of it. They count as looks. */
  readonly orphans: number;
  /** Over all confirm runs that counted them. */
  readonly predictions: number;
  readonly hits: number;
};

export function tallyLooks(entries: readonly LedgerEntry[]): LookTally {
  const bodies = entries.map((entry) => entry.body);
  const count = (kind: LedgerEntry['body']['kind']): number =>
    bodies.filter((body) => body.kind === kind).length;
  const confirms = bodies.flatMap((body) => (body.kind === 'confirm' ? [body] : []));
  const confirmed = new Set(confirms.map((body) => body.lock));
  return {
    explorations: count('explore'),
    searches: bodies.filter((body) => body.kind === 'search' && body.control === undefined).length,
    evaluations: bodies.reduce((sum, body) => sum + ('evaluations' in body ? body.evaluations : 0), 0),
    locks: count('lock'),
    opened: count('open'),
    confirmed: count('confirm'),
    replays: count('replay'),
    orphans: bodies.filter((body) => body.kind === 'open' && !confirmed.has(body.lock)).length,
    predictions: confirms.reduce((sum, { predictions = 0 }) => sum + predictions, 0),
    hits: confirms.reduce((sum, { hits = 0 }) => sum + hits, 0),
  };
}

function marksOf(request: LookRequest): readonly string[] {
  const marks = request.clusters.map((cluster) => digest('cluster', cluster).slice(0, MARK_DIGITS));
  return [...new Set(marks)].sort();
}

function marksBySet(entries: readonly LedgerEntry[]): ReadonlyMap<string, ReadonlySet<string>> {
  const sets = new Map<string, ReadonlySet<string>>();
  for (const { body } of entries) {
    if (!('looks' in body)) continue;
    for (const { set, marks } of body.looks) if (marks !== undefined) sets.set(set, new Set(marks));
  }
  return sets;
}
