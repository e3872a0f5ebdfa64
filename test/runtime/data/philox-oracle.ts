// Philox4x32-10 from its definition, in big integers and Node's own hash: shares nothing with the code under test.
import { createHash } from 'node:crypto';

const WORD = 0xffff_ffffn;

export function philoxWords(
  rootHex: string,
  path: string,
  counter: readonly [number, number, number, number],
): number[] {
  const hash = createHash('sha256').update(`eisc-rng-v1\0${rootHex}\0${path}`).digest();
  let k0 = BigInt(hash.readUInt32LE(0));
  let k1 = BigInt(hash.readUInt32LE(4));
  let [a, b, c, d] = counter.map(BigInt) as [bigint, bigint, bigint, bigint]; // four in, four out
  for (let round = 0; round < 10; round++) {
    const left = 0xd2511f53n * a;
    const right = 0xcd9e8d57n * c;
    [a, b, c, d] = [(right >> 32n) ^ b ^ k0, right & WORD, (left >> 32n) ^ d ^ k1, left & WORD];
    k0 = (k0 + 0x9e3779b9n) & WORD;
    k1 = (k1 + 0xbb67ae85n) & WORD;
  }
  return [a, b, c, d].map(Number);
}

/** Draw `index` of `replicate`, below n: word (index mod 4) of counter (index div 4, replicate, 0, retry). */
export function drawBelow(
  rootHex: string,
  path: string,
  n: number,
  at: { readonly index: number; readonly replicate: number },
): number {
  for (let retry = 0; ; retry++) {
    const words = philoxWords(rootHex, path, [Math.floor(at.index / 4), at.replicate, 0, retry]);
    const product = BigInt(words[at.index % 4] ?? 0) * BigInt(n);
    if ((product & WORD) >= (1n << 32n) % BigInt(n)) return Number(product >> 32n);
  }
}

/** 0..n-1 in the order of the 128-bit key of each. */
export function order(rootHex: string, path: string, n: number): number[] {
  const keys = Array.from({ length: n }, (_, element) =>
    philoxWords(rootHex, path, [element, 0, 0, 0])
      .map((word) => word.toString(16).padStart(8, '0'))
      .join(''),
  );
  return keys.map((_, element) => element).sort((x, y) => ((keys[x] ?? '') < (keys[y] ?? '') ? -1 : 1));
}
