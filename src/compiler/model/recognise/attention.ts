// Attention as exporters write it: softmax of scaled, masked products of queries and keys, times values. Found from its softmax,
// with the heads' own values on the way to it whatever rotates, norms, repeats or turns them.
import type { ValueId } from '../../ir/graph.js';
import type { Dim } from '../../ir/tensor-type.js';
import type { GraphFacts } from './graph-facts.js';

/** A value with heads and the order that makes its axes example, position, head, d_head. */
export type Headed = { readonly value: ValueId; readonly perm: readonly number[]; readonly heads: number };

export type Attention = {
  readonly q: Headed;
  readonly k: Headed;
  readonly v: Headed;
  /** After the rotation; null where there is none. */
  readonly rotQ: Headed | null;
  readonly rotK: Headed | null;
  readonly scores: ValueId;
  /** What is last added to or put over the scores, and the value in which that is done; null without a mask. */
  readonly mask: { readonly at: ValueId; readonly unmasked: ValueId; readonly mask: ValueId } | null;
  readonly pattern: ValueId;
  readonly z: Headed;
  readonly heads: number;
  readonly width: number;
  /** What queries, keys and values are projected from. */
  readonly input: ValueId;
};

/** Every attention whose parts are all found, in the order of the graph. */
export function findAttentions(facts: GraphFacts): readonly Attention[] {
  return [...facts.graph.nodes.keys()].flatMap((index) => attentionAt(facts, index as ValueId) ?? []);
}

function attentionAt(facts: GraphFacts, softmax: ValueId): Attention | undefined {
  const found = facts.op(softmax, 'Softmax');
  const scores = facts.before(softmax, 'Softmax');
  if (found === undefined || scores === undefined) return undefined;
  if (facts.axes(softmax).length !== 4 || found.attrs.axis !== 3) return undefined;
  const pattern = afterGuard(facts, softmax);
  const mixed = facts.usersOf(pattern, 'MatMul').find((user) => facts.inputs(user)[0] === pattern);
  if (mixed === undefined) return undefined;
  const products = rawScores(facts, scores, 8);
  if (products === undefined) return undefined;
  const [left, right] = facts.pair(products.product);
  const [, values] = facts.pair(mixed);
  const [, heads, query, key] = facts.sizes(pattern);
  const width = facts.sizes(mixed)[3];
  const keyWidth = facts.sizes(left)[3];
  if (typeof heads !== 'number' || typeof width !== 'number' || typeof keyWidth !== 'number')
    return undefined;
  if (query === undefined || key === undefined) return undefined;
  const queries = { heads, positions: query, width: keyWidth };
  const keys = { heads, positions: key, width: keyWidth };
  const behindQ = regionBehind(facts, left);
  const behindK = regionBehind(facts, right);
  const behindV = regionBehind(facts, values);
  if (behindQ === undefined || behindK === undefined || behindV === undefined) return undefined;
  const q = earliest(facts, behindQ, queries);
  const k = earliest(facts, behindK, keys);
  const v = earliest(facts, behindV, { heads, positions: key, width });
  const z = headsApart(facts, mixed, heads);
  if (q === undefined || k === undefined || v === undefined || k.heads !== v.heads) return undefined;
  const inputs = new Set([behindQ, behindK, behindV].flatMap((one) => one.sources));
  const [input] = inputs;
  if (input === undefined || inputs.size !== 1) return undefined;
  return {
    q,
    k,
    v,
    rotQ: rotated(facts, { from: left, region: behindQ, own: q, shape: queries }),
    rotK: rotated(facts, { from: right, region: behindK, own: k, shape: keys }),
    scores,
    mask: products.mask,
    pattern,
    z,
    heads,
    width,
    input,
  };
}

/** Some exporters put zeros where a row of scores was all -inf: Where(IsNaN(p), 0, p). */
function afterGuard(facts: GraphFacts, softmax: ValueId): ValueId {
  const guard = facts.usersOf(softmax, 'Where').find((user) => facts.inputs(user)[2] === softmax);
  return guard ?? softmax;
}

type RawScores = { readonly product: ValueId; readonly mask: Attention['mask'] };

