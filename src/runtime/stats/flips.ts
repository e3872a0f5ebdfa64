// Sign flips of clusters. Null hypothesis: the vector of cluster values is symmetric about the margin, jointly over
// columns. All 2^G patterns where G <= 16, else B independent uniform ones plus the identity (flip 0), so that p >= 1/N
// (Phipson & Smyth 2010; Hemerik & Goeman 2018). Breaks: the test is exact for symmetry, approximate for the mean.
import { bug } from '../../compiler/base/bug.js';
import { canEnumerate } from '../../compiler/correction/enumeration.js';
import { philoxInto, streamKey } from './rng.js';

/** Signs of G clusters in N flips, eight clusters a byte (bit 1: minus), so that sums are table look-ups. */
export interface FlipSet {
  readonly clusters: number;
  /** Number of flips, the identity included. */
  readonly count: number;
  readonly enumerated: boolean;
  /** `blocks[k][b]` holds the signs of clusters 8k..8k+7 in flip b. */
  readonly blocks: readonly Uint8Array[];
}

export interface FlipRequest {
  readonly clusters: number;
  /** Number of random flips if they are not enumerated. */
  readonly random: number;
  readonly root: string;
  readonly path: string;
}

export function drawFlips(request: FlipRequest): FlipSet {
  return canEnumerate(request.clusters) ? enumerateFlips(request.clusters) : randomFlips(request);
}

/** All 2^G patterns; bit g of the flip's number is the sign of cluster g. */
export function enumerateFlips(clusters: number): FlipSet {
  if (clusters > 20) bug(`2^${clusters} flips are too many to enumerate`);
  const count = 2 ** clusters;
  const blocks = Array.from({ length: Math.ceil(clusters / 8) }, (_, block) => {
    const bytes = new Uint8Array(count);
    for (let flip = 0; flip < count; flip++) bytes[flip] = (flip >>> (8 * block)) & 0xff;
    return bytes;
  });
  return { clusters, count, enumerated: true, blocks };
}

/** B random patterns and the identity: the sign of cluster g in flip b is bit g of the 128 of counter (g div 128, b). */
export function randomFlips({ clusters, random, root, path }: FlipRequest): FlipSet {
  const key = streamKey(root, path);
  const count = random + 1;
  const blocks = Array.from({ length: Math.ceil(clusters / 8) }, () => new Uint8Array(count));
  const words = new Uint32Array(4);
  for (let flip = 1; flip < count; flip++) {
    for (let block = 0; block < blocks.length; block++) {
      if (block % 16 === 0) philoxInto(key, block / 16, flip, 0, 0, words);
      const word = words[(block >>> 2) & 3] ?? 0;
      const used = Math.min(8, clusters - 8 * block);
      const bytes = blocks[block];
      if (bytes !== undefined) bytes[flip] = (word >>> (8 * (block & 3))) & ((1 << used) - 1);
    }
  }
  return { clusters, count, enumerated: false, blocks };
}

/** `out[b]` = the sum of x over clusters with the signs of flip b. Order of additions: within bytes, then by byte. */
export function flippedSums(flips: FlipSet, x: Float64Array, out: Float64Array): Float64Array {
  if (x.length !== flips.clusters) bug(`${x.length} values for ${flips.clusters} clusters`);
  const table = new Float64Array(256);
  const count = flips.count;
  out.fill(0);
  for (let block = 0; block < flips.blocks.length; block++) {
    fillSignTable(x.subarray(8 * block, 8 * block + 8), table);
    const bytes = flips.blocks[block] ?? bug('missing block');
    for (let flip = 0; flip < count; flip++)
      out[flip] = (out[flip] as number) + (table[bytes[flip] as number] as number); // in range: out and bytes hold N entries
  }
  return out;
}

/** `table[v]` = the sum of up to eight values, each negated where its bit of v is set. */
function fillSignTable(values: Float64Array, table: Float64Array): void {
  for (let pattern = 0; pattern < 1 << values.length; pattern++) {
    let sum = 0;
    for (let bit = 0; bit < values.length; bit++) {
      const value = values[bit] ?? 0;
      sum += (pattern >>> bit) & 1 ? -value : value;
    }
    table[pattern] = sum;
  }
}

/** Studentised sign-flip statistics of the centred column x in every flip (`statistics[0]` is the observed one). */
export function flipStatistics(flips: FlipSet, x: Float64Array): Float64Array {
  const statistics = flippedSums(flips, x, new Float64Array(flips.count));
  let squares = 0; // invariant under flips
  for (const value of x) squares += value * value;
  const clusters = flips.clusters;
  const total = clusters * squares;
  // A NaN would compare false with everything and make p = 0.
  if (!Number.isFinite(total)) bug('sign flips of values that are not finite');
  for (let flip = 0; flip < statistics.length; flip++)
    statistics[flip] = studentised(statistics[flip] ?? 0, total, clusters);
  return statistics;
}

/** t of a sum of G values whose squares times G make `total`; infinite where all flipped values are equal. */
function studentised(sum: number, total: number, clusters: number): number {
  if (total === 0 || sum === 0) return 0;
  const rest = total - sum * sum;
  if (rest <= 1e-12 * total) return sum > 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  return sum * Math.sqrt((clusters - 1) / rest);
}

/**
 * The smallest value that counts as "at least `observed`": tolerant, which can only raise p. Infinities are taken as they
 * are, because observed - tolerance * |observed| would be NaN there and make p = 0.
 */
export function toleratedThreshold(observed: number): number {
  return Number.isFinite(observed) ? observed - 1e-9 * Math.max(1, Math.abs(observed)) : observed;
}
