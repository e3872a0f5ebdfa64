// The tensors of a safetensors file on disk, by ranges: the header is read, then one tensor at a time.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { codecOf } from '../element-codec.js';
import { failed, fileProblem, isFileError, type Loaded, loaded } from '../model-files.js';
import type { FileTensor } from '../model-source.js';
import { type HeaderEntry, headerLength, LENGTH_BYTES, parseHeader } from '../safetensors-header.js';
import { storedTensor } from '../stored-tensor.js';
import { sameLayout } from '../tensor-layout.js';
import { float32Bytes } from '../weight-budget.js';

export type TensorFile = {
  readonly tensors: ReadonlyMap<string, FileTensor>;
  readonly undecoded: ReadonlyMap<string, { readonly stored: string; readonly path: string }>;
};

/** Every tensor of the file. Memory: the header and one tensor. */
export function openSafetensors(path: string, shown: string): Loaded<TensorFile> {
  try {
    const header = readHeader(path);
    if (header.kind === 'problem') return failed({ kind: 'damaged-weights', path: shown, text: header.text });
    const tensors = new Map<string, FileTensor>();
    const undecoded = new Map<string, { readonly stored: string; readonly path: string }>();
    for (const { name, element, dims, begin, end } of header.entries) {
      const codec = codecOf(element);
      if (codec === undefined) {
        undecoded.set(name, { stored: element, path: shown });
        continue;
      }
      const at = header.dataStart + begin;
      const file = { path, shown };
      tensors.set(
        name,
        storedTensor({ file, begin: at, bytes: end - begin, codec, dims, layout: sameLayout }),
      );
    }
    return loaded({ tensors, undecoded });
  } catch (error) {
    return fileProblem(error, shown);
  }
}

/** Bytes of the file's tensors as float32, by its header alone; 0 where `openSafetensors` will say what is wrong with it. */
export function safetensorsBytes(path: string): number {
  try {
    const header = readHeader(path);
    if (header.kind === 'problem') return 0;
    return float32Bytes(header.entries.filter(({ element }) => codecOf(element) !== undefined));
  } catch (error) {
    if (isFileError(error)) return 0;
    throw error;
  }
}

type Header =
  | { readonly kind: 'ok'; readonly entries: readonly HeaderEntry[]; readonly dataStart: number }
  | { readonly kind: 'problem'; readonly text: string };

function readHeader(path: string): Header {
  const handle = openSync(path, 'r');
  try {
    const { size } = fstatSync(handle);
    const start = new Uint8Array(LENGTH_BYTES);
    readSync(handle, start, 0, LENGTH_BYTES, 0);
    const length = headerLength(start, size);
    if (length.kind === 'problem') return length;
    const bytes = new Uint8Array(length.value);
    readSync(handle, bytes, 0, length.value, LENGTH_BYTES);
    const dataStart = LENGTH_BYTES + length.value;
    const entries = parseHeader(bytes, size - dataStart);
    return entries.kind === 'problem' ? entries : { kind: 'ok', entries: entries.value, dataStart };
  } finally {
    closeSync(handle);
  }
}
