// What `eisc hooks MODEL` shows: every site with its axes, size and bytes per row, as a tree of 80 columns or as plain data.

import { bug } from '../base/bug.js';
import type { Plain } from '../base/canonical.js';
import { evaluateDim, symbolsOfDim } from '../ir/dim.js';
import { BYTES_OF } from '../ir/memory.js';
import { type Axis, type DType, isAnonymous } from '../ir/tensor-type.js';
import { isPattern, matchSites, nearestSites, resolveSite } from './component-tree.js';
import type { ModelGraph, Site } from './model-graph.js';
import type { ModelProblem } from './problem.js';

export type DescribeOptions = {
  /** Text or glob that a path must hold; null shows everything. */
  readonly grep: string | null;
  /** Positions for which bytes are counted. */
  readonly positions: number;
  readonly weights: boolean;
};

const WIDTH = 80;

/** `text`: lines of at most 80 columns (a longer tensor name has a line of its own), equal blocks folded. `data`: nothing folded. */
export type Description =
  | { readonly kind: 'ok'; readonly text: readonly string[]; readonly data: Plain }
  | { readonly kind: 'problem'; readonly problem: ModelProblem };

/** A listing of the chosen sites, or why the text given to `grep` chooses none. */
export function describeModel(model: ModelGraph, options: DescribeOptions): Description {
  const shown = chosen(model, options);
  if (!isList(shown)) return { kind: 'problem', problem: shown };
  return { kind: 'ok', text: textOf(model, shown, options), data: dataOf(model, shown, options) };
}

function textOf(model: ModelGraph, shown: readonly Site[], options: DescribeOptions): readonly string[] {
  const rows = shown.flatMap((site) => rowOf(model, site, shown, options));
  const pathWidth = Math.min(46, Math.max(4, ...rows.map((row) => row.path.length)));
  return [...headOf(model), '', ...rows.flatMap((row) => layOut(row, pathWidth))];
}

function dataOf(model: ModelGraph, shown: readonly Site[], options: DescribeOptions): Plain {
  return {
    name: model.name,
    digest: model.digest,
    family: model.family,
    geometry: { ...model.geometry },
    causal: model.causal,
    inputs: model.inputs.map(({ name, type }) => ({
      name,
      dtype: type.dtype,
      axes: type.axes.map(axisFacts),
    })),
    sites: shown.map((site) => ({
      path: site.path,
      part: site.part,
      dtype: site.dtype,
      axes: site.axes.map(axisFacts),
      bytes_per_example: bytesOf(site.axes, site.dtype, options.positions),
    })),
  };
}

function axisFacts(axis: Axis): Plain {
  return { name: axis.name, size: axis.size };
}

function headOf(model: ModelGraph): readonly string[] {
  const sizes = Object.entries(model.geometry).map(([name, size]) => `${name} ${size}`);
  const line = `${model.name}: ${model.family}${sizes.length === 0 ? '' : `, ${sizes.join(', ')}`}`;
  const inputs = model.inputs.map(({ name, type }) => `input ${name} ${type.dtype} [${axesText(type.axes)}]`);
  return [...wrap(line), ...inputs.flatMap((text) => wrap(text))];
}

/** A glob, a part of paths, or another spelling of one site (`blocks.0.attn.hook_z`). */
function chosen(model: ModelGraph, { grep, weights }: DescribeOptions): readonly Site[] | ModelProblem {
  const all = weights ? [...model.sites, ...model.weights] : model.sites;
  if (grep === null) return all;
  if (isPattern(grep)) {
    const paths = new Set(matchSites(model, grep));
    const found = all.filter((site) => paths.has(site.path));
    if (found.length > 0) return found;
    return { kind: 'no-match', pattern: grep, model: model.name, nearest: nearestSites(model, grep) };
  }
  const found = all.filter((site) => site.path.includes(grep));
  if (found.length > 0) return found;
  const answer = resolveSite(model, grep);
  switch (answer.kind) {
    case 'site':
      return [answer.site];
    case 'refused':
      return {
        kind: 'refused-site',
        name: grep,
        model: model.name,
        reason: answer.reason,
        instead: answer.instead,
      };
    case 'unknown':
      return { kind: 'no-such-site', name: grep, model: model.name, nearest: answer.nearest };
  }
}

