// The named sites of a model, by path.
import type { ModelGraph, Site } from '../model/model-graph.js';

export function siteOf(model: ModelGraph, path: string): Site | undefined {
  return model.sites.find((one) => one.path === path) ?? model.weights.find((one) => one.path === path);
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
