// Many standard normal numbers of one stream at once: the same numbers as stats/normal.ts, two for each Philox block.
import { normalQuantile } from '../stats/distributions.js';
import { philoxInto, type StreamKey } from '../stats/rng.js';

/** Number i of `out` is `normal(key, i)`, rounded to the type of `out`. */
export function fillNormals(key: StreamKey, out: Float32Array | Float64Array): void {
  const words = new Uint32Array(4);
  for (let i = 0; i < out.length; i += 2) {
    philoxInto(key, i / 2, 0, 0, 0, words);
    out[i] = normalQuantile(uniformOf(words[0] ?? 0, words[1] ?? 0));
    if (i + 1 < out.length) out[i + 1] = normalQuantile(uniformOf(words[2] ?? 0, words[3] ?? 0));
  }
}

/** 53 bits; 0 is moved half a step, so that its quantile is finite. */
function uniformOf(high: number, low: number): number {
  const uniform = (high >>> 5) / 134217728 + (low >>> 6) / 9007199254740992;
  return uniform === 0 ? 2 ** -54 : uniform;
}