function isList(value: readonly Site[] | ModelProblem): value is readonly Site[] {
  return Array.isArray(value);
}

/** `same`: another name of the same value. */
type Row = {
  readonly path: string;
  readonly axes: string;
  readonly bytes: string;
  readonly same: string | undefined;
};

/** A row, or none where a block of an earlier layer stands for this one. */
function rowOf(
  model: ModelGraph,
  site: Site,
  shown: readonly Site[],
  options: DescribeOptions,
): readonly Row[] {
  const layers = siblings(site, shown);
  const first = layers[0] ?? bug('a site that is not its own sibling');
  if (first.path !== site.path) return [];
  const layerOf = (one: Site | undefined): string => /blocks\.(\d+)\./.exec(one?.path ?? '')?.[1] ?? '';
  const range = layers.length === 1 ? undefined : `blocks.{${layerOf(first)}..${layerOf(layers.at(-1))}}.`;
  const alike = model.sites.find((one) => one.value === site.value && one.path !== site.path);
  const bytes = bytesOf(site.axes, site.dtype, options.positions);
  return [
    {
      path: range === undefined ? site.path : site.path.replace(/blocks\.\d+\./, range),
      axes: `${site.dtype === 'f32' ? '' : `${site.dtype} `}[${axesText(site.axes)}]`,
      bytes: bytesText(bytes),
      same: alike?.path,
    },
  ];
}

/** Sites of other layers with the same name and the same axes, consecutive from the first. */
function siblings(site: Site, shown: readonly Site[]): readonly Site[] {
  const [, before, after] = /^(.*blocks)\.\d+\.(.*)$/.exec(site.path) ?? [];
  if (before === undefined || after === undefined) return [site];
  const axes = axesText(site.axes);
  return shown.filter((one) => {
    const parts = /^(.*blocks)\.\d+\.(.*)$/.exec(one.path);
    return parts?.[1] === before && parts[2] === after && axesText(one.axes) === axes;
  });
}

/** `example, pos, head 8`: a size stands only where it is a number or another symbol than the name. */
function axesText(axes: readonly Axis[]): string {
  return axes
    .map(({ name, size }) => {
      if (isAnonymous(name)) return String(size);
      return typeof size === 'number' ? `${name} ${size}` : name;
    })
    .join(', ');
}

/** Bytes for one row: `example` counts once, every other symbol as `positions`. */
function bytesOf(axes: readonly Axis[], dtype: DType, positions: number): number {
  let bytes: number = BYTES_OF[dtype];
  for (const { size } of axes) {
    const symbols = symbolsOfDim(size).map((name) => [name, name === 'example' ? 1 : positions] as const);
    bytes *= evaluateDim(size, new Map(symbols));
  }
  return bytes;
}

function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ['KiB', 'MiB', 'GiB'];
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ${units[unit]}`;
}

function layOut(row: Row, pathWidth: number): readonly string[] {
  const right = ` ${row.bytes.padStart(8)}`;
  const same = row.same === undefined ? [] : wrap(`    = ${row.same}`);
  const fits = pathWidth + 2 + row.axes.length + right.length <= WIDTH && row.path.length <= pathWidth;
  if (!fits) return [...wrap(row.path), `    ${row.axes}`.padEnd(WIDTH - right.length) + right, ...same];
  const middle = row.axes.padEnd(WIDTH - pathWidth - 2 - right.length);
  return [`${row.path.padEnd(pathWidth)}  ${middle}${right}`, ...same];
}

function wrap(text: string): readonly string[] {
  if (text.length <= WIDTH) return [text];
  const cut = text.lastIndexOf(' ', WIDTH);
  if (cut <= 0) return [text];
  return [text.slice(0, cut), ...wrap(`    ${text.slice(cut + 1)}`)];
}
