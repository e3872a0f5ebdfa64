// A file system in memory for tests: it can be full, read-only or forbidden, and it can die before its n-th change, as a
// killed process does. Time passes only when something waits.
import { dirname } from 'node:path';
import type { FileFacts, Host } from '../../src/runtime/host.js';
import { type FileAction, type FileProblemKind, RunFailure } from '../../src/runtime/store/problem.js';

type Entry = { readonly kind: 'file' | 'folder'; readonly bytes: Uint8Array; readonly modifiedMs: number };

export type MemoryHostSettings = {
  /** Total bytes of all files; a write that goes past it writes what fits and fails with no-space. */
  readonly capacity?: number;
  readonly readOnly?: boolean;
  /** Paths under these prefixes refuse everything with no-permission. */
  readonly forbidden?: readonly string[];
  /** The n-th change (counted from 0) is half done and then everything stops, as if killed. */
  readonly diesAt?: number;
  readonly alive?: readonly number[];
  readonly pid?: number;
};

/** Thrown where the process would have died; nothing in the source may catch it. */
export class Death extends Error {}

export class MemoryHost implements Host {
  readonly process: { readonly pid: number; readonly machine: string };
  settings: MemoryHostSettings;
  readonly #entries: Map<string, Entry>;
  #now = 1_000_000;
  #count = 0;
  #changes = 0;
  #dead = false;

  constructor(settings: MemoryHostSettings = {}, disk?: MemoryHost) {
    this.settings = settings;
    this.#entries = disk === undefined ? new Map([['/', folder(0)]]) : disk.#entries;
    this.process = { pid: settings.pid ?? 1, machine: 'memory' };
  }

  /** How many changes were made so far. */
  get changes(): number {
    return this.#changes;
  }

  /** The same disk seen by another process. */
  reopened(settings: MemoryHostSettings = {}): MemoryHost {
    return new MemoryHost({ pid: this.process.pid + 1, ...settings }, this);
  }

  files(): readonly string[] {
    return [...this.#entries].flatMap(([path, entry]) => (entry.kind === 'file' ? [path] : [])).sort();
  }

  readBytes(path: string): Uint8Array {
    this.#check('read', path);
    const entry = this.#entries.get(path);
    if (entry === undefined) throw failure('missing', 'read', path);
    if (entry.kind === 'folder') throw failure('not-a-file', 'read', path);
    return entry.bytes.slice();
  }

  stat(path: string): FileFacts | undefined {
    this.#check('read', path);
    const entry = this.#entries.get(path);
    return entry && { kind: entry.kind, bytes: entry.bytes.length, modifiedMs: entry.modifiedMs };
  }

  list(path: string): readonly string[] {
    this.#check('list', path);
    const start = path.endsWith('/') ? path : `${path}/`;
    const inside = [...this.#entries.keys()].filter((one) => one.startsWith(start) && one !== start);
    return [...new Set(inside.map((one) => one.slice(start.length).split('/')[0] ?? ''))].sort();
  }

  makeFolder(path: string): void {
    if (this.#entries.get(path)?.kind === 'folder') return;
    this.#change('write', path, () => {
      for (let at = path; !this.#entries.has(at); at = dirname(at)) this.#entries.set(at, folder(this.#now));
    });
  }

  writePlain(path: string, bytes: Uint8Array): void {
    this.#change('write', path, (half) => this.#put(path, half ? bytes.slice(0, bytes.length >> 1) : bytes));
  }

  append(path: string, bytes: Uint8Array): void {
    const old = this.#entries.get(path)?.bytes ?? new Uint8Array();
    this.#change('write', path, (half) => {
      const added = half ? bytes.slice(0, bytes.length >> 1) : bytes;
      try {
        this.#put(path, Uint8Array.from([...old, ...added]));
      } catch (error) {
        this.#put(path, old);
        throw error;
      }
    });
  }

  createExclusive(path: string, bytes: Uint8Array): boolean {
    this.#check('lock', path);
    if (this.#entries.has(path)) return false;
    this.#change('lock', path, (half) => this.#put(path, half ? new Uint8Array() : bytes));
    return true;
  }

  rename(from: string, to: string): void {
    this.#check('write', from);
    this.#change('write', to, (half) => {
      if (half) return; // a rename has no half
      if (!this.#entries.has(from)) throw failure('missing', 'write', from);
      const target = this.#entries.get(to);
      if (target?.kind === 'folder' && this.list(to).length > 0) throw failure('other', 'write', to);
      for (const [path, entry] of [...this.#entries]) {
        if (path !== from && !path.startsWith(`${from}/`)) continue;
        this.#entries.delete(path);
        this.#entries.set(to + path.slice(from.length), entry);
      }
    });
  }

  remove(path: string): void {
    if (!this.#entries.has(path)) return;
    this.#change('remove', path, (half) => {
      const gone = [...this.#entries.keys()].filter((one) => one === path || one.startsWith(`${path}/`));
      for (const one of half ? gone.slice(gone.length >> 1) : gone) this.#entries.delete(one);
    });
  }

  syncFolder(path: string): void {
    this.#check('write', path);
  }

  nowMs(): number {
    return this.#now;
  }

  waitMs(ms: number): void {
    this.#now += ms;
  }

  isAlive(pid: number): boolean {
    return pid === this.process.pid || (this.settings.alive ?? []).includes(pid);
  }

  nextNumber(): number {
    this.#count += 1;
    return this.#count;
  }

  #check(action: FileAction, path: string): void {
    if (this.#dead) throw new Death();
    const forbidden = this.settings.forbidden ?? [];
    if (forbidden.some((start) => path.startsWith(start))) throw failure('no-permission', action, path);
  }

  #change(action: FileAction, path: string, work: (half: boolean) => void): void {
    this.#check(action, path);
    if (this.settings.readOnly === true) throw failure('read-only', action, path);
    if (this.#changes === this.settings.diesAt) {
      this.#dead = true;
      work(true);
      throw new Death();
    }
    this.#changes += 1;
    work(false);
  }

  #put(path: string, bytes: Uint8Array): void {
    if (this.#entries.get(path)?.kind === 'folder') throw failure('not-a-file', 'write', path);
    if (this.#entries.get(dirname(path))?.kind !== 'folder') throw failure('missing', 'write', path);
    let used = 0;
    for (const [other, entry] of this.#entries) if (other !== path) used += entry.bytes.length;
    const room = Math.max(0, (this.settings.capacity ?? Number.POSITIVE_INFINITY) - used);
    this.#entries.set(path, { kind: 'file', bytes: bytes.slice(0, room), modifiedMs: this.#now });
    if (bytes.length > room) throw failure('no-space', 'write', path);
  }
}

function folder(modifiedMs: number): Entry {
  return { kind: 'folder', bytes: new Uint8Array(), modifiedMs };
}

function failure(why: FileProblemKind, action: FileAction, path: string): RunFailure {
  return new RunFailure({ kind: 'file', why, action, path, detail: `${why} (memory)` });
}
