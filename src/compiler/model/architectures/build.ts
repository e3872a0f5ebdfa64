// A configuration and the digests of its tensors to a model graph. Pure: weights are named by the digest of their content.
import { bug } from '../../base/bug.js';
import type { Plain } from '../../base/canonical.js';
import { digest } from '../../base/digest.js';
import type { ValueId } from '../../ir/graph.js';
import type { InitialiserRules, Tokenizer } from '../manifest.js';
import type { Geometry, ModelGraph, ModelInput, Part, Site } from '../model-graph.js';
import { bert } from './bert.js';
import type { ModelConfig, TensorFacts } from './config.js';
import { Draft, lastMark } from './draft.js';
import { TOKENS, tokensType } from './embedding.js';
import { gptNeox } from './gpt-neox.js';
import { gpt2 } from './gpt2.js';
import { llama } from './llama.js';
import type { ArchitectureProblem } from './problem.js';
import { unusedTensors } from './unused-tensors.js';
import { IMAGE, imageType, vit, vitPositions } from './vit.js';

export type BuiltModel =
  /** `unused`: tensors of the file that no value needs (stored masks and frequencies, a second head). */
  | { readonly kind: 'ok'; readonly model: ModelGraph; readonly unused: readonly string[] }
  | { readonly kind: 'problem'; readonly problem: ArchitectureProblem };

/**
 * `tensors`: by the names of the Hugging Face format, with or without the base model's prefix, in that format's layout
 * (GGUF names are mapped and Llama's permuted q and k are put back by the reader). The graph's weights are float32 and carry
 * the digests and names that are given here. The tokenizer of the result is `none`; see `withTokenizer`.
 */
export function buildModel(
  config: ModelConfig,
  tensors: ReadonlyMap<string, TensorFacts>,
  name: string,
): BuiltModel {
  const positions = config.kind === 'vit' ? vitPositions(config) : 'pos';
  const sizes = { width: config.width, positions, initialStd: config.initialStd };
  const draft = new Draft(sizes, tensors, PREFIXES[config.kind]);
  forward(draft, config);
  if (draft.fault !== undefined) return { kind: 'problem', problem: draft.fault };
  const unused = unusedTensors(config, tensors, draft.used);
  if (unused.kind === 'problem') return unused;
  return { kind: 'ok', model: finished(draft, config, { name, tensors }), unused: unused.names };
}

/** The model with the tokenizer that its text goes through, which is a part of its identity. */
export function withTokenizer(model: ModelGraph, tokenizer: Tokenizer): ModelGraph {
  return { ...model, tokenizer, digest: digest('model', { of: model.digest, tokenizer }) };
}

/** What the names of the base model begin with in a file that holds a head besides. */
const PREFIXES = {
  gpt2: 'transformer.',
  gpt_neox: 'gpt_neox.',
  llama: 'model.',
  bert: 'bert.',
  vit: 'vit.',
} as const satisfies Record<ModelConfig['kind'], string>;

function forward(draft: Draft, config: ModelConfig): void {
  switch (config.kind) {
    case 'gpt2':
      gpt2(draft, config);
      return;
    case 'gpt_neox':
      gptNeox(draft, config);
      return;
    case 'llama':
      llama(draft, config);
      return;
    case 'bert':
      bert(draft, config);
      return;
    case 'vit':
      vit(draft, config);
      return;
  }
}

type Named = { readonly name: string; readonly tensors: ReadonlyMap<string, TensorFacts> };

function finished(draft: Draft, config: ModelConfig, { name, tensors }: Named): ModelGraph {
  const { marks, weightMarks, summands } = draft;
  // Building keeps only what an output needs and renumbers it, so every named value is an output here.
  const built = draft.b.build([
    ...[...marks, ...weightMarks].map(({ path, value }) => ({ name: path, value })),
    ...summands.map(({ path, sum }) => ({ name: `sum of ${path}`, value: sum })),
  ]);
  const outputAt = (index: number): ValueId => built.outputs[index]?.value ?? bug(`no output ${index}`);
  const site = (path: string, part: Part, value: ValueId): Site => {
    const { dtype, axes } = built.nodes[value]?.type ?? bug(`no value %${value}`);
    return { path, value, axes, dtype, part, writable: true };
  };
  const sites = marks.map((mark, i) => site(mark.path, mark.part, outputAt(i)));
  const last = lastMark(draft).path;
  const used = [...tensors].filter(([one]) => draft.used.has(one));
  return {
    name,
    digest: digest('model', {
      config: plainConfig(config),
      weights: Object.fromEntries(used.map(([one, facts]) => [one, facts.digest])),
    }),
    family: 'transformer',
    graph: { nodes: built.nodes, outputs: [{ name: last, value: outputAt(marks.length - 1) }] },
    inputs: [inputOf(draft, config)],
    sites,
    weights: weightMarks.map((mark, i) => site(mark.path, mark.part, outputAt(marks.length + i))),
    summands: summands.map((one, i) => ({ ...one, sum: outputAt(marks.length + weightMarks.length + i) })),
    geometry: geometryOf(config),
    causal: config.kind !== 'bert' && config.kind !== 'vit',
    tokenizer: { kind: 'none' },
    initialiser: initialiserOf(draft, config),
  };
}

/** A record of plain values by its type; what is not written in a config has no part in the digest. */
function plainConfig(config: ModelConfig): Plain {
  return { ...config };
}

function inputOf(draft: Draft, config: ModelConfig): ModelInput {
  if (config.kind === 'vit') return { name: IMAGE, type: imageType(config) };
  return { name: TOKENS, type: tokensType(draft) };
}

function geometryOf(config: ModelConfig): Geometry {
  return {
    layers: config.layers,
    heads: config.heads,
    ...(config.kind === 'llama' && config.kvHeads !== config.heads ? { kv_heads: config.kvHeads } : {}),
    d_model: config.width,
    d_head: config.headWidth,
    d_mlp: config.mlpWidth,
    ...(config.kind === 'vit' ? {} : { vocab: config.vocab, context: config.context }),
  };
}

/** Null where the file does not say how wide its weights were drawn. */
function initialiserOf(draft: Draft, { initialStd }: ModelConfig): InitialiserRules | null {
  return initialStd === null ? null : Object.fromEntries(draft.initialiser);
}
