// Two metrics against each other, member by member, with names where there is room; supported members are named first.
import type { TopLevelSpec } from 'vega-lite';
import { withUnit } from '../text.js';
import type { ScatterView } from '../view-data.js';
import type { Chart } from './chart.js';
import { placeLabels } from './place-labels.js';
import { chartConfig, INK, verdictColors, verdictShapes } from './style.js';

const WIDTH = 560;
const HEIGHT = 380;
/** A crowd is shown as a crowd. */
const NAMED = 60;

export function scatterChart(view: ScatterView): { readonly chart: Chart; readonly unnamed: number } {
  const points = view.points.flatMap(({ label, x, y, verdict }) =>
    x === null || y === null ? [] : [{ label, x, y, verdict }],
  );
  const xDomain = domainOf(points.map(({ x }) => x));
  const yDomain = domainOf(points.map(({ y }) => y));
  const anchors = points.map(({ label, x, y }) => ({
    text: label,
    x: ((x - xDomain[0]) / (xDomain[1] - xDomain[0])) * WIDTH,
    y: (1 - (y - yDomain[0]) / (yDomain[1] - yDomain[0])) * HEIGHT,
  }));
  const middle = { x: mean(anchors.map(({ x }) => x)), y: mean(anchors.map(({ y }) => y)) };
  const rank = (index: number): number => {
    const anchor = anchors[index] ?? middle;
    const far = Math.hypot(anchor.x - middle.x, anchor.y - middle.y);
    return points[index]?.verdict === 'supported' ? 1e6 + far : far;
  };
  const order = points.map((_, index) => index).toSorted((a, b) => rank(b) - rank(a));
  const placed = placeLabels(anchors, order.slice(0, NAMED), { width: WIDTH, height: HEIGHT });
  const data = points.map(({ x, y, verdict }) => ({
    x,
    y,
    color: verdict === null ? verdictColors.supported : verdictColors[verdict],
    fill: verdict === null || verdict === 'supported' ? verdictColors.supported : 'transparent',
    shape: verdict === null ? 'circle' : verdictShapes[verdict],
  }));
  const labels = placed.map(({ index, dx, dy, align }) => ({
    ...data[index],
    label: points[index]?.label,
    dx,
    dy,
    align,
  }));
  const x = {
    field: 'x',
    type: 'quantitative',
    title: withUnit(view.x.name, view.x.unit),
    scale: { domain: xDomain, nice: false },
  };
  const y = {
    field: 'y',
    type: 'quantitative',
    title: withUnit(view.y.name, view.y.unit),
    scale: { domain: yDomain, nice: false },
  };
  const offsets = [...new Set(labels.map(({ dx, dy, align }) => `${dx} ${dy} ${align}`))];
  const spec = {
    config: chartConfig,
    width: WIDTH,
    height: HEIGHT,
    layer: [
      {
        data: { values: data },
        mark: {
          type: 'point',
          size: points.length > 200 ? 18 : 55,
          strokeWidth: 1.6,
          opacity: points.length > 200 ? 0.6 : 1,
        },
        encoding: {
          x,
          y,
          stroke: { field: 'color', type: 'nominal', scale: null },
          fill: { field: 'fill', type: 'nominal', scale: null },
          shape: { field: 'shape', type: 'nominal', scale: null },
        },
      },
      // One layer for each place beside the point: offsets are properties of a mark, not of a row.
      ...offsets.map((key) => {
        const rows = labels.filter(({ dx, dy, align }) => `${dx} ${dy} ${align}` === key);
        const { dx = 0, dy = 0, align = 'left' } = rows[0] ?? {};
        return {
          data: { values: rows },
          mark: { type: 'text', dx, dy, align, baseline: 'middle', fontSize: 12, color: INK },
          encoding: { x, y, text: { field: 'label' } },
        };
      }),
    ],
  };
  return {
    chart: {
      spec: spec as unknown as TopLevelSpec, // the tests compile every chart and see no warning
      alt: `Scatter plot of ${withUnit(view.y.name, view.y.unit)} against ${withUnit(view.x.name, view.x.unit)}, ${points.length} points.`,
    },
    unnamed: points.length - placed.length,
  };
}

/** Around all values, with zero when it is near, and room for points at the edge. */
function domainOf(values: readonly number[]): readonly [number, number] {
  const low = values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  if (!(low <= high)) return [0, 1];
  const span = high - low || Math.abs(high) || 1;
  const from = low > 0 && low < span ? 0 : low;
  return [from - 0.06 * span, high + 0.08 * span];
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
