// Stored outcomes as statistics want them: parts by id, their means per cluster, and the state each member is in.
import { bug } from '../../compiler/base/bug.js';
import { clusterMeans } from '../stats/effect.js';
import type { ClusterValues, Gate, InvalidReason, MemberState, Part } from '../stats/types.js';
import type { OutcomeTable } from '../store/outcome-table.js';
import type { MemberFacts, PartFacts } from './facts.js';

export type Tables = ReadonlyMap<string, OutcomeTable>;

type Means = {
  readonly values: ClusterValues;
  /** Values that do not exist, and values that are infinite. */
  readonly undefinedCount: number;
  readonly nonFinite: number;
};

export class OutcomeBook {
  readonly #tables: Tables;
  readonly #means = new Map<string, Means>();

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  raw(table: string, id: string): Float64Array {
    const part = this.#tables.get(table)?.parts.find((one) => one.id === id);
    return part?.values ?? bug(`the table ${table} has no part ${id}`);
  }

  /** Computed once, so that equal parts are one array and are tested once. */
  means(table: string, id: string): Means {
    const key = `${table} ${id}`;
    const known = this.#means.get(key);
    if (known !== undefined) return known;
    const found = this.#tables.get(table) ?? bug(`no table ${table}`);
    const values = this.raw(table, id);
    const of = Int32Array.from(found.items, (item) => item.cluster);
    const { means, undefinedCount } = clusterMeans(values, of, found.clusters.length);
    let nonFinite = 0;
    for (const value of values) if (!Number.isFinite(value) && !Number.isNaN(value)) nonFinite++;
    const made = { values: { clusters: clusterList(found), values: means }, undefinedCount, nonFinite };
    this.#means.set(key, made);
    return made;
  }
}

/** Equal lists of clusters share their flips. Replicates of controls are decided one at a time. */
function clusterList(table: OutcomeTable): string {
  const name = table.name.startsWith('control-') ? 'replicate' : table.name;
  return `${name}:${table.clusters.length}`;
}

export function statisticalPart(part: PartFacts, table: string, book: OutcomeBook): Part {
  const { name, direction } = part;
  const x = book.means(table, part.x).values;
  if (part.kind !== 'share') return { kind: part.kind, name, direction, margin: part.margin, x };
  const reference = book.means(table, referenceOf(part)).values;
  return { kind: 'share', name, direction, share: part.margin, x, reference };
}

export function referenceOf(part: PartFacts): string {
  return part.reference ?? bug('a share without its reference');
}

/** Why numbers of these parts cannot be tested, or null. */
export function faultOf(parts: readonly PartFacts[], table: string, book: OutcomeBook): MemberState | null {
  for (const part of parts) {
    for (const id of part.reference === null ? [part.x] : [part.x, part.reference]) {
      const { undefinedCount, nonFinite } = book.means(table, id);
      const invalid = (reason: InvalidReason, count: number): MemberState => ({
        kind: 'invalid',
        reason,
        detail: `${count} of ${book.raw(table, id).length} rows`,
      });
      if (nonFinite > 0) return invalid('non-finite', nonFinite);
      if (undefinedCount > 0) return invalid('undefined-values', undefinedCount);
    }
  }
  return null;
}

export function stateOf(
  member: Omit<MemberFacts, 'label'>,
  table: string,
  gates: readonly Gate[],
  book: OutcomeBook,
): MemberState {
  const fault = faultOf(member.parts, table, book);
  if (fault !== null) return fault;
  if (member.structural) return { kind: 'structural-zero', satisfies: member.parts.every(zeroSatisfies) };
  if (isIdle(member, table, book)) return { kind: 'no-op' };
  return {
    kind: 'measured',
    parts: member.parts.map((part) => statisticalPart(part, table, book)),
    gates,
  };
}

/** Would an effect of exactly zero fulfil this part? Strictly: zero does not exceed a margin of zero. */
function zeroSatisfies({ kind, direction, margin }: PartFacts): boolean {
  if (direction === 'below') return margin > 0;
  return kind === 'mean' && margin < 0;
}

/** Its writes never changed anything. */
export function isIdle(member: Pick<MemberFacts, 'changes'>, table: string, book: OutcomeBook): boolean {
  const { changes } = member;
  return changes.length > 0 && changes.every((id) => book.raw(table, id).every((value) => value === 0));
}
