// How numbers lie in model files, and what they are as float32. One codec per element type of safetensors and GGUF that can
// be decoded exactly: a value is either representable in float32 as it stands, or rounded once, as the formats define it.
import { bug } from '../../compiler/base/bug.js';
import { blockCodecs } from './gguf/block-codecs.js';

export type ElementCodec = {
  /** As the format calls it: `BF16`, `Q4_1`. */
  readonly name: string;
  /** Elements are stored in blocks of so many, in so many bytes. */
  readonly blockElements: number;
  readonly blockBytes: number;
  /** `bytes` starts at offset 0 of its buffer and holds whole blocks; `out` has room for exactly their elements. */
  readonly decode: (bytes: Uint8Array, out: Float32Array) => void;
  /** Elements that are NaN or infinite: how many, and the index of the first; undefined where all are finite. */
  readonly notFinite: (bytes: Uint8Array) => NotFinite | undefined;
};

export type NotFinite = { readonly count: number; readonly first: number };

const f32: ElementCodec = {
  name: 'F32',
  blockElements: 1,
  blockBytes: 4,
  decode: (bytes, out) => out.set(new Float32Array(bytes.buffer, 0, out.length)),
  notFinite: (bytes) => {
    const exponents = new Uint32Array(bytes.buffer, 0, bytes.byteLength / 4);
    return scan(exponents.length, (i) => ((exponents[i] ?? 0) & 0x7f800000) === 0x7f800000);
  },
};

const bf16: ElementCodec = {
  name: 'BF16',
  blockElements: 1,
  blockBytes: 2,
  decode: (bytes, out) => {
    const stored = new Uint16Array(bytes.buffer, 0, out.length);
    const bits = new Uint32Array(out.buffer, out.byteOffset, out.length);
    for (let i = 0; i < bits.length; i++) bits[i] = (stored[i] ?? 0) << 16;
  },
  notFinite: (bytes) => {
    const stored = new Uint16Array(bytes.buffer, 0, bytes.byteLength / 2);
    return scan(stored.length, (i) => ((stored[i] ?? 0) & 0x7f80) === 0x7f80);
  },
};

/** Blocks are finite exactly if their scales are: 65504 · 63 · 32 is far below the largest float32. */
const blocks: readonly ElementCodec[] = blockCodecs.map((codec) => ({
  ...codec,
  notFinite: (bytes) => {
    let count = 0;
    let first = -1;
    for (let block = 0; block * codec.blockBytes < bytes.byteLength; block++) {
      const start = block * codec.blockBytes;
      // The second byte of a little-endian half holds its exponent.
      if (codec.halves.every((at) => ((bytes[start + at + 1] ?? 0) & 0x7c) !== 0x7c)) continue;
      count += codec.blockElements;
      if (first < 0) first = block * codec.blockElements;
    }
    return count === 0 ? undefined : { count, first };
  },
}));

const codecs: ReadonlyMap<string, ElementCodec> = new Map(
  [f32, bf16, ...blocks].map((one) => [one.name, one]),
);

/** The codec of an element type, or undefined where it cannot be decoded. */
export function codecOf(name: string): ElementCodec | undefined {
  return codecs.get(name);
}

/** Names of all element types that can be decoded. */
export function codecNames(): readonly string[] {
  return [...codecs.keys()];
}

/** Bytes of so many elements; undefined where they are no whole number of blocks or beyond what a file can hold. */
export function storedBytes(codec: ElementCodec, dims: readonly number[]): number | undefined {
  // The first dimension of a row-major tensor may be anything, the last one is cut into blocks.
  if (dims.length > 0 && (dims.at(-1) ?? 0) % codec.blockElements !== 0) return undefined;
  const elements = dims.reduce((product, size) => product * size, 1);
  if (dims.length === 0 && codec.blockElements !== 1) return undefined;
  const bytes = (elements / codec.blockElements) * codec.blockBytes;
  return Number.isSafeInteger(elements) && Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** The elements of whole blocks as float32. */
export function decodeElements(codec: ElementCodec, bytes: Uint8Array, elements: number): Float32Array {
  if ((elements / codec.blockElements) * codec.blockBytes !== bytes.byteLength || bytes.byteOffset !== 0)
    return bug(`${bytes.byteLength} bytes for ${elements} elements of ${codec.name}`);
  const out = new Float32Array(elements);
  codec.decode(bytes, out);
  return out;
}

function scan(length: number, isBad: (index: number) => boolean): NotFinite | undefined {
  let count = 0;
  let first = -1;
  for (let i = 0; i < length; i++) {
    if (!isBad(i)) continue;
    count += 1;
    if (first < 0) first = i;
  }
  return count === 0 ? undefined : { count, first };
}
