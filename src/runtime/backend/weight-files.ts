// Weights of large models as files that every session maps into memory: written once, under their digest, and shared by all workers (and
// by all runs that are given the same folder). A file is used only after its bytes were compared with the weight. The time of a file is
// that of its last use: what collects garbage goes by it.
import { createHash } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BackendFailure } from './backend.js';

export type WeightFile = { readonly location: string; readonly length: number };

const CHUNK = 1 << 22;

export class WeightFiles {
  readonly #backend: string;
  readonly #wanted: string | null;
  /** By the memory that holds a weight: one that was written is not compared again. */
  readonly #placed = new WeakMap<ArrayBufferLike, Map<string, WeightFile>>();
  readonly #onExit = () => this.dispose();
  #folder: string | null = null;
  #temporary: string | null = null;

  /** `folder` is kept; null: one for temporary files, which `dispose` removes. */
  constructor(backend: string, folder: string | null) {
    this.#backend = backend;
    this.#wanted = folder;
  }

  /** Made when it is first asked for: most backends never need it. */
  get folder(): string {
    this.#folder ??= this.#attempt(this.#wanted ?? tmpdir(), () => {
      if (this.#wanted !== null) {
        mkdirSync(this.#wanted, { recursive: true });
        return this.#wanted;
      }
      this.#temporary = mkdtempSync(join(tmpdir(), 'eisc-weights-'));
      process.once('exit', this.#onExit);
      return this.#temporary;
    });
    return this.#folder;
  }

  /** The file that holds a weight. `make` gives its bytes from `source`, which holds them as they are or in another order. */
  place(digest: string, source: Uint8Array, make: (source: Uint8Array) => Uint8Array): WeightFile {
    const known = this.#placed.get(source.buffer) ?? new Map<string, WeightFile>();
    this.#placed.set(source.buffer, known);
    const key = `${digest} ${source.byteOffset}`;
    const before = known.get(key);
    const { folder } = this;
    const isThere =
      before !== undefined && this.#attempt(folder, () => isUsed(join(folder, before.location)));
    const file = isThere ? before : this.#written(digest, make(source));
    known.set(key, file);
    return file;
  }

  /** After the sessions are gone: some systems do not remove a file that is mapped. */
  dispose(): void {
    process.removeListener('exit', this.#onExit);
    if (this.#temporary !== null) rmSync(this.#temporary, { recursive: true, force: true, maxRetries: 3 });
    this.#temporary = null;
  }

  #written(digest: string, bytes: Uint8Array): WeightFile {
    const { folder } = this;
    const name = /^[0-9a-f]{64}$/.test(digest) ? digest : sha256(digest);
    return this.#attempt(folder, () => {
      const usual = `${name}.weight`;
      const found = holds(join(folder, usual), bytes);
      if (found === 'equal' && isUsed(join(folder, usual))) return { location: usual, length: bytes.length };
      // A weight that was changed under its digest, or a damaged file that another run may have mapped: a file of its own.
      const location = found === 'other' ? `${name}-${sha256(bytes)}.weight` : usual;
      if (
        location === usual ||
        holds(join(folder, location), bytes) !== 'equal' ||
        !isUsed(join(folder, location))
      ) {
        const draft = join(folder, `${location}.tmp-${process.pid}-${Date.now()}`);
        mkdirSync(folder, { recursive: true }); // the cache may be deleted at any time
        writeFileSync(draft, bytes);
        renameSync(draft, join(folder, location));
      }
      return { location, length: bytes.length };
    });
  }

  #attempt<T>(folder: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : null;
      if (code === null) throw error;
      throw new BackendFailure({
        kind: 'compile',
        backend: this.#backend,
        text: `the weights cannot be written to \`${folder}\` (${code})`,
        help:
          this.#wanted === null
            ? 'make room there, or name another folder for temporary files in `TMPDIR`'
            : 'make room there: `eisc gc` removes what nothing has used lately',
      });
    }
  }
}

/** Marks a file as used now; false where it was collected meanwhile. */
function isUsed(path: string): boolean {
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'ENOENT') return false;
    // Another user's file, or a disk that is only read: it can be mapped, and will merely be collected earlier.
    if (code !== 'EPERM' && code !== 'EACCES' && code !== 'EROFS') throw error;
  }
  return true;
}

function holds(path: string, bytes: Uint8Array): 'equal' | 'other' | 'missing' {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'missing';
    throw error;
  }
  try {
    if (fstatSync(file).size !== bytes.length) return 'other';
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK, bytes.length));
    for (let at = 0; at < bytes.length; ) {
      const read = readSync(file, chunk, 0, Math.min(CHUNK, bytes.length - at), at);
      if (read === 0 || chunk.compare(bytes, at, at + read, 0, read) !== 0) return 'other';
      at += read;
    }
    return 'equal';
  } finally {
    closeSync(file);
  }
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
