// Makes the rows of one split. Confirm rows take a token that only the ledger issues: there is no other way to them.
import { bug } from '../../compiler/base/bug.js';
import type { DataSpec } from '../../compiler/data/data-spec.js';
import { ConfirmToken } from './confirm-token.js';
import { dataDigest } from './data-digest.js';
import { fillRows, layOut, variantNames } from './data-kinds.js';
import { isConfirmSplit, type Layout, orderItems, type PlacedItem } from './layout.js';
import { failed, type Made, made, splitUnknown } from './problem.js';
import type { Clusters, RowSet } from './row-set.js';
import type { RowTokenizer } from './row-tokenizer.js';

export type RowRequest = {
  readonly spec: DataSpec;
  /** Root of splits and of open rows: `dataDigest(spec)`. */
  readonly root: string;
  readonly split: string;
  readonly tokenizer?: RowTokenizer;
  /** For kinds that name files; paths are those of the declaration. */
  readonly readBytes?: (path: string) => Uint8Array | undefined;
  /** Variant paths to make. Default: every declared variant by itself. */
  readonly variants?: readonly string[];
};

/** Rows of an open split (`discover`, `reference`, `train`, …). Asked for a confirm split it stops: our own mistake. */
export function materialise(request: RowRequest): Made<RowSet> {
  if (isConfirmSplit(request.split))
    bug(`rows of \`${request.split}\` were asked for without a confirm token`);
  return makeRows(request, request.root);
}

/** Rows of a confirm split, drawn from the token's root where they are drawn at all. */
export function materialiseConfirm(request: RowRequest, token: ConfirmToken): Made<RowSet> {
  const rowsRoot = ConfirmToken.rootOf(token);
  if (!isConfirmSplit(request.split)) bug(`\`${request.split}\` is no confirm split`);
  return makeRows(request, rowsRoot);
}

function makeRows(request: RowRequest, rowsRoot: string): Made<RowSet> {
  const { spec, root, split, tokenizer } = request;
  const layout = layOut(spec, root);
  if (layout.kind === 'failed') return layout;
  const found = layout.value.splits.find((one) => one.name === split);
  if (found === undefined) return failed([splitUnknown(split, splitNames(layout.value))]);
  const items = orderItems(layout.value.drawn ? rowsRoot : root, found.places());
  const filled = fillRows(spec, {
    root: rowsRoot,
    split,
    places: items.map((item) => item.place),
    tokenizer,
    readBytes: request.readBytes ?? (() => undefined),
    variants: request.variants ?? variantNames(spec),
  });
  if (filled.kind === 'failed') return filled;
  const rows = {
    ...filled.value.base,
    spec: dataDigest(spec),
    split,
    rows: items.length,
    clusters: clustersOf(items),
    itemHashes: items.map((item) => item.hash),
    variants: filled.value.variants,
  };
  return made(rows, [...layout.warnings, ...filled.warnings]);
}

function splitNames(layout: Layout): string[] {
  return layout.splits.map((one) => one.name);
}

function clustersOf(items: readonly PlacedItem[]): Clusters {
  const index = new Map<string, number>();
  const of = new Int32Array(items.length);
  for (const [row, { place }] of items.entries()) {
    const known = index.get(place.cluster) ?? index.size;
    index.set(place.cluster, known);
    of[row] = known;
  }
  return { ids: [...index.keys()], of };
}
