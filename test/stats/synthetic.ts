// Synthetic cluster values and small builders for families of claims.
import { normal } from '../../src/runtime/stats/normal.js';
import { streamKey } from '../../src/runtime/stats/rng.js';
import type {
  Claim,
  ClusterValues,
  Direction,
  Family,
  Gate,
  Member,
  Part,
  Quantifier,
} from '../../src/runtime/stats/types.js';
import { zeroRoot } from './vectors.js';

export interface Synthetic {
  readonly stream: string;
  readonly clusters: number;
  readonly mean: number;
  readonly sd: number;
}

/** Normal cluster values with a given population mean. */
export function clusterValues({ stream, clusters, mean, sd }: Synthetic): Float64Array {
  const key = streamKey(zeroRoot, stream);
  return Float64Array.from({ length: clusters }, (_, cluster) => mean + sd * normal(key, cluster));
}

export function over(values: ArrayLike<number>, clusters = 'confirm'): ClusterValues {
  return { clusters, values };
}

/** Eight values around `mean` that leave no doubt on which side of any nearby margin they lie. */
export function around(mean: number, clusters = 12): Float64Array {
  return Float64Array.from({ length: clusters }, (_, index) => mean + 0.001 * ((index * 7) % 5) - 0.002);
}

export function meanPart(values: ArrayLike<number>, margin: number, direction: Direction = 'above'): Part {
  return { kind: 'mean', name: 'mean', direction, margin, x: over(values) };
}

export function member(id: string, parts: readonly Part[], gates: readonly Gate[] = []): Member {
  return { id, state: { kind: 'measured', parts, gates } };
}

export function claim(
  id: string,
  quantifier: Quantifier,
  members: readonly Member[],
  more: Partial<Claim> = {},
): Claim {
  return { id, quantifier, members, gates: [], block: 'members', ...more };
}

export function family(
  correction: Family['correction'],
  claims: readonly Claim[],
  more: Partial<Family> = {},
): Family {
  return {
    correction,
    rate: '0.05',
    flipPlan: { root: zeroRoot, path: 'test/flips', flips: 999 },
    claims,
    ...more,
  };
}
