// What is said of a control's replicates beside its numbers.
import type { RankResult } from '../stats/rank.js';

/** A smoke control fails if the claim holds on any replicate: on how many it does. Empty where there is nothing to say. */
export function controlWording(rank: RankResult | null, replicates: number | null): string {
  if (rank?.kind !== 'smoke' || rank.supportedOn.length === 0 || replicates === null) return '';
  return `; the claim is supported on ${rank.supportedOn.length} of ${replicates} replicates`;
}
