// The field's names of activations: TransformerLens' hooks and interp-engine's points, each with the site that it means and, where
// a model may lack that site, why. Which of them exist in a model is decided in aliases.ts.

/** Why a name that the field knows is refused. */
export type Refusal =
  /** TransformerLens can give each head its own copy of this input; here all heads read one value. */
  | 'copy-per-head'
  /** TransformerLens' `hook_mlp_in` is before ln2, the field's `mlp_in` after it. */
  | 'before-or-after-norm'
  /** The block's sum, or what its norm makes of it: the tools mean different ones. */
  | 'sum-or-norm'
  | 'parallel-block'
  | 'norm-after'
  | 'no-rotary'
  | 'no-gate'
  | 'no-post-norm'
  | 'no-query-norm'
  | 'no-mlp'
  | 'no-norms'
  | 'no-position-embedding'
  | 'no-attention-gate'
  | 'no-experts'
  | 'one-stream'
  | 'no-own-value'
  | 'no-such-layer';

/** What a name means, in paths inside the block (or of the model, for names without a layer). */
export type Meaning = {
  /** The first of these that the model has. */
  readonly to: readonly string[];
  /** The name means nothing in a model without this site, though `to` may exist. */
  readonly needs?: string;
  /** In a model with this site the name would mean two things. */
  readonly unless?: { readonly has: string; readonly reason: Refusal };
  /** Why a model lacks it; without this the reason is found in the model. */
  readonly missing?: Refusal;
  /** What to write instead. */
  readonly instead?: readonly string[];
};

function means(...to: readonly string[]): Meaning {
  return { to };
}

function meansIf(path: string, missing: Refusal, ...instead: readonly string[]): Meaning {
  return { to: [path], missing, instead };
}

function refused(missing: Refusal, ...instead: readonly string[]): Meaning {
  return { to: [], missing, instead };
}

/** Input and output of the norm of queries or keys. */
function headNorm(letter: 'q' | 'k', path: string): Meaning {
  const plain = `attn.${letter}`;
  return { to: [path], needs: `attn.${letter}_norm.scale`, missing: 'no-query-norm', instead: [plain] };
}

const ATTENTION_INPUT = meansIf('attn.in', 'no-own-value', 'ln1.normalized', 'resid_pre');
const GATED = meansIf('mlp.pre_linear', 'no-gate', 'mlp.pre');
/** What is added to the residual stream: after the norm of its own, where there is one. */
const ATTENTION_SHARE = means('attn_out_post', 'attn_out');
const MLP_SHARE = means('mlp.out_post', 'mlp.out');

/** TransformerLens' names inside a block, after `blocks.L.`. */
export const HOOKS: ReadonlyMap<string, Meaning> = new Map([
  ['hook_resid_pre', means('resid_pre')],
  ['hook_resid_mid', means('resid_mid')],
  ['hook_resid_post', means('resid_post')],
  ['hook_normalized_resid_post', meansIf('normalized_resid_post', 'no-post-norm', 'resid_post')],
  ['hook_attn_out', ATTENTION_SHARE],
  ['hook_mlp_out', MLP_SHARE],
  ['ln1.hook_scale', means('ln1.scale')],
  ['ln1.hook_normalized', means('ln1.normalized')],
  ['ln2.hook_scale', means('ln2.scale')],
  ['ln2.hook_normalized', means('ln2.normalized')],
  ['ln1_post.hook_scale', meansIf('ln1_post.scale', 'no-post-norm', 'ln1.scale')],
  ['ln1_post.hook_normalized', meansIf('ln1_post.normalized', 'no-post-norm', 'ln1.normalized')],
  ['ln2_post.hook_scale', meansIf('ln2_post.scale', 'no-post-norm', 'ln2.scale')],
  ['ln2_post.hook_normalized', meansIf('ln2_post.normalized', 'no-post-norm', 'ln2.normalized')],
  ['attn.hook_in', ATTENTION_INPUT],
  ['attn.hook_q', means('attn.q')],
  ['attn.hook_k', means('attn.k')],
  ['attn.hook_v', means('attn.v')],
  ['attn.hook_rot_q', meansIf('attn.rot_q', 'no-rotary', 'attn.q')],
  ['attn.hook_rot_k', meansIf('attn.rot_k', 'no-rotary', 'attn.k')],
  ['attn.q_norm.hook_in', headNorm('q', 'attn.q')],
  ['attn.q_norm.hook_scale', headNorm('q', 'attn.q_norm.scale')],
  ['attn.q_norm.hook_normalized', headNorm('q', 'attn.q_norm.normalized')],
  ['attn.q_norm.hook_out', headNorm('q', 'attn.q_norm.out')],
  ['attn.k_norm.hook_in', headNorm('k', 'attn.k')],
  ['attn.k_norm.hook_scale', headNorm('k', 'attn.k_norm.scale')],
  ['attn.k_norm.hook_normalized', headNorm('k', 'attn.k_norm.normalized')],
  ['attn.k_norm.hook_out', headNorm('k', 'attn.k_norm.out')],
  ['attn.hook_attn_scores', means('attn.attn_scores')],
  ['attn.hook_pattern', means('attn.pattern')],
  ['attn.hook_z', means('attn.z')],
  ['attn.hook_result', means('attn.result')],
  ['attn.hook_out', means('attn_out')],
  ['mlp.hook_in', means('mlp.in')],
  ['mlp.hook_pre', means('mlp.pre')],
  ['mlp.hook_pre_linear', GATED],
  ['mlp.hook_post', means('mlp.act')],
  ['mlp.hook_out', means('mlp.out')],
  // Spellings of our own kind that are near enough to be meant.
  ['attn.attn_out', means('attn_out')],
  ['attn.out', means('attn_out')],
  ['mlp.mlp_out', means('mlp.out')],
  ['hook_mlp_in', refused('before-or-after-norm', 'resid_mid', 'mlp.in')],
  ['hook_attn_in', refused('copy-per-head', 'resid_pre')],
  ['hook_q_input', refused('copy-per-head', 'resid_pre', 'attn.q')],
  ['hook_k_input', refused('copy-per-head', 'resid_pre', 'attn.k')],
  ['hook_v_input', refused('copy-per-head', 'resid_pre', 'attn.v')],
]);

