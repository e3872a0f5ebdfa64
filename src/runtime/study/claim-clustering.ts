// How much the rows of a cluster repeat one another: why clusters, not rows, are counted.
import { bug } from '../../compiler/base/bug.js';
import { clusteringOf } from '../stats/effect.js';
import type { OutcomeTable } from '../store/outcome-table.js';
import type { ClaimFacts } from './facts.js';

export type ClaimClustering = { readonly icc: number; readonly designEffect: number };

/** Of the first part of the member whose rows repeat one another most; null where every row is its own cluster. */
export function claimClustering(
  tables: readonly OutcomeTable[],
  facts: Pick<ClaimFacts, 'table' | 'members'>,
): ClaimClustering | null {
  const table = tables.find((one) => one.name === facts.table) ?? bug(`no table ${facts.table}`);
  if (table.items.length === table.clusters.length) return null;
  const found = facts.members.flatMap(({ parts: [part] }): readonly ClaimClustering[] => {
    const values = table.parts.find((one) => one.id === part?.x)?.values;
    if (values === undefined) return [];
    const clusters = table.clusters.map((): number[] => []);
    for (const [i, { cluster }] of table.items.entries()) clusters[cluster]?.push(values[i] ?? Number.NaN);
    const { icc, designEffect } = clusteringOf(clusters);
    return Number.isFinite(designEffect) ? [{ icc, designEffect }] : [];
  });
  return found.toSorted((a, b) => b.designEffect - a.designEffect)[0] ?? null;
}
