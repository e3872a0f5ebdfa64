// Reading model files: bytes or a problem, never an exception; and the folder of the models that ship with the package.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plain } from '../../compiler/base/canonical.js';
import type { ModelProblem } from '../../compiler/model/problem.js';
import { bytesOf, type HostTensor } from '../backend/host-tensor.js';
import { packageRoot } from '../package-root.js';
import { ModelFileChanged } from './model-source.js';

export type Loaded<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'problem'; readonly problem: ModelProblem };

export function loaded<T>(value: T): Loaded<T> {
  return { kind: 'ok', value };
}

export function failed(problem: ModelProblem): { readonly kind: 'problem'; readonly problem: ModelProblem } {
  return { kind: 'problem', problem };
}

/** `shown` is the path as the reader of a diagnostic knows it. */
export function readModelFile(path: string, shown: string): Loaded<Uint8Array> {
  try {
    return loaded(readFileSync(path));
  } catch (error) {
    return fileProblem(error, shown);
  }
}

/** The problem behind an exception of the file system or of a changed file; any other exception is thrown again. */
export function fileProblem(
  error: unknown,
  shown: string,
): { readonly kind: 'problem'; readonly problem: ModelProblem } {
  if (error instanceof ModelFileChanged) return failed({ kind: 'file-changed', path: error.path });
  if (!isFileError(error)) throw error;
  return failed({ kind: 'unreadable', path: shown, text: REASONS.get(error.code) ?? error.message });
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file'],
  ['EISDIR', 'it is a folder'],
  ['EACCES', 'reading it is not permitted'],
  ['ERR_FS_FILE_TOO_LARGE', 'it is larger than 2 GiB, which is more than is read at once'],
]);

export function parseJson(bytes: Uint8Array, shown: string): Loaded<Plain> {
  try {
    return loaded(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return failed({ kind: 'malformed', path: shown, text: `it is not JSON (${text})` });
  }
}

/** The package's own `models`. */
export function bundledFolder(): string {
  return join(packageRoot(), 'models');
}

/** Names of the models that ship with the package. */
export function bundledNames(folder: string = bundledFolder()): readonly string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((one) => one.isDirectory() && existsSync(join(folder, one.name, 'manifest.json')))
    .map((one) => one.name)
    .sort();
}

/** What `sha256sum` prints. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Content of a weight with its element type and dims: `digestBytes` of the compiler, by the faster library. */
export function weightDigest(tensor: HostTensor): string {
  const domain = `weight ${tensor.dtype}[${tensor.dims.join()}]`;
  return createHash('sha256').update(`eis:${domain}\0`).update(bytesOf(tensor)).digest('hex');
}

export function isFileError(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}
