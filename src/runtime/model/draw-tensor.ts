// Whole tensors of random numbers, fast: the same numbers that the keyed draws of stats/rng.ts give one by one.
import { bug } from '../../compiler/base/bug.js';
import type { InitialiserRule } from '../../compiler/model/manifest.js';
import { type HostData, type HostTensor, hostTensor } from '../backend/host-tensor.js';
import { philoxInto, type StreamKey } from '../stats/rng.js';

export type DrawKey = { readonly key: StreamKey; readonly replicate: number };

/** A float32 tensor drawn from a manifest's rule. Element i depends on the key, the replicate and i only. */
export function drawTensor(rule: InitialiserRule, dims: readonly number[], draw: DrawKey): HostTensor {
  const tensor = hostTensor('f32', dims);
  const { data } = tensor;
  if (!(data instanceof Float32Array)) return bug('f32 is not a Float32Array');
  switch (rule.distribution) {
    case 'constant':
      data.fill(rule.value);
      return tensor;
    case 'normal':
      fill(data, draw, (u) => rule.mean + rule.std * normalFromUniform(u));
      return tensor;
    case 'uniform':
      fill(data, draw, (u) => rule.low + (rule.high - rule.low) * u);
      return tensor;
  }
}

/** Elements that are shuffled among themselves: few enough to stay in the processor's cache. */
const PER_BUCKET = 2 ** 15;
const MOST_BUCKETS = 2 ** 16;

/**
 * The elements of a tensor in a random order. Each is thrown into one of some buckets, then each bucket is shuffled (Sanders, Random
 * permutations on distributed, external and hierarchical memory, 1998): exactly as random as one shuffle of all, which would miss
 * the cache at every step. Word i of the streams 1 (bucket) and 2 (shuffle) belongs to element i.
 */
export function permuteTensor(tensor: HostTensor, draw: DrawKey): HostTensor {
  const data = tensor.data.slice();
  const result = { ...tensor, data };
  const bits = Math.ceil(Math.log2(Math.min(MOST_BUCKETS, Math.max(1, data.length / PER_BUCKET))));
  const ends = bits === 0 ? [data.length] : scatter(tensor.data, data, draw, bits);
  let from = 0;
  for (const end of ends) {
    shuffle(data, from, end, draw);
    from = end;
  }
  return result;
}

/** Puts the elements of one array into another, bucket by bucket, and says where each bucket ends. */
function scatter(from: HostData, to: HostData, { key, replicate }: DrawKey, bits: number): Uint32Array {
  const chosen = new Uint16Array(from.length);
  const places = new Uint32Array(2 ** bits + 1);
  const words = new Uint32Array(4);
  for (let i = 0; i < from.length; i++) {
    if (i % 4 === 0) philoxInto(key, i / 4, replicate, 1, 0, words);
    const bucket = (words[i % 4] ?? 0) >>> (32 - bits);
    chosen[i] = bucket;
    places[bucket + 1] = (places[bucket + 1] ?? 0) + 1;
  }
  for (let bucket = 1; bucket < places.length; bucket++)
    places[bucket] = (places[bucket] ?? 0) + (places[bucket - 1] ?? 0);
  const ends = places.slice(1);
  for (let i = 0; i < from.length; i++) {
    const bucket = chosen[i] ?? 0;
    const place = places[bucket] ?? 0;
    places[bucket] = place + 1;
    to[place] = from[i] ?? bug('outside');
  }
  return ends;
}

/** Fisher and Yates within [from, end), without bias: a word that would favour some place is drawn again. */
function shuffle(data: HostData, from: number, end: number, { key, replicate }: DrawKey): void {
  const words = new Uint32Array(4);
  const again = new Uint32Array(4);
  let block = -1;
  for (let i = end - 1; i > from; i--) {
    if (i >>> 2 !== block) {
      block = i >>> 2;
      philoxInto(key, block, replicate, 2, 0, words);
    }
    const n = i - from + 1;
    let word = words[i % 4] ?? 0;
    for (let retry = 1; isBiased(word, n); retry++)
      word = philoxInto(key, block, replicate, 2, retry, again)[i % 4] ?? 0;
    const j = from + Math.floor((word * n) / 2 ** 32); // the product is below 2^53
    const held = data[i] ?? bug('outside');
    data[i] = data[j] ?? bug('outside');
    data[j] = held;
  }
}

