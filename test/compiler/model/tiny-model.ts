// Small architectures with seeded weights, and a transformer written in plain loops: the oracle that shares no code with the model builder.
import { digestBytes } from '../../../src/compiler/base/digest.js';
import { evaluateGraph } from '../../../src/compiler/ir/evaluate.js';
import { GraphBuilder, type ValueId } from '../../../src/compiler/ir/graph.js';
import { type Tensor, tensor } from '../../../src/compiler/ir/tensor.js';
import { buildTransformer } from '../../../src/compiler/model/build-transformer.js';
import { type Architecture, tensorShapes } from '../../../src/compiler/model/manifest.js';
import type { ModelGraph } from '../../../src/compiler/model/model-graph.js';
import { instantiate } from '../../../src/compiler/model/replay.js';
import { randomNumbers } from '../../support/ir-run.js';

export const BASE: Architecture = {
  kind: 'transformer',
  layers: 2,
  d_model: 6,
  heads: 2,
  d_head: 3,
  d_mlp: 8,
  act: 'gelu',
  norm: 'layernorm',
  norm_eps: 1e-5,
  positions: 'absolute',
  relative_bias_scale: 2,
  relative_bias_max_distance: 3,
  context: 9,
  vocab: 7,
  causal: true,
  tied: false,
  attn_bias: true,
  mlp_bias: true,
  unembed_bias: true,
  score_scale: 0.7,
};

export type Weights = ReadonlyMap<string, Tensor>;
export type TinyModel = { readonly model: ModelGraph; readonly weights: Weights };

export function tinyModel(change: Partial<Architecture> = {}, seed = 1): TinyModel {
  const architecture = { ...BASE, ...change };
  const random = randomNumbers(seed);
  const weights = new Map<string, Tensor>();
  for (const [name, shape] of tensorShapes(architecture)) {
    const dims = shape.map(([, size]) => size);
    const count = dims.reduce((a, b) => a * b, 1);
    weights.set(
      name,
      tensor(
        'f32',
        dims,
        Array.from({ length: count }, () => random() * 1.6 - 0.8),
      ),
    );
  }
  const digests = new Map(
    [...weights].map(([name, { data }]) => [name, digestBytes(name, new Uint8Array(data.buffer))] as const),
  );
  const model = buildTransformer({
    name: 'tiny',
    architecture,
    weights: digests,
    tokenizer: { kind: 'none' },
    initialiser: null,
  });
  return { model, weights };
}

type Substitute = (path: string, inflight: ValueId, b: GraphBuilder) => ValueId;

/** Values of sites on rows of tokens, with some sites substituted. */
export function runSites(
  { model, weights }: TinyModel,
  rows: readonly (readonly number[])[],
  paths: readonly string[],
  writes: Readonly<Record<string, Substitute>> = {},
): ReadonlyMap<string, Tensor> {
  const b = new GraphBuilder();
  const [input] = model.inputs;
  if (input === undefined) throw new Error('no input');
  const replay = instantiate(b, model, {
    inputs: new Map([['tokens', b.input('tokens', input.type)]]),
    symbols: new Map(),
    written: new Set(Object.keys(writes)),
    substitute: (at, inflight) =>
      at.reduce((value, path) => writes[path]?.(path, value, b) ?? value, inflight),
  });
  const graph = b.build(paths.map((path) => ({ name: path, value: replay.valueOf(path) })));
  const tokens = tensor('i64', [rows.length, rows[0]?.length ?? 0], rows.flat());
  return evaluateGraph(
    graph,
    new Map([['tokens', tokens]]),
    ({ name }) => {
      const found = weights.get(name);
      if (found === undefined) throw new Error(`no weight ${name}`);
      return found;
    },
    'f64',
  );
}

