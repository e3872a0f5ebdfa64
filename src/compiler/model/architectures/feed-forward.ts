// The MLPs: plain (W_out act(W_in x)) and gated (W_out (act(W_gate x) * W_in x)). `mlp.act` is what the last matrix reads.
import type { GraphBuilder, ValueId } from '../../ir/graph.js';
import { add, matmul, multiply, scalar, transpose } from '../layers.js';
import type { Activation } from './config.js';
import type { Draft } from './draft.js';

/** Names of the matrices in the file (NAME.weight, NAME.bias) and how they lie there. */
export type FeedForward = {
  /** `blocks.0`. */
  readonly block: string;
  readonly width: number;
  readonly activation: Activation;
  readonly in: string;
  readonly out: string;
  /** Null: the MLP has no gate. */
  readonly gate: string | null;
  readonly bias: boolean;
  /** `linear`: weights are [out, in]; `conv1d`: [in, out] (GPT-2). */
  readonly layout: 'linear' | 'conv1d';
  /** Standard deviation of `out` at initialisation where it is not the model's. */
  readonly outStd?: number | null;
};

/** The MLP of a block on x [example, pos, d_model], which is `mlp.in`; returns its output, which is `mlp.out`. */
export function feedForward(draft: Draft, x: ValueId, mlp: FeedForward): ValueId {
  const { b } = draft;
  const path = `${mlp.block}.mlp`;
  const site = (name: string, value: ValueId): ValueId => draft.mark(`${path}.${name}`, 'mlps', value);
  let act: ValueId;
  if (mlp.gate === null) {
    const pre = site('pre', layer(draft, x, mlp, { letters: 'in', tensors: mlp.in }));
    act = site('act', activated(b, pre, mlp.activation));
  } else {
    const pre = site('pre', layer(draft, x, mlp, { letters: 'gate', tensors: mlp.gate }));
    const linear = site('pre_linear', layer(draft, x, mlp, { letters: 'in', tensors: mlp.in }));
    act = site('act', multiply(b, activated(b, pre, mlp.activation), linear));
  }
  return site('out', layer(draft, act, mlp, { letters: 'out', tensors: mlp.out }));
}

type Layer = { readonly letters: 'in' | 'gate' | 'out'; readonly tensors: string };

function layer(draft: Draft, x: ValueId, mlp: FeedForward, { letters, tensors }: Layer): ValueId {
  const model = ['d_model', draft.sizes.width] as const;
  const inner = ['d_mlp', mlp.width] as const;
  const [from, to] = letters === 'out' ? [inner, model] : [model, inner];
  const path = `${mlp.block}.mlp`;
  const std = letters === 'out' ? (mlp.outStd ?? null) : null;
  const shape = mlp.layout === 'linear' ? [to, from] : [from, to];
  const role = std === null ? 'matrix' : { std };
  const weight = draft.namedTensor(`${path}.W_${letters}`, `${tensors}.weight`, shape, role);
  const matrix = mlp.layout === 'linear' ? transpose(draft.b, weight, [1, 0]) : weight;
  const product = matmul(draft.b, x, matrix);
  if (!mlp.bias) return product;
  return add(draft.b, product, draft.namedTensor(`${path}.b_${letters}`, `${tensors}.bias`, [to], 'bias'));
}

export function activated(b: GraphBuilder, x: ValueId, activation: Activation): ValueId {
  return ACTIVATIONS[activation](b, x);
}

const ACTIVATIONS = {
  relu: (b, x) => b.add({ name: 'Relu', attrs: {} }, x),
  gelu: (b, x) => b.add({ name: 'Gelu', attrs: { approximate: 'none' } }, x),
  gelu_tanh: (b, x) => b.add({ name: 'Gelu', attrs: { approximate: 'tanh' } }, x),
  gelu_quick: (b, x) => gated(b, x, multiply(b, x, scalar(b, 1.702))),
  silu: (b, x) => gated(b, x, x),
} as const satisfies Record<Activation, (b: GraphBuilder, x: ValueId) => ValueId>;

/** x * sigmoid(y). */
function gated(b: GraphBuilder, x: ValueId, y: ValueId): ValueId {
  return multiply(b, x, b.add({ name: 'Sigmoid', attrs: {} }, y));
}
