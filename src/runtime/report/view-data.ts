// The numbers behind the charts of a report. Each view says which rows it shows: discover rows, stamped EXPLORATORY, or
// with `mark: claim` the rows of that claim.
import type { Verdict } from '../stats/types.js';
import type { EvidenceKind } from './evidence-kind.js';

export type ReportView = HeatmapView | ScatterView | TableView | CurveView;

/** `claim`: the claim whose rows are shown and whose verdicts are marked. */
export type ViewStamp = {
  readonly kind: 'exploratory' | 'confirmed';
  readonly on: string;
  readonly claim: string | null;
};

/** A metric or an axis as a reader names it; unit null where it has none. */
export type Quantity = { readonly name: string; readonly unit: string | null };

type ViewHead = {
  readonly title: string;
  readonly stamp: ViewStamp;
  readonly evidence: EvidenceKind;
};

export type HeatmapView = ViewHead & {
  readonly kind: 'heatmap';
  readonly value: Quantity;
  readonly x: { readonly title: string; readonly labels: readonly string[] };
  readonly y: { readonly title: string; readonly labels: readonly string[] };
  readonly cells: readonly {
    readonly x: string;
    readonly y: string;
    readonly value: number | null;
    readonly verdict: Verdict | null;
  }[];
};

export type ScatterView = ViewHead & {
  readonly kind: 'scatter';
  readonly x: Quantity;
  readonly y: Quantity;
  readonly points: readonly {
    readonly label: string;
    readonly x: number | null;
    readonly y: number | null;
    readonly verdict: Verdict | null;
  }[];
};

export type TableView = ViewHead & {
  readonly kind: 'table';
  readonly columns: readonly Quantity[];
  readonly rows: readonly {
    readonly label: string;
    readonly values: readonly (number | null)[];
    readonly verdict: Verdict | null;
  }[];
};

export type CurveView = ViewHead & {
  readonly kind: 'curve';
  readonly x: Quantity;
  readonly y: Quantity;
  readonly series: readonly {
    readonly name: string;
    readonly points: readonly { readonly x: number | string; readonly y: number | null }[];
  }[];
};
