// How far more random flips could move a p-value that comes from some of them. Exact (Clopper-Pearson) for independent
// uniform flips, of which the one that was seen is no draw. Says nothing of the data: enumerated p-values have none.
import { clopperPearson } from './intervals.js';
import type { PValue } from './types.js';

/** 95 %; null where the flips are not known. Never 0: p is at least 1 / flips by construction. */
export function monteCarloInterval(p: PValue): { readonly low: number; readonly high: number } | null {
  if (p.kind === 'decimal' || p.n < 2) return null;
  const { low, high } = clopperPearson(p.c - 1, p.n - 1, 0.95);
  return { low: Math.max(1 / p.n, low), high };
}
