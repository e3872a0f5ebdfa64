// A model as the compiler sees it: a tensor graph, and the names under which its values can be read and written.
// Guarantee: a site is one value of the graph, and every later consumer of what it names reads that value.
import type { Digest } from '../base/digest.js';
import type { Graph, ValueId } from '../ir/graph.js';
import type { Axis, DType, TensorType } from '../ir/tensor-type.js';
import type { InitialiserRules, Tokenizer } from './manifest.js';

/** What kind of component a site belongs to; `redo: [mlps, norms]` in a pipeline speaks of these. */
export type Part = 'heads' | 'mlps' | 'norms' | 'resid' | 'embed' | 'other';

/** A value of the model that can be read and written, such as `blocks.3.attn.z`. */
export type Site = {
  readonly path: string;
  readonly value: ValueId;
  readonly axes: readonly Axis[];
  readonly dtype: DType;
  readonly part: Part;
  readonly writable: true;
};

/**
 * A site that the forward pass does not need: its sum over `axis` equals `sum`. It is built when it is read; when it is
 * written, `sum` is recomputed from what was written. Example: the per-head outputs whose sum is the attention output.
 */
export type SummandSite = { readonly path: string; readonly sum: ValueId; readonly axis: number };

export type ModelInput = { readonly name: string; readonly type: TensorType };

/** Sizes of a transformer by the field's names; absent where the model has no such thing. */
export type Geometry = {
  readonly layers?: number;
  readonly heads?: number;
  /** Key/value groups, where there are fewer of them than query heads. */
  readonly kv_heads?: number;
  readonly d_model?: number;
  readonly d_head?: number;
  readonly d_mlp?: number;
  readonly vocab?: number;
  readonly context?: number;
};

export type ModelGraph = {
  readonly name: string;
  /** Identity of architecture, weights and tokenizer together. */
  readonly digest: Digest;
  readonly family: 'transformer' | 'onnx';
  readonly graph: Graph;
  readonly inputs: readonly ModelInput[];
  /** In the order in which the forward pass computes them. */
  readonly sites: readonly Site[];
  /** `weights.blocks.0.attn.W_O` and so on: parameters, which do not depend on the input. */
  readonly weights: readonly Site[];
  readonly summands: readonly SummandSite[];
  readonly geometry: Geometry;
  readonly causal: boolean;
  readonly tokenizer: Tokenizer;
  /** Null where nothing is known about how the weights were drawn (imported models). */
  readonly initialiser: InitialiserRules | null;
  /** What a reader of the listing should know of an imported file. */
  readonly notes?: readonly string[];
};