/** A sum that a norm follows: TransformerLens means the sum, interp-engine what leaves the block. */
function sumOr(sum: string, norm: string): Meaning {
  return { to: [sum], unless: { has: norm, reason: 'sum-or-norm' }, instead: [sum, norm] };
}

/** Short names and interp-engine's points, written `NAME.L` or `blocks.L.NAME`. */
export const POINTS: ReadonlyMap<string, Meaning> = new Map([
  ['resid_pre', means('resid_pre')],
  ['resid_mid', sumOr('resid_mid', 'normalized_resid_mid')],
  ['resid_post', sumOr('resid_post', 'normalized_resid_post')],
  ['attn_in', ATTENTION_INPUT],
  ['q', means('attn.q')],
  ['k', means('attn.k')],
  ['v', means('attn.v')],
  ['value', means('attn.v')],
  ['rot_q', meansIf('attn.rot_q', 'no-rotary', 'attn.q')],
  ['rot_k', meansIf('attn.rot_k', 'no-rotary', 'attn.k')],
  ['q_norm_in', headNorm('q', 'attn.q')],
  ['q_norm_out', headNorm('q', 'attn.q_norm.out')],
  ['k_norm_in', headNorm('k', 'attn.k')],
  ['k_norm_out', headNorm('k', 'attn.k_norm.out')],
  ['attn_scores', means('attn.attn_scores')],
  ['pattern', means('attn.pattern')],
  ['attn_probs', means('attn.pattern')],
  ['z', means('attn.z')],
  ['result', means('attn.result')],
  ['attn_out', means('attn_out')],
  ['attn_out_post', ATTENTION_SHARE],
  ['mlp_in', means('mlp.in')],
  ['mlp_pre', means('mlp.pre')],
  ['mlp_pre_linear', GATED],
  ['mlp_act', means('mlp.act')],
  ['mlp_out', means('mlp.out')],
  ['mlp_out_post', MLP_SHARE],
  ['attn_gate', refused('no-attention-gate', 'attn.z')],
  ['router_logits', refused('no-experts', 'mlp.pre')],
  ['expert_weights', refused('no-experts', 'mlp.pre')],
  ['expert_indices', refused('no-experts', 'mlp.pre')],
  ['resid_streams', refused('one-stream', 'resid_post')],
  ['attn_stream_collapse', refused('one-stream', 'resid_pre')],
  ['mlp_stream_collapse', refused('one-stream', 'resid_mid')],
  ['attn_stream_write', refused('one-stream', 'attn_out')],
  ['attn_stream_mix', refused('one-stream', 'attn_out')],
  ['mlp_stream_write', refused('one-stream', 'mlp.out')],
  ['mlp_stream_mix', refused('one-stream', 'mlp.out')],
]);

const FINAL_NORM = meansIf('final_norm.out', 'no-own-value', 'final_norm.normalized', 'final.resid_pre');

/** Names without a layer. */
export const TOP: ReadonlyMap<string, Meaning> = new Map([
  ['hook_embed', means('embed')],
  ['embeddings', means('embed')],
  ['hook_pos_embed', means('pos_embed')],
  ['embed.hook_embed', means('embed')],
  ['embed.hook_pos_embed', means('pos_embed')],
  ['embed.hook_token_type_embed', meansIf('segment_embed', 'no-own-value', 'embed')],
  ['embed.ln.hook_scale', meansIf('embed_norm.scale', 'no-own-value', 'embed')],
  ['embed.ln.hook_normalized', meansIf('embed_norm.normalized', 'no-own-value', 'embed')],
  ['hook_full_embed', means('blocks.0.resid_pre')],
  ['ln_final.hook_scale', means('final_norm.scale')],
  ['ln_final.hook_normalized', means('final_norm.normalized')],
  ['ln_final.scale', means('final_norm.scale')],
  ['ln_final.normalized', means('final_norm.normalized')],
  ['final_norm', FINAL_NORM],
  ['unembed.hook_in', FINAL_NORM],
  ['lm_head', means('logits')],
  ['weights.embed', means('weights.W_E')],
  ['weights.unembed', means('weights.W_U')],
  ['W_E', means('weights.W_E')],
  ['W_U', means('weights.W_U')],
  ['W_pos', means('weights.W_pos')],
]);
