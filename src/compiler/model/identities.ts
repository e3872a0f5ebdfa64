// Three identities that must hold between the sites of a transformer before they are offered: pattern · v = z;
// resid_pre + attn_out + mlp_out = resid_post; W_out · mlp_act + b = mlp_out. The right sides are computed another way than
// the model does (transposed products), so that equal nodes cannot make a difference vanish by sharing.
import { bug } from '../base/bug.js';
import { type Graph, GraphBuilder, type Output, type ValueId } from '../ir/graph.js';
import { findSite } from './component-tree.js';
import type { ModelGraph } from './model-graph.js';
import { instantiate } from './replay.js';

export type Identity = {
  /** As a reader would write it: `blocks.0: pattern · v = z`. */
  readonly text: string;
  /** Names of two scalar outputs: the largest difference, and the largest sum of absolute terms. */
  readonly difference: string;
  readonly magnitude: string;
  /** Terms in one sum. */
  readonly terms: (sizes: { readonly pos: number }) => number;
};

export type IdentityGraph = { readonly graph: Graph; readonly identities: readonly Identity[] };

const ROUNDOFF = 2 ** -24;

/**
 * The allowed difference between two float32 evaluations of a sum of n products: each is within (n + 1) u of the exact value,
 * relative to the sum of absolute terms (Higham, Accuracy and Stability, 3.5), and one more rounding takes their difference.
 */
export function identityTolerance(terms: number, magnitude: number): number {
  return 2 * (terms + 2) * ROUNDOFF * magnitude;
}

/** The checks of every block as one graph over the model's inputs. Without blocks (imported graphs) there are none. */
export function identityGraph(model: ModelGraph): IdentityGraph {
  const b = new GraphBuilder();
  const replay = instantiate(b, model, {
    inputs: new Map(model.inputs.map(({ name, type }) => [name, b.input(name, type)])),
    symbols: new Map(),
    written: new Set(),
    substitute: (_, inflight) => inflight,
  });
  const outputs: Output[] = [];
  const identities: Identity[] = [];
  const check = (text: string, sides: Sides, terms: Identity['terms']): void => {
    const difference = `difference of ${text}`;
    const magnitude = `magnitude of ${text}`;
    const gap = b.add({ name: 'Sub', attrs: {} }, sides.left, sides.right);
    outputs.push({ name: difference, value: largest(b, gap) });
    outputs.push({ name: magnitude, value: largest(b, sides.absolute) });
    identities.push({ text, difference, magnitude, terms });
  };
  for (let layer = 0; layer < (model.geometry.layers ?? 0); layer++) {
    const block = `blocks.${layer}`;
    // Blocks of a network without attention.
    if (findSite(model, `${block}.attn.pattern`) === undefined) continue;
    const at = (path: string): ValueId => replay.valueOf(`${block}.${path}`);
    check(`${block}: pattern · v = z`, mixing(b, at), ({ pos }) => pos);
    const hasMlp = findSite(model, `${block}.mlp.out`) !== undefined;
    for (const { terms, sum } of streamsOf(model, block, hasMlp)) {
      const text = `${block}: ${terms.map((term) => term.replace('.', '_')).join(' + ')} = ${sum}`;
      check(text, stream(at, b, terms, sum), () => terms.length);
    }
    // Layers that share their weights are known by the first one's name only.
    if (!hasMlp || findSite(model, `weights.${block}.mlp.W_out`) === undefined) continue;
    const W_out = replay.valueOf(`weights.${block}.mlp.W_out`);
    const bias = `weights.${block}.mlp.b_out`;
    const b_out = findSite(model, bias) === undefined ? undefined : replay.valueOf(bias);
    const width = model.geometry.d_mlp ?? bug('an MLP without a width');
    check(
      `${block}: W_out · mlp_act${b_out === undefined ? '' : ' + b_out'} = mlp_out`,
      mlpOutput(b, at, W_out, b_out),
      () => width + 1,
    );
  }
  return { graph: b.build(outputs), identities };
}

/** What should be equal, and the sum of the absolute terms on the left. */
type Sides = { readonly left: ValueId; readonly right: ValueId; readonly absolute: ValueId };
type At = (path: string) => ValueId;