/** Lemire, Fast random integer generation in an interval (2019): the low half of the product decides. */
function isBiased(word: number, n: number): boolean {
  const low = Math.imul(word, n) >>> 0;
  return low < n && low < (2 ** 32 - n) % n;
}

/** `uniform01` of 0, 1, 2, …: two draws share a counter, which halves the work of asking for them singly. */
function fill(data: Float32Array, { key, replicate }: DrawKey, map: (uniform: number) => number): void {
  const words = new Uint32Array(4);
  for (let i = 0; i < data.length; i += 2) {
    philoxInto(key, i / 2, replicate, 0, 0, words);
    data[i] = map(((words[0] ?? 0) >>> 5) / 134217728 + ((words[1] ?? 0) >>> 6) / 9007199254740992);
    if (i + 1 < data.length) {
      data[i + 1] = map(((words[2] ?? 0) >>> 5) / 134217728 + ((words[3] ?? 0) >>> 6) / 9007199254740992);
    }
  }
}

/**
 * The normal quantile by Wichura's algorithm AS 241 (PPND16, Applied Statistics 37, 1988), relative error about 1e-16; a
 * uniform of exactly 0 is moved half a step, as in stats/normal.ts.
 */
export function normalFromUniform(uniform: number): number {
  const u = uniform === 0 ? 2 ** -54 : uniform;
  const q = u - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (
      (q *
        (((((((2509.0809287301227 * r + 33430.57558358813) * r + 67265.7709270087) * r + 45921.95393154987) *
          r +
          13731.69376550946) *
          r +
          1971.5909503065513) *
          r +
          133.14166789178438) *
          r +
          3.3871328727963665)) /
      (((((((5226.495278852546 * r + 28729.085735721943) * r + 39307.89580009271) * r + 21213.794301586597) *
        r +
        5394.196021424751) *
        r +
        687.1870074920579) *
        r +
        42.31333070160091) *
        r +
        1)
    );
  }
  const tail = Math.sqrt(-Math.log(q < 0 ? u : 1 - u));
  const size = tail <= 5 ? middle(tail - 1.6) : far(tail - 5);
  return q < 0 ? -size : size;
}

function middle(r: number): number {
  return (
    (((((((0.0007745450142783414 * r + 0.022723844989269184) * r + 0.2417807251774506) * r +
      1.2704582524523684) *
      r +
      3.6478483247632045) *
      r +
      5.769497221460691) *
      r +
      4.630337846156546) *
      r +
      1.4234371107496835) /
    (((((((1.0507500716444169e-9 * r + 0.0005475938084995345) * r + 0.015198666563616457) * r +
      0.14810397642748008) *
      r +
      0.6897673349851) *
      r +
      1.6763848301838038) *
      r +
      2.053191626637759) *
      r +
      1)
  );
}

function far(r: number): number {
  return (
    (((((((2.0103343992922881e-7 * r + 0.000027115555687434876) * r + 0.0012426609473880784) * r +
      0.026532189526576124) *
      r +
      0.29656057182850487) *
      r +
      1.7848265399172913) *
      r +
      5.463784911164114) *
      r +
      6.657904643501103) /
    (((((((2.0442631033899397e-15 * r + 1.421511758316446e-7) * r + 0.000018463183175100548) * r +
      0.0007868691311456133) *
      r +
      0.014875361290850615) *
      r +
      0.1369298809227358) *
      r +
      0.599832206555888) *
      r +
      1)
  );
}
