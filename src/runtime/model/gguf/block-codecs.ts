// The block formats of GGML (ggml-common.h and ggml-quants.c of llama.cpp), little-endian, to float32. A block holds one or
// two half-precision scales and small integers. Every product of a scale and integers is exact in double precision and
// rounded once when it is stored, which is what the reference does in float32.
export type BlockCodec = {
  readonly name: string;
  readonly blockElements: number;
  readonly blockBytes: number;
  /** Where the half-precision numbers of a block begin. */
  readonly halves: readonly number[];
  readonly decode: (bytes: Uint8Array, out: Float32Array) => void;
};

type DecodeBlock = (bytes: Uint8Array, start: number, out: Float32Array, at: number) => void;

function codec(
  name: string,
  sizes: { readonly elements: number; readonly bytes: number; readonly halves: readonly number[] },
  decodeBlock: DecodeBlock,
): BlockCodec {
  return {
    name,
    blockElements: sizes.elements,
    blockBytes: sizes.bytes,
    halves: sizes.halves,
    decode: (bytes, out) => {
      for (let start = 0, at = 0; at < out.length; start += sizes.bytes, at += sizes.elements) {
        decodeBlock(bytes, start, out, at);
      }
    },
  };
}

/** Every half-precision number by its bits. */
const halfValues: Float32Array = Float32Array.from({ length: 65_536 }, (_, bits) => {
  const sign = bits >>> 15 === 0 ? 1 : -1;
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
});

/** The byte at an index; an index outside reads 0, which callers exclude by their sizes. */
function u8(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

function i8(bytes: Uint8Array, at: number): number {
  return (u8(bytes, at) << 24) >> 24;
}

function half(bytes: Uint8Array, at: number): number {
  return halfValues[u8(bytes, at) | (u8(bytes, at + 1) << 8)] ?? 0;
}

/** 32 nibbles: the low ones of 16 bytes, then the high ones; `high` gives a fifth bit. */
function nibbles(
  read: { readonly bytes: Uint8Array; readonly from: number; readonly high: ((i: number) => number) | null },
  put: (index: number, value: number) => void,
): void {
  for (let i = 0; i < 16; i++) {
    const byte = u8(read.bytes, read.from + i);
    put(i, (byte & 15) | (read.high === null ? 0 : read.high(i) << 4));
    put(i + 16, (byte >>> 4) | (read.high === null ? 0 : read.high(i + 16) << 4));
  }
}

const f16 = codec('F16', { elements: 1, bytes: 2, halves: [0] }, (bytes, start, out, at) => {
  out[at] = half(bytes, start);
});

const q80 = codec('Q8_0', { elements: 32, bytes: 34, halves: [0] }, (bytes, start, out, at) => {
  const scale = half(bytes, start);
  for (let i = 0; i < 32; i++) out[at + i] = scale * i8(bytes, start + 2 + i);
});

const q40 = codec('Q4_0', { elements: 32, bytes: 18, halves: [0] }, (bytes, start, out, at) => {
  const scale = half(bytes, start);
  nibbles({ bytes, from: start + 2, high: null }, (i, value) => {
    out[at + i] = scale * (value - 8);
  });
});

const q41 = codec('Q4_1', { elements: 32, bytes: 20, halves: [0, 2] }, (bytes, start, out, at) => {
  const scale = half(bytes, start);
  const least = half(bytes, start + 2);
  nibbles({ bytes, from: start + 4, high: null }, (i, value) => {
    out[at + i] = scale * value + least;
  });
});

const q50 = codec('Q5_0', { elements: 32, bytes: 22, halves: [0] }, (bytes, start, out, at) => {
  const scale = half(bytes, start);
  const high = (i: number) => (u8(bytes, start + 2 + (i >>> 3)) >>> (i & 7)) & 1;
  nibbles({ bytes, from: start + 6, high }, (i, value) => {
    out[at + i] = scale * (value - 16);
  });
});

const q51 = codec('Q5_1', { elements: 32, bytes: 24, halves: [0, 2] }, (bytes, start, out, at) => {
  const scale = half(bytes, start);
  const least = half(bytes, start + 2);
  const high = (i: number) => (u8(bytes, start + 4 + (i >>> 3)) >>> (i & 7)) & 1;
  nibbles({ bytes, from: start + 8, high }, (i, value) => {
    out[at + i] = scale * value + least;
  });
});

/** Scale and minimum of part `part` of 8: six bits each, packed in 12 bytes (`get_scale_min_k4`). */
function sixBits(bytes: Uint8Array, from: number, part: number): { scale: number; least: number } {
  if (part < 4) return { scale: u8(bytes, from + part) & 63, least: u8(bytes, from + part + 4) & 63 };
  const shared = u8(bytes, from + part + 4);
  return {
    scale: (shared & 15) | ((u8(bytes, from + part - 4) >>> 6) << 4),
    least: (shared >>> 4) | ((u8(bytes, from + part) >>> 6) << 4),
  };
}

/** Q4_K and Q5_K: 8 parts of 32 elements; `fifth` is where the fifth bits begin, null where there are none. */
function kBlock(fifth: number | null, quants: number): DecodeBlock {
  return (bytes, start, out, at) => {
    const scale = half(bytes, start);
    const least = half(bytes, start + 2);
    for (let part = 0; part < 8; part++) {
      const packed = sixBits(bytes, start + 4, part);
      const step = scale * packed.scale;
      const shift = least * packed.least;
      const from = start + quants + (part >>> 1) * 32;
      for (let i = 0; i < 32; i++) {
        const byte = u8(bytes, from + i);
        const low = (part & 1) === 0 ? byte & 15 : byte >>> 4;
        const bit = fifth === null ? 0 : (u8(bytes, start + fifth + i) >>> part) & 1;
        out[at + part * 32 + i] = step * (low | (bit << 4)) - shift;
      }
    }
  };
}

const q4k = codec('Q4_K', { elements: 256, bytes: 144, halves: [0, 2] }, kBlock(null, 16));
const q5k = codec('Q5_K', { elements: 256, bytes: 176, halves: [0, 2] }, kBlock(16, 48));

/** 128 low halves, 64 bytes of upper bit pairs, 16 signed scales of 16 elements each, and the scale of the block last. */
const q6k = codec('Q6_K', { elements: 256, bytes: 210, halves: [208] }, (bytes, start, out, at) => {
  const scale = half(bytes, start + 208);
  for (let i = 0; i < 256; i++) {
    const within = i & 127;
    const low = u8(bytes, start + ((i >>> 7) << 6) + (within & 63));
    const high = u8(bytes, start + 128 + ((i >>> 7) << 5) + (within & 31));
    const value = (within < 64 ? low & 15 : low >>> 4) | (((high >>> ((within >>> 5) * 2)) & 3) << 4);
    out[at + i] = scale * i8(bytes, start + 192 + (i >>> 4)) * (value - 32);
  }
});

export const blockCodecs: readonly BlockCodec[] = [f16, q80, q40, q41, q50, q51, q4k, q5k, q6k];
