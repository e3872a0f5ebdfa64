// Every member with its interval against the margin. Few members: one named line each. Many: side by side in the order of
// the family. Very many: how the estimates are spread, by verdict. Nobody is left out and nothing is sorted by size.
import type { TopLevelSpec } from 'vega-lite';
import { plural } from '../../quantity-text.js';
import type { Verdict } from '../../stats/types.js';
import type { MemberVerdict, ReportMember, ReportPart } from '../report-data.js';
import { withUnit } from '../text.js';
import { conclusionText } from '../wording.js';
import type { Chart } from './chart.js';
import { chartConfig, INK, PAGE, verdictColors, verdictShapes } from './style.js';

export type ForestLine = { readonly member: ReportMember; readonly part: ReportPart };

const NAMED = 60;
const SIDE_BY_SIDE = 1_500;

type Row = {
  readonly order: number;
  readonly label: string;
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly color: string;
  readonly fill: string;
  readonly shape: string;
  readonly verdict: string;
};

export function forestChart(lines: readonly ForestLine[]): Chart {
  const rows = lines.map(rowOf);
  const part = lines[0]?.part;
  const title = withUnit('estimate', part?.unit ?? null);
  // A share is tested as its contrast against zero; an absolute mean has its margin on both sides.
  const margins =
    part === undefined
      ? []
      : part.kind === 'share'
        ? [0]
        : part.kind === 'abs-mean'
          ? [-part.margin, part.margin]
          : [part.margin];
  const spec =
    rows.length <= NAMED
      ? namedLines(rows, margins, title)
      : rows.length <= SIDE_BY_SIDE
        ? sideBySide(rows, margins, title)
        : spread(rows, margins, title);
  return {
    spec: spec as TopLevelSpec, // the tests compile every chart and see no warning
    alt: `Estimates of ${plural(rows.length, 'member')} with intervals against the margin ${part?.marginText ?? ''}.`,
  };
}

function rowOf({ member, part }: ForestLine, order: number): Row {
  const { interval } = part;
  const bounds = interval === null || interval.kind === 'none' ? { low: null, high: null } : interval;
  const look = lookOf(member.verdict);
  return {
    order,
    label: member.label === '' ? member.id : member.label,
    value: part.estimate,
    low: bounds.low,
    high: bounds.high,
    verdict: conclusionText(member.verdict, null),
    ...look,
  };
}

function lookOf(verdict: MemberVerdict) {
  const drawn: Verdict = verdict === 'with-claim' ? 'refuted' : verdict;
  const color = verdictColors[drawn];
  return { color, fill: drawn === 'supported' ? color : PAGE, shape: verdictShapes[drawn] };
}

const literal = (field: string) => ({ field, type: 'nominal', scale: null }) as const;

function marginRules(margins: readonly number[], channel: 'x' | 'y') {
  return [
    {
      data: { values: [{ at: 0 }] },
      mark: { type: 'rule', color: INK, opacity: 0.35 },
      encoding: { [channel]: { field: 'at', type: 'quantitative' } },
    },
    {
      data: { values: margins.map((at) => ({ at })) },
      mark: { type: 'rule', color: INK, strokeDash: [5, 4], strokeWidth: 1.5 },
      encoding: { [channel]: { field: 'at', type: 'quantitative' } },
    },
  ];
}

function namedLines(rows: readonly Row[], margins: readonly number[], title: string) {
  const y = {
    field: 'order',
    type: 'ordinal',
    title: null,
    axis: { labels: false, ticks: false, domain: false, grid: rows.length > 1 },
  };
  // Names are marks and not axis labels: two members may have the same name.
  const names = rows.map(({ order, label }) => ({ order, label }));
  return {
    config: chartConfig,
    width: 560,
    height: { step: 22 },
    layer: [
      ...marginRules(margins, 'x'),
      {
        data: { values: rows.filter(({ low }) => low !== null) },
        mark: { type: 'rule', strokeWidth: 2 },
        encoding: {
          x: { field: 'low', type: 'quantitative', title },
          x2: { field: 'high' },
          y,
          color: literal('color'),
        },
      },
      {
        data: { values: rows.filter(({ value }) => value !== null) },
        mark: { type: 'point', opacity: 1, size: 70, strokeWidth: 1.8 },
        encoding: {
          x: { field: 'value', type: 'quantitative', title },
          y,
          stroke: literal('color'),
          fill: literal('fill'),
          shape: literal('shape'),
        },
      },
      {
        data: { values: names },
        mark: {
          type: 'text',
          align: 'right',
          baseline: 'middle',
          fontSize: 12,
          limit: 210,
          dx: -8,
          color: INK,
        },
        encoding: { x: { value: 0 }, y, text: { field: 'label' } },
      },
    ],
  };
}

function sideBySide(rows: readonly Row[], margins: readonly number[], title: string) {
  const step = Math.max(0.8, Math.min(10, 760 / rows.length));
  const x = {
    field: 'order',
    type: 'quantitative',
    title: 'members in the order of the family',
    scale: { domain: [-1, rows.length], nice: false },
    axis: { labels: false, ticks: false, grid: false },
  };
  return {
    config: chartConfig,
    width: Math.round(step * rows.length),
    height: 320,
    layer: [
      {
        data: { values: rows.filter(({ low }) => low !== null) },
        mark: { type: 'rule', strokeWidth: Math.min(1.5, step * 0.6), opacity: 0.55 },
        encoding: {
          x,
          y: { field: 'low', type: 'quantitative', title },
          y2: { field: 'high' },
          color: literal('color'),
        },
      },
      {
        data: { values: rows.filter(({ value }) => value !== null) },
        mark: { type: 'point', opacity: 1, size: rows.length > 300 ? 10 : 22, strokeWidth: 1 },
        encoding: {
          x,
          y: { field: 'value', type: 'quantitative', title },
          stroke: literal('color'),
          fill: literal('fill'),
          shape: literal('shape'),
        },
      },
      ...marginRules(margins, 'y'),
    ],
  };
}

function spread(rows: readonly Row[], margins: readonly number[], title: string) {
  const measured = rows.filter(({ value }) => value !== null);
  const verdicts = [...new Map(measured.map(({ verdict, color }) => [verdict, color]))];
  return {
    config: chartConfig,
    width: 680,
    height: 280,
    layer: [
      {
        data: { values: measured.map(({ value, verdict }) => ({ value, verdict })) },
        mark: { type: 'bar', stroke: INK, strokeOpacity: 0.3, strokeWidth: 0.5 },
        encoding: {
          x: { field: 'value', type: 'quantitative', bin: { maxbins: 60 }, title },
          y: { aggregate: 'count', type: 'quantitative', title: 'members' },
          color: {
            field: 'verdict',
            type: 'nominal',
            scale: {
              domain: verdicts.map(([verdict]) => verdict),
              range: verdicts.map(([, color]) => color),
            },
            legend: { title: null, orient: 'bottom' },
          },
        },
      },
      ...marginRules(margins, 'x'),
    ],
  };
}
