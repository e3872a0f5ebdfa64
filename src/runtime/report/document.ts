// A report as a tree of plain blocks, between the data and its two renderings. HTML and Markdown are drawn from the same
// tree, so that neither can say what the other leaves out. Text is raw here; each renderer escapes it.

import type { Chart } from './chart/chart.js';
import type { MemberVerdict } from './report-data.js';

export type ReportDocument = {
  readonly title: string;
  readonly question: string | null;
  readonly banner: {
    readonly tone: 'exploratory' | 'confirmed' | 'replay';
    readonly title: string;
    readonly text: string;
  };
  /** The answer, one per claim, before anything else. */
  readonly answers: readonly Answer[];
  readonly sections: readonly Section[];
  /** When, by which compiler, about which file. */
  readonly imprint: string;
};

export type Answer = {
  readonly claim: string;
  readonly headline: string;
  readonly tone: MemberVerdict;
  /** How the members came out, in the order of verdicts; empty for a single conclusion. */
  readonly tally: readonly {
    readonly verdict: MemberVerdict;
    readonly count: number;
    readonly text: string;
  }[];
  readonly lines: readonly string[];
};

export type Section = { readonly id: string; readonly title: string; readonly blocks: readonly Block[] };

export type Block =
  | { readonly kind: 'paragraph'; readonly text: string }
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string }
  /** What a reader must not miss. */
  | { readonly kind: 'notice'; readonly title: string; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | { readonly kind: 'facts'; readonly items: readonly { readonly name: string; readonly value: string }[] }
  | TableBlock
  | FigureBlock;

export type TableBlock = {
  readonly kind: 'table';
  readonly caption: string;
  readonly columns: readonly { readonly title: string; readonly align: 'left' | 'right' }[];
  readonly rows: readonly (readonly Cell[])[];
  /** Shown closed, with the caption as its handle. */
  readonly folded: boolean;
};

export type Cell = { readonly text: string; readonly verdict: MemberVerdict | null };

export type FigureBlock = {
  readonly kind: 'figure';
  /** File name of the chart in the result folder, without extension. */
  readonly name: string;
  readonly caption: string;
  readonly stamp: string | null;
  readonly chart: Chart;
  /** The same numbers for those who cannot see the chart. */
  readonly numbers: TableBlock | null;
};

/** Longer tables are closed until a reader opens them. */
export const FOLD_ROWS = 200;

export function cell(text: string, verdict: MemberVerdict | null = null): Cell {
  return { text, verdict };
}
