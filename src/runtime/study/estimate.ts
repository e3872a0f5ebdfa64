// The estimate of one part: the equal-weight mean of its cluster means, as everywhere.
import { bug } from '../../compiler/base/bug.js';
import { clusterMeans } from '../stats/effect.js';
import { meanOf } from '../stats/sum.js';
import type { OutcomeTable } from '../store/outcome-table.js';

/** Null where it does not exist. */
export function estimateOf(tables: readonly OutcomeTable[], name: string, id: string): number | null {
  const table = tables.find((one) => one.name === name) ?? bug(`no table ${name}`);
  const { values } = table.parts.find((one) => one.id === id) ?? bug(`the table ${name} has no part ${id}`);
  const of = Int32Array.from(table.items, (item) => item.cluster);
  const mean = meanOf(clusterMeans(values, of, table.clusters.length).means);
  return Number.isFinite(mean) ? mean : null;
}
