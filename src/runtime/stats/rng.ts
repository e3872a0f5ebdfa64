// Counter-based randomness: Philox4x32-10 (Salmon et al. 2011), keyed by a root and the name of what it is for. A draw
// depends on its logical indices only, never on batch, order, worker or retry. 32-bit integer arithmetic throughout.
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { bug } from '../../compiler/base/bug.js';

/** The key of one named stream of random numbers. */
export interface StreamKey {
  readonly k0: number;
  readonly k1: number;
}

/** Key of the stream `path` under `rootHex`: the first eight bytes (two little-endian words) of a SHA-256. */
export function streamKey(rootHex: string, path: string): StreamKey {
  const digest = sha256(utf8ToBytes(`eisc-rng-v1\0${rootHex}\0${path}`));
  const view = new DataView(digest.buffer, digest.byteOffset, digest.byteLength);
  return { k0: view.getUint32(0, true), k1: view.getUint32(4, true) };
}

/** High word of the 64-bit product of two unsigned 32-bit numbers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const lowHigh = aLow * bHigh;
  const highLow = aHigh * bLow;
  const middle = ((aLow * bLow) >>> 16) + (lowHigh & 0xffff) + (highLow & 0xffff);
  return (aHigh * bHigh + (lowHigh >>> 16) + (highLow >>> 16) + (middle >>> 16)) >>> 0;
}

/** The four words of the counter (a, b, c, d), written to `out`, so that inner loops allocate nothing. */
export function philoxInto(
  key: StreamKey,
  a: number,
  b: number,
  c: number,
  d: number,
  out: Uint32Array,
): Uint32Array {
  let c0 = a >>> 0;
  let c1 = b >>> 0;
  let c2 = c >>> 0;
  let c3 = d >>> 0;
  let k0 = key.k0;
  let k1 = key.k1;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, c0);
    const low0 = Math.imul(0xd2511f53, c0);
    const high1 = multiplyHigh(0xcd9e8d57, c2);
    const low1 = Math.imul(0xcd9e8d57, c2);
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1 >>> 0;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0 >>> 0;
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
  return out;
}

/** A uniform number in [0, 1) with 53 bits: draw `index` of `replicate`. Two draws share a counter. */
export function uniform01(key: StreamKey, index: number, replicate = 0): number {
  const words = philoxInto(key, Math.floor(index / 2), replicate, 0, 0, new Uint32Array(4));
  const at = index % 2 === 0 ? 0 : 2;
  return ((words[at] ?? 0) >>> 5) / 134217728 + ((words[at + 1] ?? 0) >>> 6) / 9007199254740992;
}

/** A uniform integer in 0..n-1 without bias (multiply-high; a rejected word is redrawn with the next retry counter). */
export function integerBelow(key: StreamKey, n: number, index: number, replicate = 0): number {
  const out = new Uint32Array(1);
  fillIntegersBelow({ key, n, from: index, replicate }, out);
  return out[0] ?? 0;
}

export interface IntegerDraw {
  readonly key: StreamKey;
  readonly n: number;
  /** Logical index of the first draw: draw i is word (i mod 4) of counter (i div 4, replicate, 0, retry). */
  readonly from: number;
  readonly replicate: number;
}

/** Fills `out` with `integerBelow` of consecutive indices. */
export function fillIntegersBelow(draw: IntegerDraw, out: Uint32Array): void {
  const { key, n, from, replicate } = draw;
  if (!(Number.isInteger(n) && n > 0 && n <= 0xffffffff)) bug(`cannot draw an integer below ${n}`);
  const rejectBelow = (0x1_0000_0000 - n) % n;
  const words = new Uint32Array(4);
  let held = -1;
  for (let position = 0; position < out.length; position++) {
    const index = from + position;
    const block = Math.floor(index / 4);
    const lane = index % 4;
    if (block !== held) philoxInto(key, block, replicate, 0, 0, words);
    held = block;
    let retry = 0;
    while (Math.imul(words[lane] ?? 0, n) >>> 0 < rejectBelow) {
      retry += 1;
      held = -1;
      philoxInto(key, block, replicate, 0, retry, words);
    }
    out[position] = multiplyHigh(words[lane] ?? 0, n);
  }
}

/** All of 0..n-1, ordered by the 128-bit key of each element in this replicate: a uniform permutation. */
export function permutation(key: StreamKey, n: number, replicate = 0): number[] {
  const keys = new Uint32Array(4 * n);
  for (let element = 0; element < n; element++)
    philoxInto(key, element, replicate, 0, 0, keys.subarray(4 * element, 4 * element + 4));
  const order = Array.from({ length: n }, (_, element) => element);
  return order.sort((a, b) => {
    for (let word = 0; word < 4; word++) {
      const difference = (keys[4 * a + word] ?? 0) - (keys[4 * b + word] ?? 0);
      if (difference !== 0) return difference;
    }
    return a - b;
  });
}
