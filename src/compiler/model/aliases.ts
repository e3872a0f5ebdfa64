// Other spellings of transformer sites: TransformerLens hook names and the field's short names (`resid_post.10`). The map
// knows the model: a name whose value does not exist in it, or that means something else elsewhere, is refused, never guessed.
import type { ModelGraph } from './model-graph.js';

export type Refusal =
  /** TransformerLens can give each head its own copy of this input; here all heads read one value. */
  | 'copy-per-head'
  /** TransformerLens' `hook_mlp_in` is before ln2, the field's `mlp_in` after it. */
  | 'before-or-after-norm'
  | 'no-rotary'
  | 'no-gate'
  | 'no-post-norm'
  | 'no-mlp'
  | 'no-norms'
  | 'no-position-embedding'
  | 'no-such-layer';
export type Alias =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'refused'; readonly reason: Refusal; readonly instead: readonly string[] };

/** Names inside a block, after `blocks.L.`. */
const BLOCK_HOOKS: ReadonlyMap<string, string> = new Map([
  ['hook_resid_pre', 'resid_pre'],
  ['hook_resid_mid', 'resid_mid'],
  ['hook_resid_post', 'resid_post'],
  ['hook_attn_out', 'attn_out'],
  ['hook_mlp_out', 'mlp.out'],
  ['ln1.hook_scale', 'ln1.scale'],
  ['ln1.hook_normalized', 'ln1.normalized'],
  ['ln2.hook_scale', 'ln2.scale'],
  ['ln2.hook_normalized', 'ln2.normalized'],
  ['attn.hook_q', 'attn.q'],
  ['attn.hook_k', 'attn.k'],
  ['attn.hook_v', 'attn.v'],
  ['attn.hook_attn_scores', 'attn.attn_scores'],
  ['attn.hook_pattern', 'attn.pattern'],
  ['attn.hook_z', 'attn.z'],
  ['attn.hook_result', 'attn.result'],
  ['mlp.hook_pre', 'mlp.pre'],
  ['mlp.hook_post', 'mlp.act'],
  ['attn.attn_out', 'attn_out'],
  ['attn.out', 'attn_out'],
  ['mlp.mlp_out', 'mlp.out'],
]);

/** Short names, written `NAME.L` or `blocks.L.NAME`. */
const SHORT: ReadonlyMap<string, string> = new Map([
  ['resid_pre', 'resid_pre'],
  ['resid_mid', 'resid_mid'],
  ['resid_post', 'resid_post'],
  ['q', 'attn.q'],
  ['k', 'attn.k'],
  ['v', 'attn.v'],
  ['attn_scores', 'attn.attn_scores'],
  ['pattern', 'attn.pattern'],
  ['z', 'attn.z'],
  ['result', 'attn.result'],
  ['attn_out', 'attn_out'],
  ['mlp_in', 'mlp.in'],
  ['mlp_pre', 'mlp.pre'],
  ['mlp_act', 'mlp.act'],
  ['mlp_out', 'mlp.out'],
]);

const BLOCK_REFUSALS: ReadonlyMap<string, readonly [Refusal, readonly string[]]> = new Map([
  ['hook_mlp_in', ['before-or-after-norm', ['resid_mid', 'mlp.in']]],
  ['hook_attn_in', ['copy-per-head', ['resid_pre']]],
  ['hook_q_input', ['copy-per-head', ['resid_pre', 'attn.q']]],
  ['hook_k_input', ['copy-per-head', ['resid_pre', 'attn.k']]],
  ['hook_v_input', ['copy-per-head', ['resid_pre', 'attn.v']]],
  ['attn.hook_rot_q', ['no-rotary', ['attn.q']]],
  ['attn.hook_rot_k', ['no-rotary', ['attn.k']]],
  ['mlp.hook_pre_linear', ['no-gate', ['mlp.pre']]],
  ['ln1_post.hook_scale', ['no-post-norm', ['ln1.scale']]],
  ['ln1_post.hook_normalized', ['no-post-norm', ['ln1.normalized']]],
  ['ln2_post.hook_scale', ['no-post-norm', ['ln2.scale']]],
  ['ln2_post.hook_normalized', ['no-post-norm', ['ln2.normalized']]],
]);

const TOP: ReadonlyMap<string, string> = new Map([
  ['hook_embed', 'embed'],
  ['hook_pos_embed', 'pos_embed'],
  ['ln_final.hook_scale', 'final_norm.scale'],
  ['ln_final.hook_normalized', 'final_norm.normalized'],
  ['ln_final.scale', 'final_norm.scale'],
  ['ln_final.normalized', 'final_norm.normalized'],
  ['weights.embed', 'weights.W_E'],
  ['weights.unembed', 'weights.W_U'],
  ['W_E', 'weights.W_E'],
  ['W_U', 'weights.W_U'],
  ['W_pos', 'weights.W_pos'],
]);

/** What another spelling means in this model; undefined where nobody uses the name. */
export function aliasOf(name: string, model: ModelGraph): Alias | undefined {
  const top = TOP.get(name) ?? (isTopPath(name) ? name : undefined);
  if (top !== undefined) return existing(top, model, []);
  const inBlock = /^blocks\.(\d+)\.(.+)$/.exec(name);
  const short = /^([a-z_]+)\.(\d+)$/.exec(name);
  const layer = Number(inBlock?.[1] ?? short?.[2]);
  const local = inBlock?.[2] ?? short?.[1] ?? '';
  if (!Number.isInteger(layer)) return undefined;
  const refusal = BLOCK_REFUSALS.get(local);
  const target =
    SHORT.get(local) ?? (inBlock === null ? undefined : (BLOCK_HOOKS.get(local) ?? known(local)));
  if (refusal === undefined && target === undefined) return undefined;
  const layers = model.geometry.layers ?? 0;
  if (layer >= layers) {
    const last = `blocks.${layers - 1}.${target ?? refusal?.[1][0] ?? ''}`;
    return { kind: 'refused', reason: 'no-such-layer', instead: [last] };
  }
  if (refusal !== undefined) {
    return {
      kind: 'refused',
      reason: refusal[0],
      instead: refusal[1].map((one) => `blocks.${layer}.${one}`),
    };
  }
  return existing(`blocks.${layer}.${target}`, model, [`blocks.${layer}.resid_post`]);
}

/** A canonical name inside a block that this model may lack. */
function known(local: string): string | undefined {
  return [...BLOCK_HOOKS.values(), ...SHORT.values()].find((one) => one === local);
}

function isTopPath(name: string): boolean {
  return [...TOP.values()].includes(name);
}

/** The path, or why a model of this architecture has no such value. */
function existing(path: string, model: ModelGraph, instead: readonly string[]): Alias {
  const exists = [...model.sites, ...model.weights].some((one) => one.path === path);
  if (exists) return { kind: 'path', path };
  if (/pos/i.test(path) && !path.startsWith('blocks.')) {
    return { kind: 'refused', reason: 'no-position-embedding', instead: ['embed'] };
  }
  // Norms of a block that has no MLP are missing for either reason; the more general one is said.
  const norms = model.sites.some((one) => one.part === 'norms');
  const reason = /(ln1|ln2|final_norm)\./.test(path) && !norms ? 'no-norms' : 'no-mlp';
  return { kind: 'refused', reason, instead };
}
