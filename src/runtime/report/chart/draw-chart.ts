// Charts to static SVG. The only door to Vega and Vega-Lite: no canvas, no network, no scripts in what comes out.
import { visible } from '../../../compiler/base/visible.js';
import type { Chart } from './chart.js';

/** SVG text of a chart. `prefix` keeps the ids inside apart from those of other charts on the same page. */
export async function drawChart(
  { spec }: Chart,
  options: { readonly prefix: string; readonly onWarning: (text: string) => void },
): Promise<string> {
  const [{ compile }, { parse, View }] = await Promise.all([import('vega-lite'), import('vega')]);
  const logger = loggerFor(options.onWarning);
  const view = new View(parse(compile(withVisibleText(spec), { logger }).spec), {
    renderer: 'none',
    loader: closedLoader,
    logger,
  });
  try {
    return withPrefix(await view.toSVG(), options.prefix);
  } finally {
    view.finalize();
  }
}

/** A chart has all its data; nothing may be loaded. */
const closedLoader = {
  load: () => Promise.reject(new Error('charts load nothing')),
  sanitize: () => Promise.reject(new Error('charts link to nothing')),
  http: () => Promise.reject(new Error('charts load nothing')),
  file: () => Promise.reject(new Error('charts load nothing')),
};

function loggerFor(onWarning: (text: string) => void) {
  let level = 1;
  const logger = {
    level(set?: number) {
      if (set === undefined) return level;
      level = set;
      return logger;
    },
    error: (...parts: readonly unknown[]) => warn(parts),
    warn: (...parts: readonly unknown[]) => warn(parts),
    info: () => logger,
    debug: () => logger,
  };
  function warn(parts: readonly unknown[]) {
    onWarning(parts.map(String).join(' '));
    return logger;
  }
  return logger;
}

/** Ids of gradients and clips count up from drawing to drawing; here they begin anew and are the chart's own. */
function withPrefix(svg: string, prefix: string): string {
  const numbers = new Map<string, number>();
  const renamed = (id: string): string => {
    const number = numbers.get(id) ?? numbers.size;
    numbers.set(id, number);
    return `${prefix}${number}`;
  };
  return svg
    .replace(/\bid="((?:gradient|clip|pattern)_?\d+)"/g, (_, id: string) => `id="${renamed(id)}"`)
    .replace(/url\(#((?:gradient|clip|pattern)_?\d+)\)/g, (_, id: string) => `url(#${renamed(id)})`);
}

/** All text of a chart without control characters; Vega escapes the rest for XML. */
function withVisibleText<Value>(value: Value): Value {
  return mapText(value) as Value; // the same shape, only with other strings
}

function mapText(value: unknown): unknown {
  if (typeof value === 'string') return visible(value);
  if (Array.isArray(value)) return value.map(mapText);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapText(item)]));
}
