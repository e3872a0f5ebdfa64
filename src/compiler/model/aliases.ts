// Other spellings of transformer sites: TransformerLens hook names, interp-engine's points and the field's short names
// (`resid_post.10`). The map knows the model: a name whose value does not exist in it, or that means something else elsewhere,
// is refused, never guessed.
import { HOOKS, type Meaning, POINTS, type Refusal, TOP } from './alias-names.js';
import type { ModelGraph } from './model-graph.js';

export type Alias =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'refused'; readonly reason: Refusal; readonly instead: readonly string[] };

/** What another spelling means in this model; undefined where nobody uses the name. */
export function aliasOf(name: string, model: ModelGraph): Alias | undefined {
  const top = TOP.get(name) ?? (isTopPath(name) ? { to: [name] } : undefined);
  if (top !== undefined) return decided(top, model, '');
  const inBlock = /^blocks\.(\d+)\.(.+)$/.exec(name);
  const short = /^([a-z_]+)\.(\d+)$/.exec(name);
  const layer = Number(inBlock?.[1] ?? short?.[2]);
  const local = inBlock?.[2] ?? short?.[1] ?? '';
  if (!Number.isInteger(layer)) return undefined;
  const meaning =
    POINTS.get(local) ?? (inBlock === null ? undefined : (HOOKS.get(local) ?? canonical(local)));
  if (meaning === undefined) return undefined;
  const layers = model.geometry.layers ?? 0;
  if (layer < layers) return decided(meaning, model, `blocks.${layer}.`);
  const last = meaning.to[0] ?? meaning.instead?.[0] ?? '';
  return { kind: 'refused', reason: 'no-such-layer', instead: [`blocks.${layers - 1}.${last}`] };
}

/** A path inside a block that other models have. */
function canonical(local: string): Meaning | undefined {
  const known = [...HOOKS.values(), ...POINTS.values()].filter(({ to }) => to.includes(local));
  // The entry that says why a model lacks it, if there is one.
  const told = known.find(({ missing }) => missing !== undefined);
  return told === undefined ? (known.length === 0 ? undefined : { to: [local] }) : { ...told, to: [local] };
}

function isTopPath(name: string): boolean {
  return [...TOP.values()].some(({ to }) => to.includes(name));
}

/** The path, or why a model of this architecture has no such value. `prefix`: `blocks.3.`, or nothing. */
function decided(meaning: Meaning, model: ModelGraph, prefix: string): Alias {
  const has = (path: string): boolean =>
    [...model.sites, ...model.weights].some((one) => one.path === `${prefix}${path}`);
  const { needs, unless } = meaning;
  const instead = (meaning.instead ?? []).map((path) => `${prefix}${path}`);
  if (unless !== undefined && has(unless.has)) return { kind: 'refused', reason: unless.reason, instead };
  const path = needs !== undefined && !has(needs) ? undefined : meaning.to.find(has);
  if (path !== undefined) return { kind: 'path', path: `${prefix}${path}` };
  if (meaning.missing !== undefined) return { kind: 'refused', reason: meaning.missing, instead };
  return lacking(meaning.to[0] ?? '', prefix, has, model);
}

/** Why a model lacks a site that most models have. */
function lacking(path: string, prefix: string, has: (path: string) => boolean, model: ModelGraph): Alias {
  const refused = (reason: Refusal, ...instead: readonly string[]): Alias => ({
    kind: 'refused',
    reason,
    instead: instead.map((one) => `${prefix}${one}`),
  });
  if (prefix === '' && /pos/i.test(path)) return refused('no-position-embedding', 'embed');
  if (path === 'resid_mid' && has('mlp.out')) return refused('parallel-block', 'resid_pre', 'resid_post');
  const norm = /^(ln1|ln2)\.(.+)$/.exec(path);
  if (norm !== null && has(`${norm[1]}_post.scale`))
    return refused('norm-after', `${norm[1]}_post.${norm[2]}`);
  // Norms of a block that has no MLP are missing for either reason; the more general one is said.
  const norms = model.sites.some((one) => one.part === 'norms');
  if (/^(ln1|ln2|final_norm)\./.test(path) && !norms) return refused('no-norms', 'resid_post');
  return prefix === '' ? refused('no-own-value') : refused('no-mlp', 'resid_post');
}
