// Architecture and weight digests to a model graph: a pre-norm transformer in which every named activation is one value
// that all later consumers read. Pure: weights are named by the digest of their content, never held.

import { bug } from '../base/bug.js';
import { type Digest, digest } from '../base/digest.js';
import { GraphBuilder, type ValueId } from '../ir/graph.js';
import { axis, type TensorType } from '../ir/tensor-type.js';
import {
  add,
  attention,
  type Draft,
  distinct,
  layerNorm,
  matmul,
  multilayerPerceptron,
  transpose,
} from './layers.js';
import { type Architecture, type InitialiserRules, type Tokenizer, tensorShapes } from './manifest.js';
import type { ModelGraph, Part, Site } from './model-graph.js';

export type TransformerSource = {
  readonly name: string;
  readonly architecture: Architecture;
  /** Digest of each tensor that `tensorShapes(architecture)` lists. */
  readonly weights: ReadonlyMap<string, Digest>;
  readonly tokenizer: Tokenizer;
  readonly initialiser: InitialiserRules | null;
};

type Mark = { readonly path: string; readonly part: Part; readonly value: ValueId };

/** The graph and the sites of a transformer. Example site: `blocks.0.attn.z` with axes example, pos, head, d_head. */
export function buildTransformer(source: TransformerSource): ModelGraph {
  const { architecture: arch } = source;
  const b = new GraphBuilder();
  const marks: Mark[] = [];
  const sums: { readonly path: string; readonly sum: ValueId; readonly axis: number }[] = [];
  const shapes = tensorShapes(arch);
  const weights = new Map([...shapes.keys()].map((name) => [name, addWeight(b, source, name)] as const));
  const draft: Draft = {
    b,
    arch,
    weight: (tensor) => weights.get(tensor) ?? bug(`the architecture has no tensor ${tensor}`),
    mark: (path, part, value) => {
      marks.push({ path, part, value });
      return value;
    },
    markSummand: (path, value, sum, axisIndex) => {
      marks.push({ path, part: 'heads', value });
      sums.push({ path, sum, axis: axisIndex });
    },
  };
  const tokens: TensorType = { dtype: 'i64', axes: [axis('example', 'example'), axis('pos', 'pos')] };
  forward(draft, b.input('tokens', tokens));

  // Building keeps only what an output needs and renumbers it, so every named value is an output here.
  const built = b.build([
    ...marks.map((mark) => ({ name: mark.path, value: mark.value })),
    ...[...weights].map(([name, value]) => ({ name, value })),
    ...sums.map(({ path, sum }) => ({ name: `sum of ${path}`, value: sum })),
  ]);
  const outputAt = (index: number): ValueId => built.outputs[index]?.value ?? bug(`no output ${index}`);
  const site = (path: string, part: Part, value: ValueId): Site => {
    const { dtype, axes } = built.nodes[value]?.type ?? bug(`no value %${value}`);
    return { path, value, axes, dtype, part, writable: true };
  };
  const sites = marks.map((mark, i) => site(mark.path, mark.part, outputAt(i)));
  const last = sites.at(-1) ?? bug('a transformer without sites');
  return {
    name: source.name,
    digest: digest('model', {
      architecture: arch,
      weights: Object.fromEntries(source.weights),
      tokenizer: source.tokenizer,
    }),
    family: 'transformer',
    graph: { nodes: built.nodes, outputs: [{ name: last.path, value: last.value }] },
    inputs: [{ name: 'tokens', type: tokens }],
    sites,
    weights: [...weights.keys()].map((name, i) =>
      site(weightPath(name), 'other', outputAt(marks.length + i)),
    ),
    summands: sums.map((sum, i) => ({ ...sum, sum: outputAt(marks.length + weights.size + i) })),
    geometry: {
      layers: arch.layers,
      heads: arch.heads,
      d_model: arch.d_model,
      d_head: arch.d_head,
      ...(arch.d_mlp > 0 ? { d_mlp: arch.d_mlp } : {}),
      vocab: arch.vocab,
      context: arch.context,
    },
    causal: arch.causal,
    tokenizer: source.tokenizer,
    initialiser: source.initialiser,
  };
}

/** `embed.W_E` is `weights.W_E` in a pipeline, `blocks.0.attn.W_O` is `weights.blocks.0.attn.W_O`. */
export function weightPath(tensor: string): string {
  return `weights.${tensor.replace(/^(embed|pos_embed|unembed)\./, '')}`;
}

function addWeight(b: GraphBuilder, source: TransformerSource, name: string): ValueId {
  const shape = tensorShapes(source.architecture).get(name) ?? bug(`no shape for ${name}`);
  const content = source.weights.get(name) ?? bug(`no digest for ${name}`);
  const axes = shape.map(([axisName, size]) => axis(axisName, size));
  return b.weight({ name, digest: content, type: { dtype: 'f32', axes } });
}

function forward(draft: Draft, tokens: ValueId): void {
  const { b, arch, weight, mark } = draft;
  const embed = mark(
    'embed',
    'embed',
    b.add({ name: 'Gather', attrs: { axis: 0 } }, weight('embed.W_E'), tokens),
  );
  let resid = embed;
  if (arch.positions === 'absolute') {
    const index = b.add({ name: 'Iota', attrs: { axis: axis('pos', 'pos') } });
    const rows = b.add({ name: 'Gather', attrs: { axis: 0 } }, weight('pos_embed.W_pos'), index);
    resid = add(b, embed, mark('pos_embed', 'embed', perExample(draft, rows)));
  }
  for (let layer = 0; layer < arch.layers; layer++) resid = block(draft, resid, `blocks.${layer}`);
  const final = mark('final.resid_pre', 'resid', distinct(b, resid));
  const normed = layerNorm(draft, final, 'final_norm', 'ln_final');
  const W_U = arch.tied ? transpose(b, weight('embed.W_E'), [1, 0]) : weight('unembed.W_U');
  const logits = matmul(b, normed, W_U);
  mark('logits', 'other', arch.unembed_bias ? add(b, logits, weight('unembed.b_U')) : logits);
}

/** Position embeddings have an example axis of their own, so that they can be written for one row. */
function perExample(draft: Draft, rows: ValueId): ValueId {
  const axes = [axis('example', 'example'), axis('pos', 'pos'), axis('d_model', draft.arch.d_model)];
  return draft.b.add({ name: 'Expand', attrs: { axes } }, rows);
}

/** resid_pre -> attention -> resid_mid -> MLP -> resid_post. Blocks without an MLP have no resid_mid. */
function block(draft: Draft, before: ValueId, name: string): ValueId {
  const { b, arch, mark } = draft;
  const pre = mark(`${name}.resid_pre`, 'resid', distinct(b, before));
  const attended = attention(draft, layerNorm(draft, pre, `${name}.ln1`, `${name}.ln1`), name);
  const afterAttention = add(b, pre, attended);
  if (arch.d_mlp === 0) return mark(`${name}.resid_post`, 'resid', afterAttention);
  const mid = mark(`${name}.resid_mid`, 'resid', afterAttention);
  const normed = layerNorm(draft, mid, `${name}.ln2`, `${name}.ln2`);
  const mlpIn = mark(`${name}.mlp.in`, 'mlps', arch.norm === 'none' ? distinct(b, normed) : normed);
  return mark(`${name}.resid_post`, 'resid', add(b, mid, multilayerPerceptron(draft, mlpIn, name)));
}
