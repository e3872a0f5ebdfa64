// The fields and the tensor table of a GGUF file. The library parses; here the file is measured before and after, because the
// library reads zeros where a file ends early and believes offsets.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { codecNames, codecOf, type ElementCodec, storedBytes } from '../element-codec.js';
import { failed, fileProblem, type Loaded, loaded } from '../model-files.js';

export type GgufValue = string | number | bigint | boolean | readonly GgufValue[];
export type GgufFields = ReadonlyMap<string, GgufValue>;

export type GgufEntry = {
  readonly name: string;
  /** Row-major, the slowest dimension first: the reverse of the file's order. */
  readonly dims: readonly number[];
  readonly codec: ElementCodec;
  /** From the start of the file. */
  readonly begin: number;
  readonly bytes: number;
};

export type GgufHeader = { readonly fields: GgufFields; readonly entries: readonly GgufEntry[] };

/** Smallest possible sizes: a field is a key length, a type and a byte; a tensor a name length, counts, type and offset. */
const LEAST_FIELD = 8 + 4 + 1;
const LEAST_TENSOR = 8 + 4 + 4 + 8;
const FIXED = 24;

/** Reads the header only. Memory: bounded by the library's limit of 50 MB of header. */
export async function readGgufHeader(path: string, shown: string): Promise<Loaded<GgufHeader>> {
  const bad = (text: string) => failed({ kind: 'gguf-file', path: shown, text });
  let size: number;
  try {
    const start = readStart(path);
    if (start.fault !== undefined) return bad(start.fault);
    size = start.size;
  } catch (error) {
    return fileProblem(error, shown);
  }
  const { gguf, GGMLQuantizationType } = await import('@huggingface/gguf');
  let parsed: Awaited<ReturnType<typeof gguf>>;
  try {
    parsed = await gguf(path, { allowLocalFile: true });
  } catch (error) {
    // Everything inside is the parser at work on this file; whatever it throws is about the file.
    return bad(error instanceof Error ? firstLower(error.message) : String(error));
  }
  if (parsed.tensorInfoByteRange[1] > size) return bad('its header is cut short');
  const dataStart = Number(parsed.tensorDataOffset);
  const entries: GgufEntry[] = [];
  const names = new Set<string>();
  for (const { name, shape, dtype, offset } of parsed.tensorInfos) {
    if (names.has(name)) return bad(`it has two tensors \`${name}\``);
    names.add(name);
    const type = GGMLQuantizationType[dtype] ?? `number ${dtype}`;
    const codec = codecOf(type);
    if (codec === undefined)
      return failed({ kind: 'element-type', path: shown, tensor: name, type, known: codecNames() });
    const dims = shape.map(Number).reverse();
    const bytes = storedBytes(codec, dims);
    if (bytes === undefined)
      return bad(`\`${name}\` has the shape [${shape.join(', ')}], which ${type} cannot have`);
    const begin = dataStart + Number(offset);
    if (!Number.isSafeInteger(begin) || begin + bytes > size)
      return bad(
        `\`${name}\` should lie at bytes ${begin} to ${begin + bytes} of ${size}; it is cut short or altered`,
      );
    entries.push({ name, dims, codec, begin, bytes });
  }
  const overlap = overlapOf(entries);
  if (overlap !== undefined) return bad(overlap);
  // The library's types know some architectures; a file may say anything.
  const fields = new Map(Object.entries(parsed.metadata as unknown as { readonly [key: string]: GgufValue }));
  return loaded({ fields, entries });
}

function readStart(path: string): { readonly size: number; readonly fault?: string } {
  const handle = openSync(path, 'r');
  try {
    const { size } = fstatSync(handle);
    const bytes = new Uint8Array(FIXED);
    readSync(handle, bytes, 0, FIXED, 0);
    const view = new DataView(bytes.buffer);
    if (new TextDecoder().decode(bytes.subarray(0, 4)) !== 'GGUF')
      return { size, fault: 'it does not begin with GGUF' };
    if (size < FIXED) return { size, fault: `it has ${size} bytes; it is cut short` };
    const version = view.getUint32(4, true);
    if (version !== 0 && (version & 0xffff) === 0) return { size, fault: 'it is big-endian' };
    if (version !== 2 && version !== 3) return { size, fault: `it has version ${version}` };
    const tensors = view.getBigUint64(8, true);
    const fields = view.getBigUint64(16, true);
    if (tensors > BigInt(Math.floor(size / LEAST_TENSOR)))
      return { size, fault: `it states ${tensors} tensors in ${size} bytes` };
    if (fields > BigInt(Math.floor(size / LEAST_FIELD)))
      return { size, fault: `it states ${fields} fields in ${size} bytes` };
    return { size };
  } finally {
    closeSync(handle);
  }
}

function overlapOf(entries: readonly GgufEntry[]): string | undefined {
  let end = 0;
  let before = '';
  for (const one of entries.toSorted((a, b) => a.begin - b.begin || a.bytes - b.bytes)) {
    if (one.begin < end) return `\`${one.name}\` and \`${before}\` overlap`;
    end = one.begin + one.bytes;
    before = one.name;
  }
  return undefined;
}

function firstLower(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}
