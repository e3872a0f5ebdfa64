// The content-addressed store under `.eis/`: a cache that may be deleted at any time. A file is named for its key and for
// the SHA-256 of its bytes, so a torn or altered one is never read as a result, and numpy or a spreadsheet can open it.
// Writers need no lock: a file appears complete or not at all, and two writers of one key write the same file.
import { join } from 'node:path';
import type { Plain } from '../../compiler/base/canonical.js';
import { type Digest, plainSha256 } from '../../compiler/base/digest.js';
import { bytesOf, decodeText, type Host, readTextIfAny, writeAtomic } from '../host.js';
import { jcs, parseExactly, readableJson } from './json.js';
import { type KeyParts, keyOf, type RecordedParts, recordParts } from './key.js';
import { type NpyArray, readNpy, writeNpy } from './npy.js';
import { isFileProblem } from './problem.js';

/** The layout of the folder. Another version is another folder. */
const LAYOUT = 'v1';

export type ObjectKind = 'array' | 'record' | 'table' | 'bytes';

const EXTENSIONS = { array: 'npy', record: 'json', table: 'csv', bytes: 'bin' } as const satisfies Record<
  ObjectKind,
  string
>;

export type Store = {
  readonly host: Host;
  readonly folder: string;
  /** Set for work that must not find what others have stored: it is part of the keys of such work. */
  readonly namespace?: string;
};
export type ObjectName = { readonly kind: ObjectKind; readonly key: Digest };
export type StoredObject = ObjectName & {
  readonly path: string;
  readonly bytes: number;
  readonly modifiedMs: number;
};

export type Found<T> =
  | { readonly kind: 'hit'; readonly value: T }
  /** `notes` says what was found damaged and removed. */
  | { readonly kind: 'missing'; readonly notes: readonly string[] };

/** Opens (and makes, with a .gitignore) the store of a project. */
export function openStore(host: Host, projectRoot: string): Store {
  const folder = join(projectRoot, '.eis');
  const ignore = join(folder, '.gitignore');
  if (host.stat(ignore) === undefined) writeAtomic(host, ignore, '*\n');
  return { host, folder };
}

export function putBytes(store: Store, name: ObjectName, content: Uint8Array | string): void {
  const bytes = bytesOf(content);
  const file = `${name.key}-${plainSha256(bytes)}.${EXTENSIONS[name.kind]}`;
  const path = join(shardOf(store, name), file);
  if (store.host.stat(path)?.bytes !== bytes.length) writeAtomic(store.host, path, bytes);
}

/** The bytes, checked against their checksum. Damaged files are removed where that is possible. */
export function getBytes(store: Store, name: ObjectName): Found<Uint8Array> {
  const notes: string[] = [];
  for (const file of filesOf(store, name)) {
    const path = join(shardOf(store, name), file);
    const bytes = readIfAny(store.host, path);
    if (bytes === undefined) continue;
    if (checksumIn(file) === plainSha256(bytes)) return { kind: 'hit', value: bytes };
    notes.push(
      `${path} was damaged and ${removed(store.host, path) ? 'has been removed' : 'cannot be removed'}`,
    );
  }
  return { kind: 'missing', notes };
}

/** Removes what is stored under a name. Whoever reads it meanwhile finds it missing and computes it again. */
export function removeObject(store: Store, name: ObjectName): void {
  for (const file of filesOf(store, name)) store.host.remove(join(shardOf(store, name), file));
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

/** Whether there is something of that name; only `get` finds out whether it is whole. */
export function has(store: Store, name: ObjectName): boolean {
  return filesOf(store, name).length > 0;
}

export function putArray(store: Store, key: Digest, array: NpyArray): void {
  putBytes(store, { kind: 'array', key }, writeNpy(array));
}

export function getArray(store: Store, key: Digest): Found<NpyArray> {
  const found = getBytes(store, { kind: 'array', key });
  if (found.kind === 'missing') return found;
  const read = readNpy(found.value);
  return read.kind === 'ok'
    ? { kind: 'hit', value: read.array }
    : { kind: 'missing', notes: [`array ${key}: ${read.text}`] };
}

export function putRecord(store: Store, key: Digest, record: Plain): void {
  putBytes(store, { kind: 'record', key }, jcs(record));
}

export function getRecord(store: Store, key: Digest): Found<Plain> {
  const found = getBytes(store, { kind: 'record', key });
  if (found.kind === 'missing') return found;
  const read = parseExactly(decodeText(found.value) ?? '', jcs);
  return read.kind === 'ok'
    ? { kind: 'hit', value: read.value }
    : { kind: 'missing', notes: [`record ${key}: ${read.text}`] };
}

/** Every object, in order of kind and key. */
export function listObjects(store: Store): readonly StoredObject[] {
  return objectKinds().flatMap((kind) => {
    const folder = join(store.folder, LAYOUT, kind);
    return store.host.list(folder).flatMap((shard) =>
      store.host.list(join(folder, shard)).flatMap((file) => {
        const path = join(folder, shard, file);
        const facts = store.host.stat(path);
        const key = keyIn(file);
        if (facts === undefined || key === undefined) return [];
        return [{ kind, key, path, bytes: facts.bytes, modifiedMs: facts.modifiedMs }];
      }),
    );
  });
}

/** Remembers what a step of a pipeline was last computed from, so that `eisc plan` can say why it runs again. */
export function rememberParts(store: Store, step: string, parts: KeyParts): void {
  writeAtomic(store.host, partsPath(store, step), readableJson(recordParts(parts)));
}

/** What the step was last computed from; undefined when it never was or the record is damaged. */
export function recallParts(store: Store, step: string): RecordedParts | undefined {
  const text = readTextIfAny(store.host, partsPath(store, step));
  const read = parseExactly(text ?? '', readableJson);
  // the exact form and our own folder: it is what `rememberParts` wrote
  return read.kind === 'ok' ? (read.value as RecordedParts) : undefined;
}

function partsPath(store: Store, step: string): string {
  return join(store.folder, LAYOUT, 'steps', `${keyOf({ what: 'step', inputs: { step } })}.json`);
}

function shardOf(store: Store, { kind, key }: ObjectName): string {
  return join(store.folder, LAYOUT, kind, key.slice(0, 2));
}

function filesOf(store: Store, name: ObjectName): readonly string[] {
  return store.host.list(shardOf(store, name)).filter((file) => keyIn(file) === name.key);
}

const FILE_NAME = /^([0-9a-f]{64})-([0-9a-f]{64})\.[a-z]+$/;

/** Undefined for temporary and foreign files. */
function keyIn(file: string): Digest | undefined {
  return FILE_NAME.exec(file)?.[1] as Digest | undefined; // brand: the pattern is a digest's
}

function checksumIn(file: string): string | undefined {
  return FILE_NAME.exec(file)?.[2];
}

function objectKinds(): readonly ObjectKind[] {
  return Object.keys(EXTENSIONS) as ObjectKind[]; // the table's own keys
}
