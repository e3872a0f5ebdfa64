// Files as rows of bytes, the input of a file-type classifier: white space stripped at both ends, the first `head`
// bytes filled up at their end, the last `tail` bytes filled up at their beginning.
import picomatch from 'picomatch';
import { plainSha256 } from '../../compiler/base/digest.js';
import type { ByteFilesSpec, FileEntry } from '../../compiler/data/data-spec.js';
import { type ContentFacts, type Fill, type FilledRows, fullColumn } from './fill.js';
import { layOutFixed } from './fixed-layout.js';
import type { Layout } from './layout.js';
import {
  badRange,
  type DataProblem,
  failed,
  fileChanged,
  fileTooLarge,
  fileUnreadable,
  hasError,
  type Made,
  madeUnless,
  noFiles,
  splitColumnUnknown,
} from './problem.js';
import type { Column } from './row-set.js';

export const LARGEST_FILE_BYTES = 512 * 1024 * 1024;

/** Paths with `/` that match the glob, sorted; hidden files only where the glob names them. */
export function matchFiles(pattern: string, paths: Iterable<string>): string[] {
  const matches = picomatch(pattern);
  return [...paths].filter((path) => matches(path)).sort((a, b) => (a < b ? -1 : 1));
}

/** The matching files with their digests: the identity of a corpus. Reads every file once. */
export function indexFiles(
  pattern: string,
  paths: Iterable<string>,
  readBytes: (path: string) => Uint8Array | undefined,
): Made<readonly FileEntry[]> {
  const problems: DataProblem[] = [];
  const files: FileEntry[] = [];
  for (const path of matchFiles(pattern, paths)) {
    const bytes = readBytes(path);
    if (bytes === undefined) problems.push(fileUnreadable(path));
    else if (bytes.length > LARGEST_FILE_BYTES)
      problems.push(fileTooLarge(path, bytes.length, LARGEST_FILE_BYTES));
    else files.push({ path, digest: plainSha256(bytes), bytes: bytes.length });
  }
  if (files.length === 0 && problems.length === 0) problems.push(noFiles(pattern));
  return madeUnless(problems, () => files);
}

function folderOf(path: string): string {
  return path.split('/').at(-2) ?? '';
}

const SPLIT_COLUMNS = ['file', 'folder'] as const;

export function layOutByteFiles(spec: ByteFilesSpec, root: string): Made<Layout> {
  const problems: DataProblem[] = [];
  for (const [name, value] of [
    ['head', spec.head],
    ['tail', spec.tail],
  ] as const) {
    if (!(Number.isInteger(value) && value >= 0)) problems.push(badRange(name, 0, value));
  }
  if (!(spec.head + spec.tail > 0)) problems.push(badRange('head', 1, spec.head));
  const { split } = spec;
  if (split.kind === 'by' && !SPLIT_COLUMNS.some((name) => name === split.column)) {
    problems.push(splitColumnUnknown(split.column, SPLIT_COLUMNS));
  }
  if (hasError(problems)) return failed(problems);
  const byFolder = split.kind === 'by' && split.column === 'folder';
  const rows = spec.files.map((file) => ({
    cluster: byFolder ? folderOf(file.path) : file.path,
    unit: byFolder ? folderOf(file.path) : file.path,
    content: file.digest,
    whole: file.digest,
  }));
  return layOutFixed({ what: 'the corpus', unit: byFolder ? 'folder' : 'file', rows, split, root });
}

export function fillByteFiles(spec: ByteFilesSpec, fill: Fill): Made<FilledRows> {
  const width = spec.head + spec.tail;
  const values = new Int32Array(width * fill.places.length);
  const files: FileEntry[] = [];
  const problems: DataProblem[] = [];
  for (const [row, place] of fill.places.entries()) {
    const file = spec.files[place.source];
    if (file === undefined) continue;
    files.push(file);
    const bytes = fill.readBytes(file.path);
    if (bytes === undefined) problems.push(fileUnreadable(file.path));
    else if (plainSha256(bytes) !== file.digest) problems.push(fileChanged(file.path));
    else values.set(headAndTail(bytes, spec), row * width);
  }
  const lengths = new Int32Array(fill.places.length).fill(width);
  const offsets = Int32Array.from({ length: fill.places.length + 1 }, (_, row) => row * width);
  const columns = new Map<string, Column>([
    ['bytes', { kind: 'tokens', offsets, values }],
    ['file', { kind: 'texts', values: files.map((file) => file.path) }],
    ['folder', { kind: 'texts', values: files.map((file) => folderOf(file.path)) }],
  ]);
  if (spec.label === 'folder')
    columns.set('label', { kind: 'texts', values: files.map((file) => folderOf(file.path)) });
  const base = { lengths, columns, roles: new Map(), roleStarts: new Map() };
  return madeUnless(problems, () => ({ base, variants: new Map() }));
}

/** ASCII white space, as Python's `bytes.strip` has it. */
function isBlank(byte: number | undefined): boolean {
  return byte !== undefined && (byte === 32 || (byte >= 9 && byte <= 13));
}

/** The model's input for one file. An empty file is padding only. */
export function headAndTail(
  bytes: Uint8Array,
  shape: { readonly head: number; readonly tail: number; readonly pad: number },
): Int32Array {
  let start = 0;
  let end = bytes.length;
  while (start < end && isBlank(bytes[start])) start += 1;
  while (end > start && isBlank(bytes[end - 1])) end -= 1;
  const row = new Int32Array(shape.head + shape.tail).fill(shape.pad);
  row.set(bytes.subarray(start, Math.min(end, start + shape.head)), 0);
  const last = bytes.subarray(Math.max(start, end - shape.tail), end);
  row.set(last, row.length - last.length);
  return row;
}

export function factsOfByteFiles(spec: ByteFilesSpec): ContentFacts {
  const width = spec.head + spec.tail;
  return {
    columns: [
      fullColumn('bytes', 'tokens'),
      fullColumn('file', 'text'),
      fullColumn('folder', 'text'),
      ...(spec.label === 'folder' ? [fullColumn('label', 'text')] : []),
    ],
    roles: [],
    variants: [],
    length: { low: width, high: width },
  };
}