/** The product of queries and keys behind scores that are scaled and masked. */
function rawScores(facts: GraphFacts, value: ValueId, depth: number): RawScores | undefined {
  if (depth === 0) return undefined;
  const { op, inputs } = facts.node(value);
  const [first, second, third] = inputs;
  if (first === undefined) return undefined;
  switch (op.name) {
    case 'MatMul':
      return second === undefined || facts.isStored(second) ? undefined : { product: value, mask: null };
    case 'Cast':
    case 'Identity':
      return rawScores(facts, first, depth - 1);
    case 'Mul':
    case 'Div': {
      if (second === undefined) return undefined;
      if (facts.scalar(second) !== undefined) return rawScores(facts, first, depth - 1);
      return op.name === 'Mul' && facts.scalar(first) !== undefined
        ? rawScores(facts, second, depth - 1)
        : undefined;
    }
    case 'Add': {
      if (second === undefined) return undefined;
      for (const [inner, mask] of [
        [first, second],
        [second, first],
      ] as const) {
        const found = rawScores(facts, inner, depth - 1);
        if (found !== undefined) return { ...found, mask: { at: value, unmasked: inner, mask } };
      }
      return undefined;
    }
    case 'Where': {
      if (second === undefined || third === undefined) return undefined;
      for (const inner of [second, third]) {
        const found = rawScores(facts, inner, depth - 1);
        if (found !== undefined) return { ...found, mask: { at: value, unmasked: inner, mask: first } };
      }
      return undefined;
    }
    default:
      return undefined;
  }
}

type HeadShape = { readonly heads: number; readonly positions: Dim; readonly width: number };

/** How the axes of a value would have to be ordered, if it has one per head. Groups of key heads divide the heads. */
function headed(facts: GraphFacts, value: ValueId, shape: HeadShape): Headed | undefined {
  const sizes = facts.sizes(value);
  if (sizes.length !== 4) return undefined;
  for (const perm of [
    [0, 1, 2, 3],
    [0, 2, 1, 3],
    [0, 3, 1, 2],
  ]) {
    const [, positions, heads, width] = perm.map((at) => sizes[at]);
    if (positions !== shape.positions || width !== shape.width || typeof heads !== 'number') continue;
    if (heads >= 1 && shape.heads % heads === 0) return { value, perm, heads };
  }
  return undefined;
}

/** The first value with heads in a region, computed from what its stored matrices project. */
function earliest(facts: GraphFacts, region: Region, shape: HeadShape): Headed | undefined {
  const projected = new Set<ValueId>(region.products);
  for (const value of region.values) {
    if (!facts.inputs(value).some((input) => projected.has(input)) && !projected.has(value)) continue;
    projected.add(value);
    const found = headed(facts, value, shape);
    if (found !== undefined) return found;
  }
  return undefined;
}

type Region = {
  /** In the order of the graph. */
  readonly values: readonly ValueId[];
  readonly products: readonly ValueId[];
  /** What the stored matrices multiply. */
  readonly sources: readonly ValueId[];
};

/** More than any exporter writes between a projection and the scores. */
const LARGEST_REGION = 400;

/** What lies behind a value up to products with stored matrices, which end the region and belong to it. */
function regionBehind(facts: GraphFacts, from: ValueId): Region | undefined {
  const seen = new Set<ValueId>([from]);
  const stack = [from];
  const products: ValueId[] = [];
  const sources: ValueId[] = [];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    if (seen.size > LARGEST_REGION) return undefined;
    const product = facts.product(top);
    if (product !== undefined) {
      products.push(top);
      sources.push(product.activation);
      continue;
    }
    const { op, inputs } = facts.node(top);
    if (op.name === 'MatMul' || op.name === 'Gemm' || op.name === 'Softmax') continue;
    for (const input of inputs) {
      if (seen.has(input)) continue;
      seen.add(input);
      stack.push(input);
    }
  }
  return { values: [...seen].sort((a, b) => a - b), products, sources };
}

/** The last value with heads before it is scaled, repeated and turned for the product; null where that is `own`. */
function rotated(
  facts: GraphFacts,
  { from, region, own, shape }: { from: ValueId; region: Region; own: Headed; shape: HeadShape },
): Headed | null {
  let at = from;
  let last: Headed | undefined = headed(facts, at, shape);
  for (;;) {
    const { op, inputs } = facts.node(at);
    const [first, second] = inputs;
    if (first === undefined || at === own.value) break;
    const isScaled = (op.name === 'Mul' || op.name === 'Div') && second !== undefined;
    if (isScaled && facts.scalar(second) === undefined && facts.scalar(first) === undefined) break;
    const isMoved = ['Transpose', 'Reshape', 'Expand', 'Unsqueeze', 'Identity', 'Cast'].includes(op.name);
    if (!isScaled && !isMoved) break;
    at = isScaled && facts.scalar(first) !== undefined ? second : first;
    last = headed(facts, at, shape) ?? last;
  }
  if (at === own.value || last === undefined || last.value === own.value) return null;
  return region.values.some((value) => facts.isOp(value, 'Sin')) ? last : null;
}

/** What the heads gathered, where the file already has positions before heads. */
function headsApart(facts: GraphFacts, mixed: ValueId, heads: number): Headed {
  const users = facts.users(mixed);
  const [only] = users;
  const turned = only === undefined ? undefined : facts.op(only, 'Transpose');
  if (only !== undefined && users.length === 1 && turned?.attrs.perm.join() === '0,2,1,3')
    return { value: only, perm: [0, 1, 2, 3], heads };
  return { value: mixed, perm: [0, 2, 1, 3], heads };
}
