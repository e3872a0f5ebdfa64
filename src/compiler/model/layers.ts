// The pieces of a transformer block as small functions over the graph builder. Each takes values and returns one value;
// `mark` names a value as a site, so that what is written here is what `eisc hooks` lists.
import type { GraphBuilder, ValueId } from '../ir/graph.js';
import { axis } from '../ir/tensor-type.js';
import type { Architecture } from './manifest.js';
import type { Part } from './model-graph.js';

/** What the layer functions build into. `weight` gives the tensor of that name; `mark` returns the value it names. */
export type Draft = {
  readonly b: GraphBuilder;
  readonly arch: Architecture;
  readonly weight: (tensor: string) => ValueId;
  readonly mark: (path: string, part: Part, value: ValueId) => ValueId;
  readonly markSummand: (path: string, value: ValueId, sum: ValueId, axisIndex: number) => void;
};

const NONE = {} as const;

export function add(b: GraphBuilder, left: ValueId, right: ValueId): ValueId {
  return b.add({ name: 'Add', attrs: NONE }, left, right);
}

export function multiply(b: GraphBuilder, left: ValueId, right: ValueId): ValueId {
  return b.add({ name: 'Mul', attrs: NONE }, left, right);
}

export function matmul(b: GraphBuilder, left: ValueId, right: ValueId): ValueId {
  return b.add({ name: 'MatMul', attrs: NONE }, left, right);
}

export function transpose(b: GraphBuilder, value: ValueId, perm: readonly number[]): ValueId {
  return b.add({ name: 'Transpose', attrs: { perm } }, value);
}

export function scalar(b: GraphBuilder, value: number | '-Infinity'): ValueId {
  return b.constant({ dtype: 'f32', axes: [] }, [value]);
}

/** A value of its own that equals `value`: the reader of one name must not be rewired by a write to another. */
export function distinct(b: GraphBuilder, value: ValueId): ValueId {
  return b.add({ name: 'Identity', attrs: NONE }, value);
}

function rename(b: GraphBuilder, value: ValueId, names: readonly string[]): ValueId {
  return b.add({ name: 'Rename', attrs: { names } }, value);
}

/**
 * LayerNorm whose `scale` is a value that feeds the result: scale = sqrt(variance + eps), as TransformerLens' hook_scale;
 * normalized = (x - mean) / scale, before the gain; the result is normalized * w + b. Without norms, x itself.
 */
export function layerNorm(draft: Draft, x: ValueId, site: string, tensors: string): ValueId {
  const { b, arch, mark } = draft;
  if (arch.norm === 'none') return x;
  const mean = b.add({ name: 'ReduceMean', attrs: { axes: [2], keepdims: true } }, x);
  const centred = b.add({ name: 'Sub', attrs: NONE }, x, mean);
  const variance = b.add(
    { name: 'ReduceMean', attrs: { axes: [2], keepdims: false } },
    multiply(b, centred, centred),
  );
  const root = b.add({ name: 'Sqrt', attrs: NONE }, add(b, variance, scalar(b, arch.norm_eps)));
  const scale = mark(`${site}.scale`, 'norms', root);
  const column = b.add({ name: 'Unsqueeze', attrs: { at: [2], names: ['d_model'] } }, scale);
  const divided = b.add({ name: 'Div', attrs: NONE }, centred, column);
  const normalized = mark(`${site}.normalized`, 'norms', divided);
  return add(b, multiply(b, normalized, draft.weight(`${tensors}.w`)), draft.weight(`${tensors}.b`));
}

/** Attention of layer `block` (such as `blocks.0`) on x [example, pos, d_model]; returns attn_out of the same axes. */
export function attention(draft: Draft, x: ValueId, block: string): ValueId {
  const { b, arch, weight, mark } = draft;
  const attn = `${block}.attn`;
  const q = mark(`${attn}.q`, 'heads', project(draft, x, attn, 'Q', 'query'));
  const k = mark(`${attn}.k`, 'heads', project(draft, x, attn, 'K', 'key'));
  const v = mark(`${attn}.v`, 'heads', project(draft, x, attn, 'V', 'key'));
  // [example, head, query, d_head] x [example, head, d_head, key]
  const dots = matmul(b, transpose(b, q, [0, 2, 1, 3]), transpose(b, k, [0, 2, 3, 1]));
  let scores = multiply(b, dots, scalar(b, arch.score_scale));
  if (arch.positions === 'relative_bias') scores = add(b, scores, relativeBias(draft, attn));
  if (arch.causal) scores = causalMask(b, scores);
  scores = mark(`${attn}.attn_scores`, 'heads', scores);
  const pattern = mark(`${attn}.pattern`, 'heads', b.add({ name: 'Softmax', attrs: { axis: 3 } }, scores));
  const mixed = matmul(b, pattern, transpose(b, v, [0, 2, 1, 3]));
  const byPosition = rename(b, transpose(b, mixed, [0, 2, 1, 3]), ['example', 'pos', 'head', 'd_head']);
  const z = mark(`${attn}.z`, 'heads', byPosition);
  const out = output(draft, z, attn);
  const biased = arch.attn_bias ? add(b, out, weight(`${attn}.b_O`)) : out;
  return mark(`${block}.attn_out`, 'heads', biased);
}

