// Which cached objects may go. Nothing here is a result: what a lock or a result needs is recomputed when it is missing.
import { join } from 'node:path';
import type { Digest } from '../../compiler/base/digest.js';
import { type Host, listFilesUnder } from '../host.js';
import { listObjects, type Store, type StoredObject } from './cas.js';

export type GcOptions = {
  /** Keys that a lock, a result or a running process still uses. */
  readonly live: ReadonlySet<Digest>;
  /** Younger objects stay, live or not: another run may be about to use them. */
  readonly minimumAgeMs: number;
};

export type GcPlan = {
  readonly remove: readonly StoredObject[];
  /** Left behind by killed processes. */
  readonly leftovers: readonly { readonly path: string; readonly bytes: number }[];
  readonly freedBytes: number;
  readonly keptObjects: number;
  readonly keptBytes: number;
};

const LEFTOVER_AGE_MS = 3_600_000;

/** What `eisc gc` would remove (its dry run). Changes nothing. */
export function planGc(store: Store, { live, minimumAgeMs }: GcOptions): GcPlan {
  const now = store.host.nowMs();
  const objects = listObjects(store);
  const remove = objects.filter((one) => !live.has(one.key) && now - one.modifiedMs >= minimumAgeMs);
  const leftovers = leftoversIn(store.host, store.folder, now);
  const removedBytes = bytesIn(remove);
  return {
    remove,
    leftovers,
    freedBytes: removedBytes + bytesIn(leftovers),
    keptObjects: objects.length - remove.length,
    keptBytes: bytesIn(objects) - removedBytes,
  };
}

/** Removes what the plan says. A reader that comes too late finds an object missing and computes it again. */
export function runGc(store: Store, plan: GcPlan): void {
  for (const { path } of [...plan.remove, ...plan.leftovers]) store.host.remove(path);
}

function leftoversIn(host: Host, folder: string, now: number): GcPlan['leftovers'] {
  return listFilesUnder(host, folder).flatMap((name) => {
    if (!/\.tmp-\d+-\d+$/.test(name)) return [];
    const path = join(folder, name);
    const facts = host.stat(path);
    return facts === undefined || now - facts.modifiedMs < LEFTOVER_AGE_MS
      ? []
      : [{ path, bytes: facts.bytes }];
  });
}

function bytesIn(list: readonly { readonly bytes: number }[]): number {
  return list.reduce((sum, one) => sum + one.bytes, 0);
}
