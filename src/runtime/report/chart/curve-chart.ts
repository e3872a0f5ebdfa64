// Lines over an ordered axis, one per series.
import type { TopLevelSpec } from 'vega-lite';
import { withUnit } from '../text.js';
import type { CurveView } from '../view-data.js';
import type { Chart } from './chart.js';
import { chartConfig } from './style.js';

/** Okabe and Ito, 2008; black and yellow are left out because they vanish on dark or light pages. */
const palette = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#56b4e9', '#e69f00'];
const dashes = [
  [1, 0],
  [6, 3],
  [2, 2],
  [8, 3, 2, 3],
];

export function curveChart(view: CurveView): Chart {
  const isNumeric = view.series.every(({ points }) => points.every(({ x }) => typeof x === 'number'));
  const names = view.series.map(({ name }) => name);
  const data = view.series.flatMap(({ name, points }) => points.map(({ x, y }) => ({ name, x, y })));
  const repeat = <T>(items: readonly T[]) =>
    names.flatMap((_, index) => items.slice(index % items.length).slice(0, 1));
  const legend =
    names.length > 1 ? { title: null, orient: 'bottom', columns: 3, symbolType: 'stroke' } : null;
  const spec = {
    config: chartConfig,
    width: 600,
    height: 320,
    data: { values: data },
    mark: { type: 'line', point: names.length <= 8, strokeWidth: 2 },
    encoding: {
      x: {
        field: 'x',
        type: isNumeric ? 'quantitative' : 'ordinal',
        title: withUnit(view.x.name, view.x.unit),
        sort: null,
      },
      y: { field: 'y', type: 'quantitative', title: withUnit(view.y.name, view.y.unit) },
      color: {
        field: 'name',
        type: 'nominal',
        sort: names,
        scale: { domain: names, range: repeat(palette) },
        legend,
      },
      strokeDash: {
        field: 'name',
        type: 'nominal',
        sort: names,
        scale: { domain: names, range: repeat(dashes) },
        legend,
      },
    },
  };
  return {
    spec: spec as TopLevelSpec, // the tests compile every chart and see no warning
    alt: `Curve of ${withUnit(view.y.name, view.y.unit)} over ${withUnit(view.x.name, view.x.unit)}, ${names.length} series.`,
  };
}