/** q, k or v: [example, query or key, head, d_head]. One flat product is several times faster than one per head. */
function project(
  draft: Draft,
  x: ValueId,
  attn: string,
  letter: 'Q' | 'K' | 'V',
  role: 'query' | 'key',
): ValueId {
  const { b, arch, weight } = draft;
  const width = arch.heads * arch.d_head;
  const matrix = b.add(
    { name: 'Reshape', attrs: { axes: [axis('d_model', arch.d_model), axis('head_d_head', width)] } },
    transpose(b, weight(`${attn}.W_${letter}`), [1, 0, 2]),
  );
  const flat = matmul(b, rename(b, x, ['example', role, 'd_model']), matrix);
  const axes = [
    axis('example', 'example'),
    axis(role, 'pos'),
    axis('head', arch.heads),
    axis('d_head', arch.d_head),
  ];
  const split = b.add({ name: 'Reshape', attrs: { axes } }, flat);
  return arch.attn_bias ? add(b, split, weight(`${attn}.b_${letter}`)) : split;
}

/** The sum over heads of z W_O. The per-head terms are the summand site `result`. */
function output(draft: Draft, z: ValueId, attn: string): ValueId {
  const { b, arch, weight } = draft;
  const W_O = weight(`${attn}.W_O`);
  const wide = axis('head_d_head', arch.heads * arch.d_head);
  const flatZ = b.add(
    { name: 'Reshape', attrs: { axes: [axis('example', 'example'), axis('pos', 'pos'), wide] } },
    z,
  );
  const flatW = b.add({ name: 'Reshape', attrs: { axes: [wide, axis('d_model', arch.d_model)] } }, W_O);
  const sum = matmul(b, flatZ, flatW);
  // [example, head, pos, d_head] x [head, d_head, d_model], then back to [example, pos, head, d_model]
  const perHead = transpose(b, matmul(b, transpose(b, z, [0, 2, 1, 3]), W_O), [0, 2, 1, 3]);
  draft.markSummand(`${attn}.result`, perHead, sum, 2);
  return sum;
}

/** relative_bias_scale * rel_bias[head, query - key], distances beyond the table's end reading its last entry. */
function relativeBias(draft: Draft, attn: string): ValueId {
  const { b, arch, weight } = draft;
  const { query, key } = positions(b);
  const distance = b.add({ name: 'Sub', attrs: NONE }, query, key);
  const integer = { dtype: 'i64', axes: [] } as const;
  const atLeast = b.add({ name: 'Max', attrs: NONE }, distance, b.constant(integer, [0]));
  const index = b.add(
    { name: 'Min', attrs: NONE },
    atLeast,
    b.constant(integer, [arch.relative_bias_max_distance]),
  );
  const bias = b.add({ name: 'Gather', attrs: { axis: 1 } }, weight(`${attn}.rel_bias`), index);
  return multiply(b, bias, scalar(b, arch.relative_bias_scale));
}

function causalMask(b: GraphBuilder, scores: ValueId): ValueId {
  const { query, key } = positions(b);
  const future = b.add({ name: 'Less', attrs: NONE }, query, key);
  return b.add({ name: 'Where', attrs: NONE }, future, scalar(b, '-Infinity'), scores);
}

/** Position numbers as a column [query, 1] and a row [1, key]. */
function positions(b: GraphBuilder): { readonly query: ValueId; readonly key: ValueId } {
  const query = b.add({ name: 'Iota', attrs: { axis: axis('query', 'pos') } });
  const key = b.add({ name: 'Iota', attrs: { axis: axis('key', 'pos') } });
  return {
    query: b.add({ name: 'Unsqueeze', attrs: { at: [1], names: ['key'] } }, query),
    key: b.add({ name: 'Unsqueeze', attrs: { at: [0], names: ['query'] } }, key),
  };
}

/** MLP of layer `block` on x [example, pos, d_model], which is `mlp.in`. */
export function multilayerPerceptron(draft: Draft, x: ValueId, block: string): ValueId {
  const { b, arch, weight, mark } = draft;
  const mlp = `${block}.mlp`;
  let pre = matmul(b, x, weight(`${mlp}.W_in`));
  if (arch.mlp_bias) pre = add(b, pre, weight(`${mlp}.b_in`));
  pre = mark(`${mlp}.pre`, 'mlps', pre);
  const act = mark(`${mlp}.act`, 'mlps', activations[arch.act](b, pre));
  const out = matmul(b, act, weight(`${mlp}.W_out`));
  return mark(`${mlp}.out`, 'mlps', arch.mlp_bias ? add(b, out, weight(`${mlp}.b_out`)) : out);
}

const activations = {
  none: distinct,
  relu: (b, x) => b.add({ name: 'Relu', attrs: NONE }, x),
  gelu: (b, x) => b.add({ name: 'Gelu', attrs: { approximate: 'none' } }, x),
  gelu_tanh: (b, x) => b.add({ name: 'Gelu', attrs: { approximate: 'tanh' } }, x),
  silu: (b, x) => multiply(b, x, b.add({ name: 'Sigmoid', attrs: NONE }, x)),
} as const satisfies Record<Architecture['act'], (b: GraphBuilder, x: ValueId) => ValueId>;
