// Names to sites: exact paths, the field's other spellings through a map that refuses to guess, globs, and nearest names.
import { suggest } from '../base/suggest.js';
import type { Refusal } from './alias-names.js';
import { aliasOf } from './aliases.js';
import type { ModelGraph, Site } from './model-graph.js';

export type SiteAnswer =
  | { readonly kind: 'site'; readonly site: Site }
  /** The name is known in the field and means nothing here, or not clearly one thing. `instead`: what exists. */
  | { readonly kind: 'refused'; readonly reason: Refusal; readonly instead: readonly string[] }
  | { readonly kind: 'unknown'; readonly nearest: readonly string[] };

/** The site or weight with exactly this path. */
export function findSite(model: ModelGraph, path: string): Site | undefined {
  return model.sites.find((one) => one.path === path) ?? model.weights.find((one) => one.path === path);
}

/**
 * The site that a name means: its path, `blocks[3].attn.z`, TransformerLens' `blocks.3.attn.hook_z`, or `z.3`. A name that
 * could mean two values, or one that this model lacks, is refused with the paths to choose from.
 */
export function resolveSite(model: ModelGraph, name: string): SiteAnswer {
  const path = name.replaceAll(/\[(\d+)\]/g, '.$1');
  const exact = findSite(model, name) ?? findSite(model, path);
  if (exact !== undefined) return { kind: 'site', site: exact };
  if (model.family === 'transformer') {
    const alias = aliasOf(path, model);
    if (alias?.kind === 'refused') {
      return { ...alias, instead: alias.instead.filter((one) => findSite(model, one) !== undefined) };
    }
    const site = alias === undefined ? undefined : findSite(model, alias.path);
    if (site !== undefined) return { kind: 'site', site };
  }
  return { kind: 'unknown', nearest: nearestSites(model, path) };
}

/** Sites whose path is like `name`: a few edits away, or with the same last words. */
export function nearestSites(model: ModelGraph, name: string): readonly string[] {
  const paths = sitePaths(model);
  const near = suggest(name, paths);
  if (near.length > 0) return near;
  const last = lastWord(name);
  if (last === '') return [];
  const same = paths.filter((path) => lastWord(path) === last).slice(0, 3);
  if (same.length > 0) return same;
  const words = suggest(last, paths.map(lastWord));
  return paths.filter((path) => words.includes(lastWord(path))).slice(0, 3);
}

/** Paths of sites in the model's order, then of weights. */
export function sitePaths(model: ModelGraph): readonly string[] {
  return [...model.sites, ...model.weights].map((site) => site.path);
}

/**
 * Paths that a pattern matches, in the model's order. A pattern that is itself a path matches that path only. `*` is any text
 * without `/`, `**` any text, `?` one sign; every other sign is itself, because tensor names hold brackets and colons.
 */
export function matchSites(model: ModelGraph, pattern: string): readonly string[] {
  if (findSite(model, pattern) !== undefined) return [pattern];
  const expression = globExpression(pattern);
  return sitePaths(model).filter((path) => expression.test(path));
}

/** Whether a name is meant as a pattern. */
export function isPattern(text: string): boolean {
  return /[*?]/.test(text);
}

function globExpression(pattern: string): RegExp {
  const source = pattern.replaceAll(/\*\*\/|\*\*|\*|\?|[^*?]+/g, (part) => {
    if (part === '**/') return '(?:.*/)?';
    if (part === '**') return '.*';
    if (part === '*') return '[^/]*';
    if (part === '?') return '[^/]';
    return part.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  });
  return new RegExp(`^${source}$`, 'su');
}

function lastWord(path: string): string {
  return path.split(/[./]/).at(-1) ?? '';
}
