// Tables of outcomes while they are being filled: parts over the same items, or over clusters where means are all that is kept.
import { bug } from '../../compiler/base/bug.js';
import type { RowSet } from '../data/row-set.js';
import { clusterMeans } from '../stats/effect.js';
import type { OutcomePart, OutcomeTable } from '../store/outcome-table.js';

/** A table being filled: parts over the same items. */
export class TableDraft {
  readonly #name: string;
  readonly #rows: RowSet;
  readonly #parts = new Map<string, OutcomePart>();
  readonly #byCluster: boolean;
  constructor(name: string, rows: RowSet, byCluster: boolean) {
    this.#name = name;
    this.#rows = rows;
    this.#byCluster = byCluster;
  }

  add(part: Omit<OutcomePart, 'values'>, values: Float64Array): string {
    const { clusters } = this.#rows;
    if (this.#parts.has(part.id)) bug(`the table ${this.#name} holds ${part.id} already`);
    const kept = this.#byCluster ? wholeMeans(values, clusters.of, clusters.ids.length) : values;
    this.#parts.set(part.id, { ...part, values: kept });
    return part.id;
  }

  table(): OutcomeTable {
    const { clusters, itemHashes } = this.#rows;
    const items = this.#byCluster
      ? clusters.ids.map((id, cluster) => ({ hash: id, cluster }))
      : itemHashes.map((hash, i) => ({ hash, cluster: clusters.of[i] ?? bug('an item without a cluster') }));
    return { name: this.#name, parts: [...this.#parts.values()], items, clusters: clusters.ids };
  }
}

/** Means per cluster; a cluster with an undefined value has none, since nothing is dropped silently. */
function wholeMeans(values: Float64Array, of: Int32Array, clusters: number): Float64Array {
  const { means } = clusterMeans(values, of, clusters);
  for (const [i, value] of values.entries()) if (Number.isNaN(value)) means[of[i] ?? 0] = Number.NaN;
  return means;
}

/** The table of that name, begun if it is not there. */
export function draft(
  tables: Map<string, TableDraft>,
  name: string,
  rows: RowSet,
  byCluster: boolean,
): TableDraft {
  const known = tables.get(name);
  if (known !== undefined) return known;
  const made = new TableDraft(name, rows, byCluster);
  tables.set(name, made);
  return made;
}
