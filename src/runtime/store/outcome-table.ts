// Outcomes per example: all that a verdict is computed from, so that `eisc verify` needs neither model nor cache. One
// table holds parts (one tested quantity of one member each) by items, all on the same rows.
import { bug } from '../../compiler/base/bug.js';
import type { Plain } from '../../compiler/base/canonical.js';
import { jcs, type PlainObject, parseExactly } from './json.js';
import { readNpy, writeNpy } from './npy.js';
import { schemaFault } from './schema.js';

export type OutcomePart = {
  /** Unique in its table, such as `heads/1.3/harm`. */
  readonly id: string;
  readonly memberId: string;
  readonly direction: 'above' | 'below';
  readonly margin: number;
  readonly unit: string | null;
  /** What else the verdict needs (its claim, kind, share, role), in the caller's own words. */
  readonly facts: PlainObject;
  /** One per item. NaN: the value does not exist there. */
  readonly values: Float64Array;
};

export type OutcomeItem = {
  readonly hash: string;
  /** Index into `clusters`. */
  readonly cluster: number;
};

export type OutcomeTable = {
  readonly name: string;
  readonly parts: readonly OutcomePart[];
  readonly items: readonly OutcomeItem[];
  readonly clusters: readonly string[];
};

export type StoredOutcomes = { readonly index: string; readonly npy: Uint8Array };

export type ReadOutcomes =
  | { readonly kind: 'ok'; readonly table: OutcomeTable }
  | { readonly kind: 'bad'; readonly text: string };

/** The two files of a table. Equal tables give equal bytes. */
export function writeOutcomes(table: OutcomeTable): StoredOutcomes {
  const width = table.items.length;
  if (table.items.some(({ cluster }) => table.clusters[cluster] === undefined))
    bug('an item of an unknown cluster');
  if (new Set(table.parts.map(({ id }) => id)).size !== table.parts.length)
    bug(`parts of ${table.name} share an id`);
  const data = new Float64Array(table.parts.length * width);
  for (const [row, part] of table.parts.entries()) {
    if (part.values.length !== width)
      bug(`part ${part.id} has ${part.values.length} values for ${width} items`);
    data.set(part.values.map(oneNaN), row * width);
  }
  const parts = table.parts.map(({ values: _, ...facts }) => facts);
  const index = { version: 1, name: table.name, parts, clusters: table.clusters, items: table.items };
  return {
    index: `${jcs(index)}\n`,
    npy: writeNpy({ dtype: 'f64', dims: [table.parts.length, width], data }),
  };
}

export function readOutcomes(stored: StoredOutcomes): ReadOutcomes {
  const parsed = parseExactly(stored.index, (value) => `${jcs(value)}\n`);
  if (parsed.kind === 'bad') return parsed;
  const fault = schemaFault('outcomes', parsed.value);
  if (fault !== undefined) return { kind: 'bad', text: fault };
  const index = parsed.value as StoredIndex; // the schema says so
  const read = readNpy(stored.npy);
  if (read.kind === 'bad') return read;
  const { array } = read;
  const width = index.items.length;
  if (array.dtype !== 'f64' || array.dims.join() !== `${index.parts.length},${width}`) {
    return { kind: 'bad', text: `the array is not float64 of shape (${index.parts.length}, ${width})` };
  }
  if (index.items.some(({ cluster }) => cluster >= index.clusters.length)) {
    return { kind: 'bad', text: 'an item belongs to a cluster that is not listed' };
  }
  const { data } = array;
  const parts = index.parts.map((part, row) => ({
    ...part,
    values: data.slice(row * width, (row + 1) * width),
  }));
  return { kind: 'ok', table: { name: index.name, parts, items: index.items, clusters: index.clusters } };
}

/** A NaN has many bit patterns; only one is stored. */
function oneNaN(value: number): number {
  return Number.isNaN(value) ? Number.NaN : value;
}

type StoredIndex = Plain & {
  readonly name: string;
  readonly parts: readonly Omit<OutcomePart, 'values'>[];
  readonly items: readonly OutcomeItem[];
  readonly clusters: readonly string[];
};
