// How charts look: no frame, thin axes, text in the colour of the page (so that it works on light and dark), and colours
// that stay apart for the colour-blind (Okabe and Ito, 2008). Signs, not colours, carry the verdicts.
import type { Verdict } from '../../stats/types.js';

export const INK = 'currentColor';
/** Covers what lies behind a hollow sign; the HTML report sets the variable. */
export const PAGE = 'var(--page, #ffffff)';
export const FONT = 'system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif';
export const LABEL_SIZE = 12;

export const verdictColors = {
  supported: '#1878bd',
  refuted: '#8a8f98',
  inconclusive: '#d55e00',
  invalid: '#b3123b',
  'not-run': '#8a8f98',
} as const satisfies Record<Verdict, string>;

/** Vega symbol of each verdict; supported ones are filled. */
export const verdictShapes = {
  supported: 'circle',
  refuted: 'circle',
  inconclusive: 'diamond',
  invalid: 'cross',
  'not-run': 'stroke',
} as const satisfies Record<Verdict, string>;

export const chartConfig = {
  background: 'transparent',
  aria: false,
  font: FONT,
  view: { stroke: null },
  axis: {
    labelColor: INK,
    titleColor: INK,
    domainColor: INK,
    domainOpacity: 0.35,
    tickColor: INK,
    tickOpacity: 0.35,
    gridColor: INK,
    gridOpacity: 0.1,
    labelFontSize: LABEL_SIZE,
    titleFontSize: LABEL_SIZE,
    titleFontWeight: 'normal',
    labelLimit: 220,
  },
  legend: {
    labelColor: INK,
    titleColor: INK,
    labelFontSize: LABEL_SIZE,
    titleFontSize: LABEL_SIZE,
    titleFontWeight: 'normal',
    titleLimit: 320,
    gradientStrokeColor: null,
  },
} as const;
