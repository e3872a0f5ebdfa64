// An imported graph to a graph with named sites: transformers by their attention, convolutional networks by their convolutions.
// What is not recognised stays as the file has it, under the file's names.
import type { Graph, ValueId } from '../../ir/graph.js';
import type { Axis, Dim } from '../../ir/tensor-type.js';
import type { ImportedModel } from '../../onnx/read.js';
import type { Geometry } from '../model-graph.js';
import { type Attention, findAttentions } from './attention.js';
import { type Block, blockAround } from './blocks.js';
import { nameConvolutions } from './convolutions.js';
import { findGelus } from './gelus.js';
import { GraphFacts } from './graph-facts.js';
import { type Filling, type Lifted, type LiftPlan, lift } from './lift.js';
import type { Mark, WeightMark } from './marks.js';
import { type KnownMask, knownMask } from './masks.js';
import { nameBlocks } from './name-blocks.js';
import { findNorms, type Norm } from './norms.js';

export type Recognised = {
  readonly lifted: Lifted;
  readonly family: 'transformer' | 'onnx';
  readonly geometry: Geometry;
  readonly causal: boolean;
  /** Inputs that are filled in, and with what. */
  readonly fillings: ReadonlyMap<string, Filling>;
};

/** More blocks than any model has: a file with more is not looked into. */
const MOST_BLOCKS = 512;

const nothing: Named = { marks: [], weights: [], norms: new Map() };

/** `blocks`: false leaves the graph as the file has it, but for inputs and symbols. */
export function recognise(imported: ImportedModel, blocks: boolean): Recognised {
  const facts = new GraphFacts(imported.graph);
  const tokens = tokensOf(imported);
  const bare: LiftPlan = {
    ...nothing,
    gelus: new Map(),
    masks: new Map(),
    fillings: tokens === undefined ? new Map() : fillingsOf(imported, tokens.name),
    symbols: typeof tokens?.positions === 'string' ? new Map([[tokens.positions, 'pos']]) : new Map(),
    tokens: tokens?.name ?? null,
  };
  const transformer = blocks ? transformerOf(facts, bare, tokens?.value) : undefined;
  const { plan, family, geometry, causal } =
    transformer ?? (blocks ? convolutionalOf(facts, bare) : { ...asItIs, plan: bare });
  const kept = [...new Set(imported.values.values())];
  const lifted = lift({ graph: imported.graph, inputs: imported.inputs }, plan, kept);
  return { lifted, family, geometry, causal, fillings: bare.fillings };
}

type Named = Pick<LiftPlan, 'marks' | 'weights' | 'norms'>;
type Planned = Pick<Recognised, 'family' | 'geometry' | 'causal'> & { readonly plan: LiftPlan };

const asItIs = { family: 'onnx', geometry: {}, causal: false } as const;

function transformerOf(facts: GraphFacts, bare: LiftPlan, tokens: ValueId | undefined): Planned | undefined {
  const attentions = findAttentions(facts);
  if (attentions.length === 0 || attentions.length > MOST_BLOCKS) return undefined;
  const norms = findNorms(facts);
  const gelus = findGelus(facts);
  const blocks = attentions.map((one) => blockAround({ facts, norms, gelus }, one));
  const whole = blocks.filter((one) => one !== undefined);
  // A layer without a number of its own would shift the others.
  if (whole.length < blocks.length || !whole.every((one) => isStream(facts, one))) return undefined;
  const masks = new Map<ValueId, KnownMask>();
  for (const attention of attentions) {
    const known = tokens === undefined ? undefined : maskOf(facts, attention, tokens, bare);
    if (known !== undefined) masks.set(attention.scores, known);
  }
  const named = nameBlocks(facts, whole, finalNorm(whole, norms));
  const ends = endsOf(facts, bare.tokens, 'logits');
  const causal =
    masks.size === attentions.length && [...masks.values()].every((one) => one.kind === 'causal');
  return {
    family: 'transformer',
    geometry: { ...geometryOf(facts, whole), ...ends.geometry },
    causal,
    plan: {
      ...bare,
      marks: [
        ...ends.marks.filter((one) => one.path === 'embed'),
        ...named.marks,
        ...ends.marks.filter((one) => one.path !== 'embed'),
      ],
      weights: firstOfEach([...named.weights, ...ends.weights]),
      norms: named.norms,
      gelus,
      masks,
    },
  };
}

