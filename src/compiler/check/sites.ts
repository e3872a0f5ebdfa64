// The named sites of a model, by path.
import type { Axis } from '../ir/tensor-type.js';
import type { ModelGraph, Site } from '../model/model-graph.js';

export function siteOf(model: ModelGraph, path: string): Site | undefined {
  return model.sites.find((one) => one.path === path) ?? model.weights.find((one) => one.path === path);
}

/** What the field calls the axes of an imported tensor that its graph leaves without names: `[example, channel, y, x]`. */
const fieldNames: readonly string[] = ['example', 'channel', 'y', 'x'];

/** The axis of a site that a name means: its own name, or the field's name of one that has none. */
export function axisOfSite(site: Site, name: string): Axis | undefined {
  const own = site.axes.find((axis) => axis.name === name);
  if (own !== undefined) return own;
  const at = fieldNames.indexOf(name);
  const axis = site.axes[at];
  return axis?.name.startsWith('_') === true ? axis : undefined;
}

export function axisNames(site: Site): readonly string[] {
  return site.axes.map((axis, i) => (axis.name.startsWith('_') ? (fieldNames[i] ?? axis.name) : axis.name));
}

export function sitePaths(model: ModelGraph): readonly string[] {
  return [...model.sites, ...model.weights].map((site) => site.path);
}

/** Whether a path is a site or leads to one. */
export function isPathPrefix(model: ModelGraph, path: string): boolean {
  const longer = `${path}.`;
  return sitePaths(model).some((one) => one === path || one.startsWith(longer));
}

/** The kinds of components that make up a forward pass, and the site that stands for each. */
export function partSites(model: ModelGraph, part: string): readonly Site[] {
  switch (part) {
    case 'heads':
      return model.sites.filter((site) => /\.attn\.z$/.test(site.path));
    case 'mlps':
      return model.sites.filter((site) => /\.mlp\.out$/.test(site.path));
    case 'norms':
      return model.sites.filter((site) => site.part === 'norms' && /\.scale$/.test(site.path));
    default:
      return [];
  }
}