/** Every activation of one row, computed with loops over plain numbers. */
export function plainForward(
  arch: Architecture,
  weights: Weights,
  tokens: readonly number[],
): Map<string, number[]> {
  const seen = new Map<string, number[]>();
  const w = (name: string, ...index: number[]): number => {
    const found = weights.get(name);
    if (found === undefined) throw new Error(`no weight ${name}`);
    let at = 0;
    for (const [i, one] of index.entries()) at = at * (found.dims[i] ?? 0) + one;
    return found.data[at] ?? Number.NaN;
  };
  const has = (name: string): boolean => weights.has(name);
  const P = tokens.length;
  const D = arch.d_model;
  const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
  const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
  const norm = (x: number[][], site: string, tensors: string): number[][] => {
    if (arch.norm === 'none') return x;
    const scales: number[] = [];
    const rows = x.map((row) => {
      const mean = sum(row) / D;
      const variance = sum(row.map((v) => (v - mean) ** 2)) / D;
      const scale = Math.sqrt(variance + arch.norm_eps);
      scales.push(scale);
      return row.map((v) => (v - mean) / scale);
    });
    seen.set(`${site}.scale`, scales);
    seen.set(`${site}.normalized`, rows.flat());
    return rows.map((row) => row.map((v, d) => v * w(`${tensors}.w`, d) + w(`${tensors}.b`, d)));
  };
  let resid = tokens.map((token, p) =>
    range(D).map(
      (d) => w('embed.W_E', token, d) + (arch.positions === 'absolute' ? w('pos_embed.W_pos', p, d) : 0),
    ),
  );
  for (const l of range(arch.layers)) {
    const block = `blocks.${l}`;
    const attn = `${block}.attn`;
    seen.set(`${block}.resid_pre`, resid.flat());
    const x = norm(resid, `${block}.ln1`, `${block}.ln1`);
    const project = (letter: string): number[][][] =>
      x.map((row) =>
        range(arch.heads).map((h) =>
          range(arch.d_head).map(
            (e) =>
              sum(row.map((v, d) => v * w(`${attn}.W_${letter}`, h, d, e))) +
              (has(`${attn}.b_${letter}`) ? w(`${attn}.b_${letter}`, h, e) : 0),
          ),
        ),
      );
    const [q, k, v] = [project('Q'), project('K'), project('V')];
    seen.set(`${attn}.q`, q.flat(2)).set(`${attn}.k`, k.flat(2)).set(`${attn}.v`, v.flat(2));
    const scores = range(arch.heads).map((h) =>
      range(P).map((i) =>
        range(P).map((j) => {
          if (arch.causal && j > i) return Number.NEGATIVE_INFINITY;
          const dot = sum(range(arch.d_head).map((e) => (q[i]?.[h]?.[e] ?? 0) * (k[j]?.[h]?.[e] ?? 0)));
          const distance = Math.min(Math.max(i - j, 0), arch.relative_bias_max_distance);
          const bias =
            arch.positions === 'relative_bias'
              ? arch.relative_bias_scale * w(`${attn}.rel_bias`, h, distance)
              : 0;
          return dot * arch.score_scale + bias;
        }),
      ),
    );
    seen.set(`${attn}.attn_scores`, scores.flat(2));
    const pattern = scores.map((head) =>
      head.map((row) => {
        const exps = row.map((s) => Math.exp(s - Math.max(...row)));
        return exps.map((e) => e / sum(exps));
      }),
    );
    seen.set(`${attn}.pattern`, pattern.flat(2));
    const z = range(P).map((i) =>
      range(arch.heads).map((h) =>
        range(arch.d_head).map((e) =>
          sum(range(P).map((j) => (pattern[h]?.[i]?.[j] ?? 0) * (v[j]?.[h]?.[e] ?? 0))),
        ),
      ),
    );
    seen.set(`${attn}.z`, z.flat(2));
    const result = z.map((heads) =>
      heads.map((head, h) => range(D).map((d) => sum(head.map((one, e) => one * w(`${attn}.W_O`, h, e, d))))),
    );
    seen.set(`${attn}.result`, result.flat(2));
    const out = result.map((heads) =>
      range(D).map(
        (d) => sum(heads.map((one) => one[d] ?? 0)) + (has(`${attn}.b_O`) ? w(`${attn}.b_O`, d) : 0),
      ),
    );
    seen.set(`${block}.attn_out`, out.flat());
    resid = resid.map((row, p) => row.map((one, d) => one + (out[p]?.[d] ?? 0)));
    if (arch.d_mlp > 0) {
      seen.set(`${block}.resid_mid`, resid.flat());
      const input = norm(resid, `${block}.ln2`, `${block}.ln2`);
      seen.set(`${block}.mlp.in`, input.flat());
      const pre = input.map((row) =>
        range(arch.d_mlp).map(
          (m) =>
            sum(row.map((one, d) => one * w(`${block}.mlp.W_in`, d, m))) +
            (has(`${block}.mlp.b_in`) ? w(`${block}.mlp.b_in`, m) : 0),
        ),
      );
      seen.set(`${block}.mlp.pre`, pre.flat());
      const act = pre.map((row) => row.map((one) => ACTIVATIONS[arch.act](one)));
      seen.set(`${block}.mlp.act`, act.flat());
      const mlp = act.map((row) =>
        range(D).map(
          (d) =>
            sum(row.map((one, m) => one * w(`${block}.mlp.W_out`, m, d))) +
            (has(`${block}.mlp.b_out`) ? w(`${block}.mlp.b_out`, d) : 0),
        ),
      );
      seen.set(`${block}.mlp.out`, mlp.flat());
      resid = resid.map((row, p) => row.map((one, d) => one + (mlp[p]?.[d] ?? 0)));
    }
    seen.set(`${block}.resid_post`, resid.flat());
  }
  seen.set('final.resid_pre', resid.flat());
  const final = norm(resid, 'final_norm', 'ln_final');
  const unembed = (d: number, token: number): number =>
    arch.tied ? w('embed.W_E', token, d) : w('unembed.W_U', d, token);
  seen.set(
    'logits',
    final.flatMap((row) =>
      range(arch.vocab).map(
        (t) => sum(row.map((one, d) => one * unembed(d, t))) + (has('unembed.b_U') ? w('unembed.b_U', t) : 0),
      ),
    ),
  );
  return seen;
}

const ACTIVATIONS = {
  none: (x: number) => x,
  relu: (x: number) => Math.max(x, 0),
  silu: (x: number) => x / (1 + Math.exp(-x)),
  gelu_tanh: (x: number) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  gelu: (x: number) => x * normalCdf(x),
} as const satisfies Record<Architecture['act'], (x: number) => number>;

/** By the series of erf, which converges for the small numbers used here. */
function normalCdf(x: number): number {
  let term = x;
  let total = x;
  for (let n = 1; n < 60; n++) {
    term *= (-x * x) / (2 * n);
    total += term / (2 * n + 1);
  }
  return 0.5 + total / Math.sqrt(2 * Math.PI);
}