function convolutionalOf(facts: GraphFacts, bare: LiftPlan): Planned {
  const { marks, blocks } = nameConvolutions(facts);
  const ends = endsOf(facts, null, marks.length === 0 ? 'output' : 'logits');
  const plan = { ...bare, marks: [...marks, ...ends.marks], weights: firstOfEach(ends.weights) };
  return { ...asItIs, geometry: blocks > 0 ? { layers: blocks } : {}, plan };
}

/** Every part of the stream has an axis for rows, one for positions and one for features, so that it can be named. */
function isStream(facts: GraphFacts, block: Block): boolean {
  const { attention, mlp } = block;
  const parts = [block.residPre, block.residMid, block.residPost, block.attnOut, attention.input];
  const inner = mlp === null ? [] : [mlp.input, mlp.pre, mlp.linear, mlp.act, mlp.out];
  return [...parts, ...inner]
    .filter((one) => one !== null)
    .every((one) => facts.axes(one).length === 3 && facts.axes(one)[0]?.name === 'example');
}

function maskOf(
  facts: GraphFacts,
  attention: Attention,
  tokens: ValueId,
  bare: LiftPlan,
): KnownMask | undefined {
  const filled = (graph: Graph): Graph => {
    const inputs = graph.nodes.flatMap(({ op }) => (op.name === 'Input' ? [op.attrs] : []));
    return lift({ graph, inputs }, { ...bare, masks: new Map() }, []).graph;
  };
  return knownMask(facts, attention, { tokens, filled });
}

/** The norm of the last block's end, where norms come before the parts. */
function finalNorm(blocks: readonly Block[], norms: ReadonlyMap<ValueId, Norm>): Norm | null {
  const last = blocks.at(-1);
  if (last === undefined || last.norms === 'after') return null;
  return [...norms.values()].find((norm) => norm.input === last.residPost) ?? null;
}

type Tokens = { readonly name: string; readonly value: ValueId; readonly positions: Dim };

/** The first input of whole numbers with rows and positions. */
function tokensOf({ graph, inputs }: ImportedModel): Tokens | undefined {
  const found = inputs.find(
    ({ type }) => type.axes.length === 2 && (type.dtype === 'i64' || type.dtype === 'i32'),
  );
  const value = graph.nodes.findIndex(({ op }) => op.name === 'Input' && op.attrs.name === found?.name);
  const positions = found?.type.axes[1]?.size;
  if (found === undefined || value < 0 || positions === undefined) return undefined;
  return { name: found.name, value: value as ValueId, positions }; // position is identity
}

const FILLINGS: readonly (readonly [RegExp, Filling])[] = [
  [/^(attention_mask|input_mask)$/, 'ones'],
  [/^(token_type_ids|segment_ids)$/, 'zeros'],
  [/^position_ids$/, 'positions'],
];

/** Other inputs of the tokens' shape whose name says what they hold: rows have no padding and one segment. */
function fillingsOf({ inputs }: ImportedModel, tokens: string): ReadonlyMap<string, Filling> {
  const given = inputs.find(({ name }) => name === tokens);
  const sizes = (axes: readonly Axis[] | undefined): string => (axes ?? []).map(({ size }) => size).join();
  return new Map(
    inputs.flatMap(({ name, type }) => {
      const filling = FILLINGS.find(([pattern]) => pattern.test(name))?.[1];
      const isLike = name !== tokens && sizes(type.axes) === sizes(given?.type.axes);
      return filling === undefined || !isLike ? [] : [[name, filling] as const];
    }),
  );
}

