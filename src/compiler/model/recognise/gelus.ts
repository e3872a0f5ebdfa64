// GELU as exporters write it out: x · (1 + erf(x / √2)) / 2, and 0.5 · x · (1 + tanh(√(2/π) · (x + 0.044715 x³))).
import type { ValueId } from '../../ir/graph.js';
import type { GraphFacts } from './graph-facts.js';

export type WrittenGelu = {
  readonly input: ValueId;
  readonly value: ValueId;
  readonly approximate: 'none' | 'tanh';
};

/** The written-out GELUs of a graph by their result. */
export function findGelus(facts: GraphFacts): ReadonlyMap<ValueId, WrittenGelu> {
  const found = new Map<ValueId, WrittenGelu>();
  for (const index of facts.graph.nodes.keys()) {
    const value = index as ValueId; // position is identity
    const inner = argumentOf(facts, value);
    if (inner === undefined) continue;
    const result = halvedProduct(facts, value, inner.input);
    if (result !== undefined) found.set(result, { ...inner, value: result });
  }
  return found;
}

/** x where the value is erf(x / √2), or the tanh of the approximation. */
function argumentOf(facts: GraphFacts, value: ValueId): Omit<WrittenGelu, 'value'> | undefined {
  const scaled = facts.before(value, 'Erf');
  if (scaled !== undefined) {
    const input = overRootTwo(facts, scaled);
    return input === undefined ? undefined : { input, approximate: 'none' };
  }
  const inside = facts.before(value, 'Tanh');
  if (inside === undefined) return undefined;
  const sum = facts.withScalar(inside, 'Mul', Math.sqrt(2 / Math.PI));
  if (sum === undefined || !facts.isOp(sum, 'Add')) return undefined;
  const [a, b] = facts.pair(sum);
  if (cubed(facts, b) === a) return { input: a, approximate: 'tanh' };
  return cubed(facts, a) === b ? { input: b, approximate: 'tanh' } : undefined;
}

function overRootTwo(facts: GraphFacts, value: ValueId): ValueId | undefined {
  if (facts.isOp(value, 'Div')) {
    const [x, by] = facts.pair(value);
    return Math.abs((facts.scalar(by) ?? 0) - Math.SQRT2) < 1e-4 ? x : undefined;
  }
  return facts.withScalar(value, 'Mul', Math.SQRT1_2);
}

/** x where the value is 0.044715 x³. */
function cubed(facts: GraphFacts, value: ValueId): ValueId | undefined {
  const cube = facts.withScalar(value, 'Mul', 0.044715);
  if (cube === undefined) return undefined;
  if (facts.isOp(cube, 'Pow')) {
    const [x, exponent] = facts.pair(cube);
    return facts.scalar(exponent) === 3 ? x : undefined;
  }
  if (!facts.isOp(cube, 'Mul')) return undefined;
  const [a, b] = facts.pair(cube);
  const isSquare = (one: ValueId, x: ValueId): boolean =>
    facts.isOp(one, 'Mul') && facts.inputs(one).every((input) => input === x);
  return isSquare(a, b) ? b : isSquare(b, a) ? a : undefined;
}

/** The product of (1 + value), x and one half, in whichever order. */
function halvedProduct(facts: GraphFacts, value: ValueId, x: ValueId): ValueId | undefined {
  const [sum] = facts.usersOf(value, 'Add').filter((user) => facts.withScalar(user, 'Add', 1) === value);
  if (sum === undefined) return undefined;
  for (const first of facts.usersOf(sum, 'Mul')) {
    const [a, b] = facts.pair(first);
    const other = a === sum ? b : a;
    // 0.5 · x is one factor
    if (facts.withScalar(other, 'Mul', 0.5) === x) return first;
    if (other === x) {
      const half = facts.usersOf(first, 'Mul').find((user) => facts.withScalar(user, 'Mul', 0.5) === first);
      if (half !== undefined) return half;
    }
    if (facts.scalar(other) === 0.5) {
      const whole = facts.usersOf(first, 'Mul').find((user) => facts.inputs(user).includes(x));
      if (whole !== undefined) return whole;
    }
  }
  return undefined;
}
