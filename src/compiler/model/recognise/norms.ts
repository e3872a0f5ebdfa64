// Normalisations over the last axis, fused or written out by an exporter: LayerNorm ((x - mean) / sqrt(variance + eps) · w + b)
// and RMSNorm (x / sqrt(mean(x²) + eps) · w).
import type { ValueId } from '../../ir/graph.js';
import type { GraphFacts } from './graph-facts.js';

export type Norm = {
  readonly kind: 'layer' | 'rms';
  /** What is normalised, and the result with gain and bias. */
  readonly input: ValueId;
  readonly value: ValueId;
  readonly gain: ValueId | null;
  readonly bias: ValueId | null;
  readonly epsilon: number;
};

/** The norms of a graph by their result. */
export function findNorms(facts: GraphFacts): ReadonlyMap<ValueId, Norm> {
  const found = new Map<ValueId, Norm>();
  for (const index of facts.graph.nodes.keys()) {
    const value = index as ValueId; // position is identity
    const norm = fusedNorm(facts, value) ?? writtenOut(facts, value);
    if (norm !== undefined) found.set(norm.value, norm);
  }
  return found;
}

function fusedNorm(facts: GraphFacts, value: ValueId): Norm | undefined {
  const fused = facts.op(value, 'LayerNormalization');
  const [input, gain = null, bias = null] = facts.inputs(value);
  if (fused === undefined || input === undefined || fused.attrs.axis !== facts.axes(value).length - 1)
    return undefined;
  return { kind: 'layer', input, value, gain, bias, epsilon: fused.attrs.epsilon };
}

/** Starts at the root, which every written form has once. */
function writtenOut(facts: GraphFacts, root: ValueId): Norm | undefined {
  const shifted = facts.before(root, 'Sqrt');
  if (shifted === undefined || !facts.isOp(shifted, 'Add')) return undefined;
  const [a, b] = facts.pair(shifted);
  const epsilon = facts.scalar(b) ?? facts.scalar(a);
  if (epsilon === undefined) return undefined;
  const squared = meanOfLast(facts, facts.scalar(b) === undefined ? b : a);
  const centred = squared === undefined ? undefined : squareRoot(facts, squared);
  if (centred === undefined) return undefined;
  const divided = quotient(facts, centred, root);
  if (divided === undefined) return undefined;
  const input = centredFrom(facts, centred);
  const kind = input === undefined ? 'rms' : 'layer';
  const scaled = withVector(facts, divided, 'Mul');
  const biased =
    kind === 'layer' && scaled !== undefined ? withVector(facts, scaled.value, 'Add') : undefined;
  return {
    kind,
    input: input ?? centred,
    value: biased?.value ?? scaled?.value ?? divided,
    gain: scaled?.vector ?? null,
    bias: biased?.vector ?? null,
    epsilon,
  };
}

function meanOfLast(facts: GraphFacts, value: ValueId): ValueId | undefined {
  const mean = facts.op(value, 'ReduceMean');
  const input = facts.before(value, 'ReduceMean');
  if (mean === undefined || input === undefined || !mean.attrs.keepdims) return undefined;
  return mean.attrs.axes.length === 1 && mean.attrs.axes[0] === facts.axes(input).length - 1
    ? input
    : undefined;
}

/** x where the value is x², as a power or a product. */
function squareRoot(facts: GraphFacts, value: ValueId): ValueId | undefined {
  if (facts.isOp(value, 'Pow')) {
    const [base, exponent] = facts.pair(value);
    return facts.scalar(exponent) === 2 ? base : undefined;
  }
  if (!facts.isOp(value, 'Mul')) return undefined;
  const [a, b] = facts.pair(value);
  return a === b ? a : undefined;
}

/** x where the value is x - mean(x). */
function centredFrom(facts: GraphFacts, value: ValueId): ValueId | undefined {
  if (!facts.isOp(value, 'Sub')) return undefined;
  const [x, mean] = facts.pair(value);
  return meanOfLast(facts, mean) === x ? x : undefined;
}

/** centred / root, or centred times the reciprocal of the root. */
function quotient(facts: GraphFacts, centred: ValueId, root: ValueId): ValueId | undefined {
  for (const user of facts.users(root)) {
    const [over, under] = facts.pair(user);
    if (facts.isOp(user, 'Div') && over === centred && under === root) return user;
    const isReciprocal =
      facts.isOp(user, 'Reciprocal') ||
      (facts.isOp(user, 'Div') && facts.scalar(over) === 1 && under === root);
    if (!isReciprocal) continue;
    const product = facts.usersOf(user, 'Mul').find((one) => facts.inputs(one).includes(centred));
    if (product !== undefined) return product;
  }
  return undefined;
}

function withVector(
  facts: GraphFacts,
  value: ValueId,
  name: 'Mul' | 'Add',
): { readonly value: ValueId; readonly vector: ValueId } | undefined {
  const users = facts.users(value);
  const [only] = users;
  if (only === undefined || users.length !== 1 || !facts.isOp(only, name)) return undefined;
  const [a, b] = facts.pair(only);
  const vector = a === value ? b : a;
  return facts.isVector(vector) ? { value: only, vector } : undefined;
}