type Ends = {
  readonly marks: readonly Mark[];
  readonly weights: readonly WeightMark[];
  readonly geometry: Geometry;
};

/** The embedding of the tokens at one end, the file's first output at the other: `called` so where it is no softmax. */
function endsOf(facts: GraphFacts, tokens: string | null, called: 'logits' | 'output'): Ends {
  const marks: Mark[] = [];
  const weights: WeightMark[] = [];
  let geometry: Geometry = {};
  for (const index of tokens === null ? [] : facts.graph.nodes.keys()) {
    const value = index as ValueId; // position is identity
    const gather = facts.op(value, 'Gather');
    if (gather === undefined || gather.attrs.axis !== 0) continue;
    const [table, places] = facts.pair(value);
    if (!facts.isOp(table, 'Weight') || facts.axes(table).length !== 2 || !isTokens(facts, places, tokens))
      continue;
    marks.push({ path: 'embed', part: 'embed', value, names: ['example', 'pos', 'd_model'] });
    weights.push({ path: 'weights.W_E', value: table, names: ['vocab', 'd_model'] });
    const vocab = facts.sizes(table)[0];
    if (typeof vocab === 'number') geometry = { vocab };
    break;
  }
  const [first] = facts.graph.outputs;
  const axes = first === undefined ? [] : facts.axes(first.value);
  if (first !== undefined && axes[0]?.name === 'example' && (axes.length === 2 || axes.length === 3)) {
    const isVocab = geometry.vocab !== undefined && axes.at(-1)?.size === geometry.vocab;
    const width = isVocab ? 'vocab' : tokens !== null && axes.length === 3 ? 'd_model' : 'label';
    const isLogits = isVocab || axes.length === 2;
    const names = axes.length === 3 ? ['example', 'pos', width] : ['example', width];
    const path = isSoftmax(facts, first.value) ? 'probabilities' : called;
    if (isLogits) marks.push({ path, part: 'other', value: first.value, names });
    const product = facts.product(first.value);
    if (path === 'logits' && isLogits && product !== undefined) {
      const shape = product.stored === 'in-out' ? ['d_model', width] : [width, 'd_model'];
      weights.push({ path: 'weights.W_U', value: product.weight, names: shape });
    }
  }
  return { marks, weights, geometry };
}

/** Also where it is written out: exp(x) over its sum. */
function isSoftmax(facts: GraphFacts, value: ValueId): boolean {
  if (facts.isOp(value, 'Softmax')) return true;
  return facts.isOp(value, 'Div') && facts.isOp(facts.pair(value)[0], 'Exp');
}

function isTokens(facts: GraphFacts, places: ValueId, tokens: string | null): boolean {
  const at = facts.before(places, 'Reshape') ?? facts.before(places, 'Cast') ?? places;
  return facts.op(at, 'Input')?.attrs.name === tokens;
}

function geometryOf(facts: GraphFacts, blocks: readonly Block[]): Geometry {
  const [first] = blocks;
  if (first === undefined) return {};
  const { heads, width, k } = first.attention;
  const size = (value: ValueId | undefined): number | undefined => {
    const found = value === undefined ? undefined : facts.sizes(value).at(-1);
    return typeof found === 'number' ? found : undefined;
  };
  const d_model = size(first.residPre);
  const d_mlp = size(first.mlp?.act);
  return {
    layers: blocks.length,
    heads,
    ...(k.heads === heads ? {} : { kv_heads: k.heads }),
    ...(d_model === undefined ? {} : { d_model }),
    d_head: width,
    ...(d_mlp === undefined ? {} : { d_mlp }),
  };
}

/** A tensor that two parts share has the name of the first. */
function firstOfEach(weights: readonly WeightMark[]): readonly WeightMark[] {
  const seen = new Set<ValueId>();
  return weights.filter(({ value }) => {
    const isNew = !seen.has(value);
    seen.add(value);
    return isNew;
  });
}
