// A transformer in plain loops over flat lists, with a place at every site where a value can be changed: the independent
// oracle for what an intervention does. Covers layer norm or none, absolute positions, causal attention, biases.
import type { Architecture } from '../../../src/compiler/model/manifest.js';
import type { Weights } from '../model/tiny-model.js';

/** What a site's value becomes. Layouts: z [pos, head, d_head], pattern [head, query, key], the rest [pos, width]. */
export type Edit = (path: string, value: number[]) => number[];

export const unchanged: Edit = (_, value) => value;

/** Values of all sites of one row, after edits. */
export function plainRun(
  arch: Architecture,
  weights: Weights,
  tokens: readonly number[],
  edit: Edit = unchanged,
): ReadonlyMap<string, readonly number[]> {
  const seen = new Map<string, readonly number[]>();
  const at = (path: string, value: number[]): number[] => {
    const result = edit(path, value);
    seen.set(path, result);
    return result;
  };
  const w = (name: string): Float64Array => {
    const found = weights.get(name);
    if (found === undefined) throw new Error(`no weight ${name}`);
    return found.data;
  };
  const bias = (name: string, i: number): number => weights.get(name)?.data[i] ?? 0;
  const { d_model: D, heads: H, d_head: E, d_mlp: M } = arch;
  const P = tokens.length;
  const make = (count: number, value: (i: number) => number): number[] =>
    Array.from({ length: count }, (_, i) => value(i));
  const total = (count: number, value: (i: number) => number): number => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += value(i);
    return sum;
  };
  const norm = (x: readonly number[], site: string, tensors: string): number[] => {
    if (arch.norm === 'none') return [...x];
    const mean = make(P, (p) => total(D, (d) => x[p * D + d] ?? 0) / D);
    const scale = at(
      `${site}.scale`,
      make(P, (p) =>
        Math.sqrt(total(D, (d) => ((x[p * D + d] ?? 0) - (mean[p] ?? 0)) ** 2) / D + arch.norm_eps),
      ),
    );
    return make(P * D, (i) => {
      const p = Math.floor(i / D);
      return (
        (((x[i] ?? 0) - (mean[p] ?? 0)) / (scale[p] ?? 0)) * (w(`${tensors}.w`)[i % D] ?? 0) +
        bias(`${tensors}.b`, i % D)
      );
    });
  };
  let resid = make(
    P * D,
    (i) =>
      (w('embed.W_E')[(tokens[Math.floor(i / D)] ?? 0) * D + (i % D)] ?? 0) + (w('pos_embed.W_pos')[i] ?? 0),
  );
  for (let l = 0; l < arch.layers; l++) {
    const block = `blocks.${l}`;
    const attn = `${block}.attn`;
    resid = at(`${block}.resid_pre`, resid);
    const x = norm(resid, `${block}.ln1`, `${block}.ln1`);
    const project = (letter: string): number[] =>
      make(P * H * E, (i) => {
        const [p, h, e] = [Math.floor(i / (H * E)), Math.floor(i / E) % H, i % E];
        return (
          total(D, (d) => (x[p * D + d] ?? 0) * (w(`${attn}.W_${letter}`)[(h * D + d) * E + e] ?? 0)) +
          bias(`${attn}.b_${letter}`, h * E + e)
        );
      });
    const q = at(`${attn}.q`, project('Q'));
    const k = at(`${attn}.k`, project('K'));
    const v = at(`${attn}.v`, project('V'));
    const scores = at(
      `${attn}.attn_scores`,
      make(H * P * P, (i) => {
        const [h, a, b] = [Math.floor(i / (P * P)), Math.floor(i / P) % P, i % P];
        if (b > a) return Number.NEGATIVE_INFINITY;
        return (
          total(E, (e) => (q[(a * H + h) * E + e] ?? 0) * (k[(b * H + h) * E + e] ?? 0)) * arch.score_scale
        );
      }),
    );
    const pattern = at(
      `${attn}.pattern`,
      make(H * P * P, (i) => {
        const row = Math.floor(i / P) * P;
        const top = Math.max(...scores.slice(row, row + P));
        return Math.exp((scores[i] ?? 0) - top) / total(P, (b) => Math.exp((scores[row + b] ?? 0) - top));
      }),
    );
    const z = at(
      `${attn}.z`,
      make(P * H * E, (i) => {
        const [p, h, e] = [Math.floor(i / (H * E)), Math.floor(i / E) % H, i % E];
        return total(P, (b) => (pattern[(h * P + p) * P + b] ?? 0) * (v[(b * H + h) * E + e] ?? 0));
      }),
    );
    const out = at(
      `${block}.attn_out`,
      make(P * D, (i) => {
        const [p, d] = [Math.floor(i / D), i % D];
        return (
          total(H * E, (he) => (z[p * H * E + he] ?? 0) * (w(`${attn}.W_O`)[he * D + d] ?? 0)) +
          bias(`${attn}.b_O`, d)
        );
      }),
    );
    resid = resid.map((one, i) => one + (out[i] ?? 0));
    const input = norm(resid, `${block}.ln2`, `${block}.ln2`);
    const act = at(
      `${block}.mlp.act`,
      make(P * M, (i) => {
        const [p, n] = [Math.floor(i / M), i % M];
        const pre =
          total(D, (d) => (input[p * D + d] ?? 0) * (w(`${block}.mlp.W_in`)[d * M + n] ?? 0)) +
          bias(`${block}.mlp.b_in`, n);
        return arch.act === 'relu' ? Math.max(pre, 0) : pre * normalCdf(pre);
      }),
    );
    const mlp = at(
      `${block}.mlp.out`,
      make(P * D, (i) => {
        const [p, d] = [Math.floor(i / D), i % D];
        return (
          total(M, (n) => (act[p * M + n] ?? 0) * (w(`${block}.mlp.W_out`)[n * D + d] ?? 0)) +
          bias(`${block}.mlp.b_out`, d)
        );
      }),
    );
    resid = at(
      `${block}.resid_post`,
      resid.map((one, i) => one + (mlp[i] ?? 0)),
    );
  }
  resid = at('final.resid_pre', resid);
  const final = norm(resid, 'final_norm', 'ln_final');
  at(
    'logits',
    make(P * arch.vocab, (i) => {
      const [p, t] = [Math.floor(i / arch.vocab), i % arch.vocab];
      return (
        total(D, (d) => (final[p * D + d] ?? 0) * (w('unembed.W_U')[d * arch.vocab + t] ?? 0)) +
        bias('unembed.b_U', t)
      );
    }),
  );
  return seen;
}

/** By the series of erf, which converges for the small numbers used here. */
function normalCdf(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < 80; n++) {
    term *= (-x * x) / (2 * n);
    sum += term / (2 * n + 1);
  }
  return 0.5 + sum / Math.sqrt(2 * Math.PI);
}
