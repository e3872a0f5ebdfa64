// The local cache of the hub (HF_HUB_CACHE, or hub/ in HF_HOME), as its own tools lay it out: models--ORG--NAME with refs/ and
// snapshots/COMMIT. Only looked at here; hf/download.ts lets the hub's client fill it.
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export type Environment = { readonly [name: string]: string | undefined };

/** The folder that holds `models--…` folders: the order of the variables is that of huggingface_hub. */
export function hubCacheFolder(environment: Environment): string {
  const { HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, HF_HOME, XDG_CACHE_HOME } = environment;
  const home = HF_HOME ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'huggingface');
  return HF_HUB_CACHE ?? HUGGINGFACE_HUB_CACHE ?? join(home, 'hub');
}

/** `ORG/NAME` or an old one-word name such as `gpt2`, as the hub allows them; in particular no `..` and no path. */
export function isHubId(text: string): boolean {
  const part = /^[\w](?:[\w.-]{0,94}[\w])?$/;
  const parts = text.split('/');
  return (
    parts.length <= 2 && !text.includes('--') && !text.includes('..') && parts.every((one) => part.test(one))
  );
}

export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}

export type Snapshot = { readonly folder: string; readonly revision: string };

/** The cached files of a model at a revision (a commit, or a ref that the cache knows; `main` without one), or undefined. */
export function findSnapshot(cache: string, id: string, revision: string | null): Snapshot | undefined {
  const place = join(cache, `models--${id.replaceAll('/', '--')}`);
  const commit = revision !== null && isCommit(revision) ? revision : refOf(place, revision ?? 'main');
  if (commit === undefined) return undefined;
  const folder = join(place, 'snapshots', commit);
  // The client makes the folder before the files; config.json is there once anything can be done with it.
  return existsSync(join(folder, 'config.json')) ? { folder, revision: commit } : undefined;
}

function refOf(place: string, name: string): string | undefined {
  if (!/^[\w.-]+(?:\/[\w.-]+)*$/.test(name) || name.split('/').includes('..')) return undefined;
  const path = join(place, 'refs', name);
  if (!existsSync(path)) return undefined;
  const commit = readFileSync(path, 'utf8').trim();
  return isCommit(commit) ? commit : undefined;
}
