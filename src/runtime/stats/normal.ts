// Keyed normal numbers by the inverse cdf: one uniform draw each, no rejection, so draw i never depends on draw i - 1.
import { normalQuantile } from './distributions.js';
import { type StreamKey, uniform01 } from './rng.js';

/** Standard normal draw `index` of `replicate`. A uniform of exactly 0 is moved half a step, so the result is finite. */
export function normal(key: StreamKey, index: number, replicate = 0): number {
  const uniform = uniform01(key, index, replicate);
  return normalQuantile(uniform === 0 ? 2 ** -54 : uniform);
}
