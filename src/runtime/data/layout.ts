// Which rows there are and in which split they lie, before any of them exists. Knows no content of a drawn row.
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { digestBytes } from '../../compiler/base/digest.js';

/** A row's identity, its item: the k-th row of a cluster. `source` is what it is made from (a template, a cell, a line). */
export type Place = { readonly cluster: string; readonly index: number; readonly source: number };

export type SplitLayout = {
  readonly name: string;
  readonly clusters: number;
  readonly rows: number;
  readonly places: () => readonly Place[];
};

export type Layout = {
  readonly splits: readonly SplitLayout[];
  /** What a cluster is: `row`, `template`, `file`, or a column's name. */
  readonly unit: string;
  /** Confirm rows are drawn after the lock (else they are in the corpus all along, and sealed by bookkeeping). */
  readonly drawn: boolean;
};

/** Confirm splits are called `confirm`, or `confirm_…` where there are several. */
export function isConfirmSplit(name: string): boolean {
  return name === 'confirm' || name.startsWith('confirm_');
}

export type PlacedItem = { readonly place: Place; readonly hash: string };

/** The places in their canonical order, that of their item hashes. `root` is the one from which the rows are drawn. */
export function orderItems(root: string, places: readonly Place[]): PlacedItem[] {
  const items = places.map((place) => ({
    place,
    hash: digestBytes('item', utf8ToBytes(`${root}\0${place.cluster}\0${place.index}`)),
  }));
  return items.sort((a, b) => (a.hash < b.hash ? -1 : 1));
}
