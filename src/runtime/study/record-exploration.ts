// An exploration in the ledger: which rows its claims and views have shown, and how many members on each.
import type { Digest } from '../../compiler/base/digest.js';
import type { CheckedFile } from '../../compiler/check/experiment.js';
import type { Journal, Looked } from './journal.js';

/** One entry per split that was read. Written before any of it is shown; `shown` is a digest of all that will be. */
export function recordExploration(
  checked: CheckedFile,
  plan: string,
  journal: Journal,
  shown?: Digest,
): void {
  const seen = new Map<string, Looked & { readonly members: number }>();
  for (const { data, readSplit: split, family } of checked.claims) {
    const key = `${data.digest}/${split}`;
    const members = (seen.get(key)?.members ?? 0) + family.members.length;
    seen.set(key, { data, split, members });
  }
  for (const { stage, family } of checked.views.flatMap((view) => view.metrics)) {
    const { data, split } = stage;
    const key = `${data.digest}/${split}`;
    if (!seen.has(key)) seen.set(key, { data, split, members: family.members.length });
  }
  for (const one of seen.values())
    journal.look(
      one,
      (looks) => ({ kind: 'explore', plan, looks, evaluations: one.members, bits: 'full' }),
      shown,
    );
}
