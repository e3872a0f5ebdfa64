// The content-addressed store under `.eis/`: a cache that may be deleted at any time. A file is named for its key and for
// the SHA-256 of its bytes, so a torn or altered one is never read as a result. Writers need no lock: a file
// appears complete or not at all, and two writers of one key write the same file.
import { join } from 'node:path';
import { type Digest, plainSha256 } from '../../compiler/base/digest.js';
import { type Host, writeAtomic } from '../host.js';
import { isFileProblem } from './problem.js';

/** Where objects are in the folder of the store. Another layout is another version. */
const OBJECTS = join('v1', 'bytes');

export type Store = {
  readonly host: Host;
  readonly folder: string;
  /** Set for work that must not find what others have stored: it is part of the keys of such work. */
  readonly namespace?: string;
};
export type StoredObject = {
  readonly key: Digest;
  readonly path: string;
  readonly bytes: number;
  readonly modifiedMs: number;
};

export type Found =
  | { readonly kind: 'hit'; readonly bytes: Uint8Array }
  /** `notes` says what was found damaged and removed. */
  | { readonly kind: 'missing'; readonly notes: readonly string[] };

/** Opens (and makes, with a .gitignore) the store of a project. */
export function openStore(host: Host, projectRoot: string): Store {
  const folder = join(projectRoot, '.eis');
  const ignore = join(folder, '.gitignore');
  if (host.stat(ignore) === undefined) writeAtomic(host, ignore, '*\n');
  return { host, folder };
}

export function putBytes(store: Store, key: Digest, bytes: Uint8Array): void {
  const path = join(shardOf(store, key), `${key}-${plainSha256(bytes)}.bin`);
  if (store.host.stat(path)?.bytes !== bytes.length) writeAtomic(store.host, path, bytes);
}

/** The bytes, checked against their checksum. Damaged files are removed where that is possible. */
export function getBytes(store: Store, key: Digest): Found {
  const notes: string[] = [];
  for (const file of filesOf(store, key)) {
    const path = join(shardOf(store, key), file);
    const bytes = readIfAny(store.host, path);
    if (bytes === undefined) continue;
    if (checksumIn(file) === plainSha256(bytes)) return { kind: 'hit', bytes };
    notes.push(
      `${path} was damaged and ${removed(store.host, path) ? 'has been removed' : 'cannot be removed'}`,
    );
  }
  return { kind: 'missing', notes };
}

/** Removes what is stored under a key. Whoever reads it meanwhile finds it missing and computes it again. */
export function removeObject(store: Store, key: Digest): void {
  for (const file of filesOf(store, key)) store.host.remove(join(shardOf(store, key), file));
}

/** A store on a read-only disk is still a cache that can be read. */
function removed(host: Host, path: string): boolean {
  try {
    host.remove(path);
    return true;
  } catch (error) {
    if (isFileProblem(error, 'read-only') || isFileProblem(error, 'no-permission')) return false;
    throw error;
  }
}

/** Another process may collect an object after it was listed. */
function readIfAny(host: Host, path: string): Uint8Array | undefined {
  try {
    return host.readBytes(path);
  } catch (error) {
    if (isFileProblem(error, 'missing')) return undefined;
    throw error;
  }
}

/** Every object, in order of key. */
export function listObjects(store: Store): readonly StoredObject[] {
  const folder = join(store.folder, OBJECTS);
  return store.host.list(folder).flatMap((shard) =>
    store.host.list(join(folder, shard)).flatMap((file) => {
      const path = join(folder, shard, file);
      const facts = store.host.stat(path);
      const key = keyIn(file);
      if (facts === undefined || key === undefined) return [];
      return [{ key, path, bytes: facts.bytes, modifiedMs: facts.modifiedMs }];
    }),
  );
}

function shardOf(store: Store, key: Digest): string {
  return join(store.folder, OBJECTS, key.slice(0, 2));
}

function filesOf(store: Store, key: Digest): readonly string[] {
  return store.host.list(shardOf(store, key)).filter((file) => keyIn(file) === key);
}

const FILE_NAME = /^([0-9a-f]{64})-([0-9a-f]{64})\.[a-z]+$/;

/** Undefined for temporary and foreign files. */
function keyIn(file: string): Digest | undefined {
  return FILE_NAME.exec(file)?.[1] as Digest | undefined; // brand: the pattern is a digest's
}

function checksumIn(file: string): string | undefined {
  return FILE_NAME.exec(file)?.[2];
}
