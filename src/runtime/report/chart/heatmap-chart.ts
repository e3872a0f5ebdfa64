// A heat map with its values written into the cells where they fit. Supported cells have a heavy frame and a sign;
// other verdicts have their sign, so that nothing depends on telling colours apart.
import type { TopLevelSpec } from 'vega-lite';
import { columnText, withUnit } from '../text.js';
import type { HeatmapView } from '../view-data.js';
import { verdictSigns } from '../wording.js';
import type { Chart } from './chart.js';
import { chartConfig, INK } from './style.js';

/** Widest drawing, and the narrowest cell that holds a number. */
const WIDTH = 760;
const NUMBER_WIDTH = 40;

export function heatmapChart(view: HeatmapView): Chart {
  const columns = Math.max(1, view.x.labels.length);
  const rows = Math.max(1, view.y.labels.length);
  const cellWidth = Math.max(6, Math.min(72, Math.floor(WIDTH / columns)));
  const isMarked = view.cells.some(({ verdict }) => verdict !== null);
  const withNumbers = cellWidth >= NUMBER_WIDTH;
  const cellHeight = withNumbers ? (isMarked ? 46 : 36) : Math.max(6, Math.min(28, cellWidth));
  const values = view.cells.map((one) => one.value).filter((value) => value !== null);
  const scale = scaleOf(values, view.value.unit);
  const write = columnText(values, 3);
  const data = view.cells.map(({ x, y, value, verdict }) => ({
    x,
    y,
    value,
    text: value === null ? 'undefined' : write(value),
    sign: verdict === null ? '' : verdictSigns[verdict],
    isSupported: verdict === 'supported',
    isDark: value !== null && scale.isDark(value),
  }));
  const ink = {
    condition: [
      { test: 'datum.value === null', value: INK },
      { test: 'datum.isDark', value: '#ffffff' },
    ],
    value: '#10151c',
  };
  const layer: unknown[] = [
    {
      transform: [{ filter: 'datum.value !== null' }],
      mark: { type: 'rect', stroke: INK, strokeOpacity: 0.15, strokeWidth: 1 },
      encoding: {
        color: {
          field: 'value',
          type: 'quantitative',
          scale: scale.scale,
          legend: {
            title: withUnit(view.value.name, view.value.unit),
            orient: 'bottom',
            direction: 'horizontal',
            gradientLength: Math.max(120, Math.min(260, columns * cellWidth - 10)),
            gradientThickness: 10,
            tickCount: 4,
          },
        },
      },
    },
  ];
  if (withNumbers) {
    layer.push({
      mark: { type: 'text', fontSize: 13, dy: isMarked ? -7 : 0 },
      encoding: { text: { field: 'text' }, color: ink },
    });
  }
  if (isMarked) {
    layer.push({
      transform: [{ filter: 'datum.isSupported' }],
      mark: { type: 'rect', fill: null, stroke: INK, strokeWidth: withNumbers ? 3 : 1.5 },
    });
    if (cellWidth >= 14) {
      layer.push({
        mark: { type: 'text', fontSize: withNumbers ? 13 : 10, dy: withNumbers ? 11 : 0 },
        encoding: { text: { field: 'sign' }, color: ink },
      });
    }
  }
  const axis = {
    labelAngle: columns * 8 > cellWidth * columns ? -90 : 0,
    labelOverlap: true,
    ticks: false,
    domain: false,
  };
  const spec = {
    config: chartConfig,
    width: columns * cellWidth,
    height: rows * cellHeight,
    data: { values: data },
    encoding: {
      x: {
        field: 'x',
        type: 'ordinal',
        title: view.x.title,
        sort: view.x.labels,
        scale: { paddingInner: 0 },
        axis,
      },
      y: {
        field: 'y',
        type: 'ordinal',
        title: view.y.title,
        sort: view.y.labels,
        scale: { paddingInner: 0 },
        axis: { ...axis, labelAngle: 0 },
      },
    },
    layer,
  };
  return { spec: spec as TopLevelSpec, alt: altOf(view) }; // the tests compile every chart and see no warning
}

/** From zero up, 0 to 1 for probabilities, or the same distance on both sides of zero. */
function scaleOf(values: readonly number[], unit: string | null) {
  const lowest = values.reduce((least, value) => Math.min(least, value), 0);
  const highest = values.reduce((most, value) => Math.max(most, value), 0);
  if (lowest < 0) {
    const reach = Math.max(-lowest, highest) || 1;
    return {
      scale: { scheme: 'blueorange', reverse: true, domain: [-reach, reach], domainMid: 0 },
      isDark: (value: number) => Math.abs(value) / reach > 0.7,
    };
  }
  const top = unit === 'probability' ? Math.max(1, highest) : highest || 1;
  return { scale: { scheme: 'blues', domain: [0, top] }, isDark: (value: number) => value / top > 0.6 };
}

function altOf({ value, x, y, cells }: HeatmapView): string {
  const supported = cells.filter(({ verdict }) => verdict === 'supported');
  const marked =
    supported.length === 0
      ? ''
      : ` Supported: ${supported.map((one) => `${y.title} ${one.y}, ${x.title} ${one.x}`).join('; ')}.`;
  return `Heat map of ${withUnit(value.name, value.unit)} by ${y.title} and ${x.title}.${marked}`;
}
