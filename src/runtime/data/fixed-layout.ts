// Splits of rows that exist already (tables, files, rows written out). Clusters that share a row become one, so that no
// split can hold a copy of what another tests; a row that repeats one of its own cluster is left out.
import type { SplitSpec } from '../../compiler/data/data-spec.js';
import type { Layout, Place } from './layout.js';
import {
  clustersMerged,
  type DataProblem,
  duplicateRows,
  emptyData,
  failed,
  hasError,
  type Made,
  madeUnless,
} from './problem.js';
import { assignUnits, checkShares, countUnits } from './shares.js';

export type FixedRow = {
  readonly cluster: string;
  /** Rows with the same unit stay in the same split; the cluster itself where nothing coarser is asked for. */
  readonly unit: string;
  /** Normalised content of what the model reads, or null where equal values are no sign of copying (numbers). */
  readonly content: string | null;
  /** Normalised content of the whole row: an exact copy of the row, or null as above. */
  readonly whole: string | null;
};

export type FixedData = {
  readonly what: string;
  readonly unit: string;
  readonly rows: readonly FixedRow[];
  readonly split: SplitSpec;
  readonly root: string;
};

/** Text as it is compared for duplicates: one Unicode form, one kind of blank, none at the ends. */
export function normalise(text: string): string {
  return text.normalize('NFC').replace(/\s+/g, ' ').trim();
}

export function layOutFixed(data: FixedData): Made<Layout> {
  const problems: DataProblem[] = checkShares(data.split.shares);
  if (data.rows.length === 0) problems.push(emptyData(data.what));
  if (hasError(problems)) return failed(problems);

  const clusters = new Groups(data.rows.map((row) => row.cluster));
  const holders = new Map<string, string>();
  for (const row of data.rows) {
    if (row.content === null) continue;
    const holder = holders.get(row.content);
    if (holder === undefined) holders.set(row.content, row.cluster);
    else clusters.join(holder, row.cluster);
  }
  const merged = clusters.merged();
  if (merged.length > 0) problems.push(clustersMerged(merged));

  const kept = leaveOutCopies(data.rows, clusters);
  if (kept.length < data.rows.length) problems.push(duplicateRows(data.rows.length - kept.length));

  // A unit that shares a cluster with another goes where that one goes.
  const units = new Groups(data.rows.map((row) => row.unit));
  const unitOfCluster = new Map<string, string>();
  for (const row of data.rows) {
    const cluster = clusters.nameOf(row.cluster);
    const unit = unitOfCluster.get(cluster);
    if (unit === undefined) unitOfCluster.set(cluster, row.unit);
    else units.join(unit, row.unit);
  }
  const unitNames = [...new Set(data.rows.map((row) => units.nameOf(row.unit)))].sort(byText);
  const { counts, problems: empty } = countUnits(data.split, unitNames.length);
  problems.push(...empty);
  return madeUnless(problems, () => {
    const assigned = assignUnits(data.root, data.split, counts);
    const splitOfUnit = new Map(unitNames.map((unit, index) => [unit, assigned[index] ?? 0]));
    const places: Place[][] = data.split.shares.map(() => []);
    const seen = new Map<string, number>();
    for (const source of kept) {
      const row = data.rows[source];
      if (row === undefined) continue;
      const cluster = clusters.nameOf(row.cluster);
      const index = seen.get(cluster) ?? 0;
      seen.set(cluster, index + 1);
      places[splitOfUnit.get(units.nameOf(row.unit)) ?? 0]?.push({ cluster, index, source });
    }
    return {
      unit: data.unit,
      drawn: false,
      splits: data.split.shares.map(({ name }, split) => {
        const own = places[split] ?? [];
        const clusterCount = new Set(own.map((place) => place.cluster)).size;
        return { name, rows: own.length, clusters: clusterCount, places: () => own };
      }),
    };
  });
}

function leaveOutCopies(rows: readonly FixedRow[], clusters: Groups): number[] {
  const seen = new Set<string>();
  const kept: number[] = [];
  for (const [index, row] of rows.entries()) {
    if (row.whole !== null) {
      const key = `${clusters.nameOf(row.cluster)}\0${row.whole}`;
      if (seen.has(key)) continue;
      seen.add(key);
    }
    kept.push(index);
  }
  return kept;
}

function byText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Names that are joined into groups (union-find); a group is called by the smallest of its names. */
class Groups {
  readonly #parent = new Map<string, string>();

  constructor(names: readonly string[]) {
    for (const name of names) this.#parent.set(name, name);
  }

  nameOf(name: string): string {
    let root = name;
    for (;;) {
      const next = this.#parent.get(root) ?? root;
      if (next === root) break;
      root = next;
    }
    this.#parent.set(name, root);
    return root;
  }

  join(one: string, other: string): void {
    const a = this.nameOf(one);
    const b = this.nameOf(other);
    if (a === b) return;
    const [low, high] = byText(a, b) < 0 ? [a, b] : [b, a];
    this.#parent.set(high, low);
  }

  merged(): string[] {
    const groups = new Map<string, string[]>();
    for (const name of this.#parent.keys()) {
      const root = this.nameOf(name);
      groups.set(root, [...(groups.get(root) ?? []), name]);
    }
    return [...groups.values()]
      .filter((names) => names.length > 1)
      .map((names) => names.sort(byText).join(' = '));
  }
}
