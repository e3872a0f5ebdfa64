// The world that the store works in: files, clock, process identity. `realHost` is the file system; tests use a memory
// host that can run out of space or die between two steps. Every failure is thrown as a `RunFailure`.
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { errnoOf, type FileAction, fail, fileFailure } from './store/problem.js';

export type FileFacts = {
  readonly kind: 'file' | 'folder' | 'other';
  readonly bytes: number;
  readonly modifiedMs: number;
};

export interface Host {
  readBytes(path: string): Uint8Array;
  /** Undefined when there is nothing of that name. Follows links. */
  stat(path: string): FileFacts | undefined;
  /** Names in a folder, sorted by code unit; empty when the folder does not exist. */
  list(path: string): readonly string[];
  makeFolder(path: string): void;
  /** Creates or truncates; the bytes are on disk when it returns. Not atomic: see `writeAtomic`. */
  writePlain(path: string, bytes: Uint8Array): void;
  /** Adds to the end, on disk when it returns. After a failure the file has its old length. */
  append(path: string, bytes: Uint8Array): void;
  /** False when the name is taken. For locks: what it creates need not outlive the machine. */
  createExclusive(path: string, bytes: Uint8Array): boolean;
  rename(from: string, to: string): void;
  /** Files and whole folders; nothing happens when there is none. */
  remove(path: string): void;
  /** Makes renames and creations in a folder durable. */
  syncFolder(path: string): void;
  nowMs(): number;
  waitMs(ms: number): void;
  readonly process: { readonly pid: number; readonly machine: string };
  /** Whether a process of this machine is alive. */
  isAlive(pid: number): boolean;
  /** A number that this process has not used before. */
  nextNumber(): number;
}

/** The file system of this machine. */
export function realHost(): Host {
  let count = 0;
  return {
    readBytes: (path) => attempt('read', path, () => readFileSync(path)),
    stat: (path) =>
      attempt('read', path, () => {
        const facts = statSync(path, { throwIfNoEntry: false });
        if (facts === undefined) return undefined;
        const kind = facts.isFile() ? 'file' : facts.isDirectory() ? 'folder' : 'other';
        return { kind, bytes: facts.size, modifiedMs: facts.mtimeMs };
      }),
    list: (path) => attempt('list', path, () => (existsSync(path) ? readdirSync(path).sort() : [])),
    makeFolder: (path) => attempt('write', path, () => void mkdirSync(path, { recursive: true })),
    writePlain: (path, bytes) => attempt('write', path, () => writeThrough(openSync(path, 'w'), bytes)),
    append: (path, bytes) => attempt('write', path, () => appendThrough(path, bytes)),
    createExclusive: (path, bytes) => attempt('lock', path, () => createNew(path, bytes)),
    rename: (from, to) => attempt('write', to, () => renameSync(from, to)),
    remove: (path) => attempt('remove', path, () => rmSync(path, { recursive: true, force: true })),
    syncFolder: (path) => attempt('write', path, () => syncFolderEntries(path)),
    nowMs: () => Date.now(),
    waitMs: (ms) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms),
    process: { pid: process.pid, machine: hostname() },
    isAlive,
    nextNumber: () => {
      count += 1;
      return count;
    },
  };
}

/** Replaces a file so that a reader sees the old content or the new, whatever happens meanwhile. */
export function writeAtomic(host: Host, path: string, content: Uint8Array | string): void {
  host.makeFolder(dirname(path));
  const temporary = temporaryName(host, path);
  try {
    host.writePlain(temporary, bytesOf(content));
    host.rename(temporary, path);
  } catch (error) {
    host.remove(temporary);
    throw error;
  }
  host.syncFolder(dirname(path));
}

/** A name beside `path` that no other process uses. Anything so named is rubbish once its process is gone. */
export function temporaryName(host: Host, path: string): string {
  return `${path}.tmp-${host.process.pid}-${host.nextNumber()}`;
}

/** Removes what killed writers of `path` left. Only where a lock says that nobody writes it now. */
export function removeLeftovers(host: Host, path: string): void {
  const start = `${basename(path)}.tmp-`;
  for (const name of host.list(dirname(path))) {
    if (name.startsWith(start) && /^\d+-\d+$/.test(name.slice(start.length)))
      host.remove(join(dirname(path), name));
  }
}

/** UTF-8 text, strictly: bytes that are not UTF-8 are a problem, not replacement characters. */
export function readText(host: Host, path: string): string {
  const text = decodeText(host.readBytes(path));
  if (text === undefined)
    return fail({ kind: 'file', why: 'not-text', action: 'read', path, detail: 'not UTF-8' });
  return text;
}

/** Undefined for bytes that are not UTF-8. A byte order mark is kept. */
export function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** The text of a file, or undefined when there is no such file. */
export function readTextIfAny(host: Host, path: string): string | undefined {
  return host.stat(path) === undefined ? undefined : readText(host, path);
}

export function exists(host: Host, path: string): boolean {
  return host.stat(path) !== undefined;
}

export function bytesOf(content: Uint8Array | string): Uint8Array {
  return typeof content === 'string' ? new TextEncoder().encode(content) : content;
}

/** Paths of all files under a folder, relative to it, with `/`, sorted. */
export function listFilesUnder(host: Host, folder: string, prefix = ''): readonly string[] {
  return host.list(join(folder, prefix)).flatMap((name) => {
    const path = prefix === '' ? name : `${prefix}/${name}`;
    return host.stat(join(folder, path))?.kind === 'folder' ? listFilesUnder(host, folder, path) : [path];
  });
}

function attempt<T>(action: FileAction, path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw fileFailure(error, action, path);
  }
}

function writeThrough(file: number, bytes: Uint8Array): void {
  try {
    writeAll(file, bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  let done = 0;
  while (done < bytes.length) done += writeSync(file, bytes, done);
}

function appendThrough(path: string, bytes: Uint8Array): void {
  const file = openSync(path, 'a');
  const length = fstatSync(file).size;
  try {
    writeAll(file, bytes);
    fsyncSync(file);
  } catch (error) {
    ftruncateSync(file, length); // no half line stays behind a full disk
    throw error;
  } finally {
    closeSync(file);
  }
}

function createNew(path: string, bytes: Uint8Array): boolean {
  let file: number;
  try {
    file = openSync(path, 'wx');
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
  try {
    writeAll(file, bytes);
  } finally {
    closeSync(file);
  }
  return true;
}

/** Windows cannot open a folder; there renames are made durable by the file system itself. */
function syncFolderEntries(path: string): void {
  if (process.platform === 'win32') return;
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: there is such a process, but it is another user's.
    return errnoOf(error) === 'EPERM';
  }
}