function mixing(b: GraphBuilder, at: At): Sides {
  // [example, head, d_head, key] x [example, head, key, query]
  const mix = (pattern: ValueId, v: ValueId): ValueId =>
    b.add({ name: 'MatMul', attrs: {} }, transpose(b, v, [0, 2, 3, 1]), transpose(b, pattern, [0, 1, 3, 2]));
  const z = b.add({ name: 'Rename', attrs: { names: ['example', 'query', 'head', 'd_head'] } }, at('attn.z'));
  const values = perQueryHead(b, at('attn.v'), z);
  return {
    left: mix(at('attn.pattern'), values),
    right: transpose(b, z, [0, 2, 3, 1]),
    absolute: mix(absolute(b, at('attn.pattern')), absolute(b, values)),
  };
}

/** Values with a copy per query head, where groups of heads share them. */
function perQueryHead(b: GraphBuilder, v: ValueId, z: ValueId): ValueId {
  const groups = b.axesOf(v)[2];
  const heads = b.axesOf(z)[2];
  if (groups?.name !== 'kv_head' || typeof groups.size !== 'number' || typeof heads?.size !== 'number')
    return v;
  const each = heads.size / groups.size;
  const index = Array.from({ length: heads.size }, (_, head) => Math.floor(head / each));
  return b.add({ name: 'Gather', attrs: { axis: 2 } }, v, b.constant({ dtype: 'i64', axes: [heads] }, index));
}

type Stream = { readonly terms: readonly string[]; readonly sum: string };

/** What is added to the residual stream of a block: outputs after a norm of their own, where there is one. */
function streamsOf(model: ModelGraph, block: string, hasMlp: boolean): readonly Stream[] {
  const has = (path: string): boolean => findSite(model, `${block}.${path}`) !== undefined;
  const attended = has('attn_out_post') ? 'attn_out_post' : 'attn_out';
  const written = has('mlp.out_post') ? 'mlp.out_post' : 'mlp.out';
  if (has('normalized_resid_mid')) {
    return [
      { terms: ['resid_pre', attended], sum: 'resid_mid' },
      { terms: ['normalized_resid_mid', written], sum: 'resid_post' },
    ];
  }
  return [{ terms: ['resid_pre', attended, ...(hasMlp ? [written] : [])], sum: 'resid_post' }];
}

function stream(at: At, b: GraphBuilder, terms: readonly string[], sum: string): Sides {
  const parts = terms.map(at).reverse();
  return {
    left: parts.reduce((total, part) => b.add({ name: 'Add', attrs: {} }, total, part)),
    right: at(sum),
    absolute: parts
      .map((one) => absolute(b, one))
      .reduce((total, part) => b.add({ name: 'Add', attrs: {} }, total, part)),
  };
}

function mlpOutput(b: GraphBuilder, at: At, W_out: ValueId, b_out: ValueId | undefined): Sides {
  // [d_model, d_mlp], whichever way the file has it.
  const rows = (weight: ValueId): ValueId =>
    b.axesOf(weight)[0]?.name === 'd_mlp' ? transpose(b, weight, [1, 0]) : weight;
  const multiply = (act: ValueId, weight: ValueId, bias: ValueId | undefined): ValueId => {
    const product = b.add({ name: 'MatMul', attrs: {} }, rows(weight), transpose(b, act, [0, 2, 1]));
    const turned = transpose(b, product, [0, 2, 1]);
    return bias === undefined ? turned : b.add({ name: 'Add', attrs: {} }, turned, bias);
  };
  return {
    left: multiply(at('mlp.act'), W_out, b_out),
    right: at('mlp.out'),
    absolute: multiply(
      absolute(b, at('mlp.act')),
      absolute(b, W_out),
      b_out === undefined ? undefined : absolute(b, b_out),
    ),
  };
}

function absolute(b: GraphBuilder, value: ValueId): ValueId {
  return b.add({ name: 'Abs', attrs: {} }, value);
}

function transpose(b: GraphBuilder, value: ValueId, perm: readonly number[]): ValueId {
  return b.add({ name: 'Transpose', attrs: { perm } }, value);
}

function largest(b: GraphBuilder, value: ValueId): ValueId {
  const axes = b.axesOf(value).map((_, i) => i);
  return b.add({ name: 'ReduceMax', attrs: { axes, keepdims: false } }, absolute(b, value));
}
