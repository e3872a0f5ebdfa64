// Convolutional networks: each convolution's result, each residual sum and what follows it, the pooled features.
import type { ValueId } from '../../ir/graph.js';
import type { GraphFacts } from './graph-facts.js';
import type { Mark } from './marks.js';

const PLANES = ['example', 'channel', 'y', 'x'];

export type NamedConvolutions = { readonly marks: readonly Mark[]; readonly blocks: number };

/** Marks of a network of two-dimensional convolutions; none where there is none. */
export function nameConvolutions(facts: GraphFacts): NamedConvolutions {
  const marks: Mark[] = [];
  const taken = new Set<ValueId>();
  let convolutions = 0;
  let blocks = 0;
  const mark = (path: string, value: ValueId, names = PLANES): void => {
    if (taken.has(value)) return;
    taken.add(value);
    marks.push({ path, part: 'other', value, names });
  };
  const isPlanes = (value: ValueId): boolean =>
    facts.axes(value).length === 4 && facts.axes(value)[0]?.name === 'example';
  for (const index of facts.graph.nodes.keys()) {
    const value = index as ValueId; // position is identity
    const { op } = facts.node(value);
    if (op.name === 'Conv' && isPlanes(value)) {
      const normed = onlyUser(facts, value, 'BatchNormalization') ?? value;
      const act = onlyUser(facts, normed, 'Relu') ?? onlyUser(facts, normed, 'LeakyRelu');
      mark(`convs.${convolutions}.out`, normed);
      if (act !== undefined) mark(`convs.${convolutions}.act`, act);
      convolutions += 1;
    }
    if (op.name === 'Add' && isPlanes(value) && convolutions > 0) {
      const [a, b] = facts.pair(value);
      const branch = isPlanes(a) && isPlanes(b) ? branchOf(facts, a, b) : undefined;
      if (branch === undefined) continue;
      // The same value as a convolution's result, and a site of its own: what this block adds to its input.
      marks.push({ path: `blocks.${blocks}.branch`, part: 'other', value: branch, names: PLANES });
      mark(`blocks.${blocks}.sum`, value);
      mark(`blocks.${blocks}.out`, onlyUser(facts, value, 'Relu') ?? value);
      blocks += 1;
    }
    if (convolutions > 0 && isPool(facts, value)) {
      const flat = facts
        .users(value)
        .find((user) => facts.axes(user).length === 2 && facts.users(value).length === 1);
      const pooled = facts.axes(value).length === 2 ? value : flat;
      if (pooled !== undefined && facts.axes(pooled)[0]?.name === 'example')
        mark('pooled', pooled, ['example', 'channel']);
    }
  }
  return { marks: marks.toSorted((a, b) => a.value - b.value), blocks };
}

function onlyUser(
  facts: GraphFacts,
  value: ValueId,
  name: 'BatchNormalization' | 'Relu' | 'LeakyRelu',
): ValueId | undefined {
  const users = facts.users(value);
  const [only] = users;
  return only !== undefined && users.length === 1 && facts.isOp(only, name) ? only : undefined;
}

/**
 * The summand that is a convolution's (normed) result: a sum with one closes a residual block. Where both are (a shortcut may be
 * convolved too), the one that comes later.
 */
function branchOf(facts: GraphFacts, a: ValueId, b: ValueId): ValueId | undefined {
  const before = (value: ValueId): ValueId | undefined => {
    const result = facts.before(value, 'BatchNormalization') ?? value;
    return facts.before(result, 'Conv');
  };
  const [ofA, ofB] = [before(a), before(b)];
  if (ofA === undefined || ofB === undefined)
    return ofA === undefined ? (ofB === undefined ? undefined : b) : a;
  return ofA > ofB ? a : b;
}

/** The mean over both axes of the planes. */
function isPool(facts: GraphFacts, value: ValueId): boolean {
  if (facts.isOp(value, 'GlobalAveragePool')) return true;
  const mean = facts.op(value, 'ReduceMean');
  return mean?.attrs.axes.join() === '2,3' && facts.axes(facts.pair(value)[0]).length === 4;
}
