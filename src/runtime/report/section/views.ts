// The charts and tables that the file asks for, each stamped with the rows that it shows.
import { plural } from '../../quantity-text.js';
import { curveChart } from '../chart/curve-chart.js';
import { heatmapChart } from '../chart/heatmap-chart.js';
import { scatterChart } from '../chart/scatter-chart.js';
import { type Block, type Cell, cell, FOLD_ROWS, type Section, type TableBlock } from '../document.js';
import type { ReportData } from '../report-data.js';
import { numberText, withUnit } from '../text.js';
import type { CurveView, HeatmapView, ReportView, ScatterView, TableView } from '../view-data.js';
import { conclusionText } from '../wording.js';

const left = (title: string) => ({ title, align: 'left' }) as const;
const right = (title: string) => ({ title, align: 'right' }) as const;

export function viewSection({ views }: ReportData): Section | null {
  if (views.length === 0) return null;
  return {
    id: 'views',
    title: 'Charts',
    blocks: views.map((view, index) => viewBlock(view, `${index + 1}-${view.kind}`)),
  };
}

function viewBlock(view: ReportView, name: string): Block {
  const head = { kind: 'figure', name, stamp: stampOf(view) } as const;
  switch (view.kind) {
    case 'heatmap':
      return { ...head, caption: captionOf(view), chart: heatmapChart(view), numbers: heatmapNumbers(view) };
    case 'scatter': {
      const { chart, unnamed } = scatterChart(view);
      const note =
        unnamed === 0 ? '' : ` ${plural(unnamed, 'point')} without room for a name: see the numbers.`;
      return { ...head, caption: `${captionOf(view)}${note}`, chart, numbers: scatterNumbers(view) };
    }
    case 'curve':
      return { ...head, caption: captionOf(view), chart: curveChart(view), numbers: curveNumbers(view) };
    case 'table':
      return viewTable(view);
  }
}

function stampOf({ stamp }: ReportView): string {
  return stamp.kind === 'exploratory' ? `EXPLORATORY · ${stamp.on}` : stamp.on;
}

function captionOf({ title, stamp, evidence }: ReportView): string {
  const marks = stamp.claim === null ? '' : ` Marked: the verdicts of ${stamp.claim}.`;
  return `${title} (${evidence}).${marks}`;
}

function heatmapNumbers(view: HeatmapView): TableBlock {
  const at = new Map(view.cells.map((one) => [`${one.x}\n${one.y}`, one]));
  return {
    kind: 'table',
    caption: `${withUnit(view.value.name, view.value.unit)} by ${view.y.title} and ${view.x.title}`,
    folded: true,
    columns: [left(`${view.y.title} \\ ${view.x.title}`), ...view.x.labels.map(right)],
    rows: view.y.labels.map((y) => [
      cell(y),
      ...view.x.labels.map((x): Cell => {
        const found = at.get(`${x}\n${y}`);
        return cell(numberText(found?.value ?? null), found?.verdict ?? null);
      }),
    ]),
  };
}

function scatterNumbers(view: ScatterView): TableBlock {
  const isMarked = view.points.some(({ verdict }) => verdict !== null);
  return {
    kind: 'table',
    caption: `The numbers: ${plural(view.points.length, 'point')}`,
    folded: true,
    columns: [
      left('Member'),
      right(withUnit(view.x.name, view.x.unit)),
      right(withUnit(view.y.name, view.y.unit)),
      ...(isMarked ? [left('Verdict')] : []),
    ],
    rows: view.points.map(({ label, x, y, verdict }) => [
      cell(label),
      cell(numberText(x)),
      cell(numberText(y)),
      ...(isMarked ? [verdictCell(verdict)] : []),
    ]),
  };
}

function curveNumbers(view: CurveView): TableBlock {
  return {
    kind: 'table',
    caption: 'The numbers',
    folded: true,
    columns: [
      left('Series'),
      right(withUnit(view.x.name, view.x.unit)),
      right(withUnit(view.y.name, view.y.unit)),
    ],
    rows: view.series.flatMap(({ name, points }) =>
      points.map(({ x, y }) => [
        cell(name),
        cell(typeof x === 'number' ? numberText(x) : x),
        cell(numberText(y)),
      ]),
    ),
  };
}

function viewTable(view: TableView): TableBlock {
  const isMarked = view.rows.some(({ verdict }) => verdict !== null);
  return {
    kind: 'table',
    caption: `${captionOf(view)} ${stampOf(view)}`,
    folded: view.rows.length > FOLD_ROWS,
    columns: [
      left('Member'),
      ...view.columns.map(({ name, unit }) => right(withUnit(name, unit))),
      ...(isMarked ? [left('Verdict')] : []),
    ],
    rows: view.rows.map(({ label, values, verdict }) => [
      cell(label),
      ...view.columns.map((_, index) => cell(numberText(values[index] ?? null))),
      ...(isMarked ? [verdictCell(verdict)] : []),
    ]),
  };
}

function verdictCell(verdict: TableView['rows'][number]['verdict']): Cell {
  return verdict === null ? cell('') : cell(conclusionText(verdict, null), verdict);
}
