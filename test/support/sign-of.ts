// The signs of random flips one at a time, as their definition reads: the oracle of the packed ones.
import { philoxInto, type StreamKey } from '../../src/runtime/stats/rng.js';

/** The sign of a cluster in a random flip. Flip 0 is the identity by definition and never drawn here. */
export function signOf(key: StreamKey, cluster: number, flip: number): 1 | -1 {
  const words = philoxInto(key, cluster >>> 7, flip, 0, 0, new Uint32Array(4));
  const word = words[(cluster >>> 5) & 3] ?? 0;
  return ((word >>> (cluster & 31)) & 1) === 1 ? -1 : 1;
}
