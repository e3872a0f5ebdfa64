// The files beside an ONNX file that hold its weights: read in ranges, never whole, and only inside the model's folder, links
// included.
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, normalize, sep } from 'node:path';
import type { Digest } from '../../compiler/base/digest.js';
import type { ExternalFile, ExternalFiles } from '../../compiler/onnx/importer.js';
import { isFileError } from './model-files.js';
import { ModelFileChanged } from './model-source.js';

/** What is read at once to hash a range. */
const PIECE = 2 ** 24;

/** Files that the model at `path` may name. One that is missing, no plain file or elsewhere is undefined. */
export function externalFiles(path: string): ExternalFiles {
  const opened = new Map<string, ExternalFile | undefined>();
  return (location) => {
    if (!opened.has(location)) opened.set(location, openInside(path, location));
    return opened.get(location);
  };
}

function openInside(path: string, location: string): ExternalFile | undefined {
  const inside = normalize(location);
  if (isAbsolute(inside) || inside === '..' || inside.startsWith(`..${sep}`)) return undefined;
  const place = join(dirname(path), inside);
  try {
    // A cache may hold links to files that lie side by side: the folder of the file that the model's own path leads to is allowed.
    const folders = [realpathSync(dirname(path)), dirname(realpathSync(path))];
    const real = realpathSync(place);
    if (!folders.some((folder) => real.startsWith(`${folder}${sep}`))) return undefined;
    return fileInRanges(real, location);
  } catch (error) {
    if (isFileError(error)) return undefined;
    throw error;
  }
}

function fileInRanges(path: string, shown: string): ExternalFile | undefined {
  const opened = withFile(path, (handle) => fstatSync(handle));
  if (!opened.isFile()) return undefined;
  const ranged = <T>(read: (handle: number) => T): T =>
    withFile(path, (handle) => {
      const now = fstatSync(handle);
      if (now.size !== opened.size || now.mtimeMs !== opened.mtimeMs) throw new ModelFileChanged(shown);
      return read(handle);
    });
  return {
    size: opened.size,
    read: (offset, length) => ranged((handle) => readRange(handle, { offset, length, shown })),
    digest: (domain, offset, length) =>
      ranged((handle) => {
        const hash = createHash('sha256').update(`eis:${domain}\0`);
        for (let done = 0; done < length; done += PIECE)
          hash.update(
            readRange(handle, { offset: offset + done, length: Math.min(PIECE, length - done), shown }),
          );
        return hash.digest('hex') as Digest; // as `digestBytes` computes it
      }),
  };
}

type FileRange = { readonly offset: number; readonly length: number; readonly shown: string };

function readRange(handle: number, { offset, length, shown }: FileRange): Uint8Array {
  const bytes = new Uint8Array(length);
  // A single read is at most 2 GiB.
  for (let done = 0; done < length; ) {
    const got = readSync(handle, bytes, done, Math.min(length - done, 2 ** 30), offset + done);
    if (got === 0) throw new ModelFileChanged(shown);
    done += got;
  }
  return bytes;
}

function withFile<T>(path: string, use: (handle: number) => T): T {
  const handle = openSync(path, 'r');
  try {
    return use(handle);
  } finally {
    closeSync(handle);
  }
}
