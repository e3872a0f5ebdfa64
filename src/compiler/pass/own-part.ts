// A write of another run's value of the very place that is written: where the two runs read the same tokens, it changes nothing.
import { bug } from '../base/bug.js';
import { canonical } from '../base/canonical.js';
import type { Graph, Node, ValueId } from '../ir/graph.js';
import { numbersOf } from '../ir/tensor.js';
import { isLift, rootIdOf, rootOf } from './lifts.js';

/** Where(mask, value, inflight) */
export type Write = { readonly mask: ValueId; readonly value: ValueId; readonly inflight: ValueId };
export type Differ = readonly (readonly [left: string, right: string])[];

/** One place along an axis: an index that is known when the graph runs, or a constant; -1 is the last. */
type Picked = { readonly axis: string; readonly index: ValueId | number };

/**
 * The pairs of inputs in which what is written differs from what stands there; null where it is not the same computation at the
 * same place. `ofExamples`: there is no family, nothing is lifted. `isCausal`: no position of the value depends on a later token.
 */
export function ownPart(
  graph: Graph,
  write: Write,
  ofExamples: boolean,
  isCausal: (base: ValueId) => boolean,
): Differ | null {
  const value = peeled(graph, write.value, ofExamples);
  const inflight = peeled(graph, write.inflight, ofExamples);
  if (value === null || inflight === null || inflight.picks.length > 0 || !isCausal(inflight.base))
    return null;
  const places = conjuncts(graph, write.mask);
  const isThere = (pick: Picked): boolean =>
    places.some((one) => one.axis === pick.axis && one.index === pick.index);
  if (!value.picks.every(isThere)) return null;
  const pairs = new Map<string, readonly [string, string]>();
  return sameComputation(graph, value.base, inflight.base, pairs) ? [...pairs.values()] : null;
}

/** The value of examples behind a value of rows, and what was picked of it on the way. */
function peeled(
  graph: Graph,
  from: ValueId,
  ofExamples: boolean,
): { readonly base: ValueId; readonly picks: readonly Picked[] } | null {
  const picks: Picked[] = [];
  let lifted = ofExamples;
  let id = from;
  while (true) {
    const node = graph.nodes[id] ?? bug(`no value %${id}`);
    const [data, index] = node.inputs;
    if (isLift(graph, node)) {
      lifted = true;
    } else if (node.op.name === 'GatherND' && node.op.attrs.batchDims === 1 && data !== undefined) {
      picks.push({ axis: graph.nodes[data]?.type.axes[1]?.name ?? '', index: indexRoot(graph, index) });
    } else if (node.op.name === 'Gather' && node.op.attrs.axis > 0 && data !== undefined) {
      const picked = indexRoot(graph, index);
      if (typeof picked !== 'number') return lifted ? { base: id, picks } : null;
      picks.push({ axis: graph.nodes[data]?.type.axes[node.op.attrs.axis]?.name ?? '', index: picked });
    } else if (!['Unsqueeze', 'Squeeze', 'Expand', 'Identity', 'Transpose'].includes(node.op.name)) {
      return lifted ? { base: id, picks } : null;
    }
    if (data === undefined) return null;
    id = data;
  }
}

function indexRoot(graph: Graph, index: ValueId | undefined): ValueId | number {
  if (index === undefined) return bug('a pick without an index');
  const root = rootIdOf(graph, index);
  const { op } = graph.nodes[root] ?? bug(`no value %${root}`);
  if (op.name !== 'Constant') return root;
  const [only, ...others] = numbersOf(op.attrs.data);
  return only === undefined || others.length > 0 ? root : only;
}

/** The places `axis = index` that a mask asks for together. */
function conjuncts(graph: Graph, id: ValueId): readonly Picked[] {
  const { op, inputs } = rootOf(graph, id);
  const [left, right] = inputs;
  if (left === undefined || right === undefined) return [];
  if (op.name === 'And') return [...conjuncts(graph, left), ...conjuncts(graph, right)];
  if (op.name !== 'Equal') return [];
  const [a, b] = [rootOf(graph, left), rootOf(graph, right)];
  if (a.op.name === 'Iota') return [{ axis: a.op.attrs.axis.name, index: endOr(graph, b, right) }];
  return b.op.name === 'Iota' ? [{ axis: b.op.attrs.axis.name, index: endOr(graph, a, left) }] : [];
}

/** max(0, 1, …) + c is the position -1 + c. */
function endOr(graph: Graph, { op, inputs }: Node, id: ValueId): ValueId | number {
  const [last, shift] = inputs;
  if (op.name === 'ReduceMax' && last !== undefined && rootOf(graph, last).op.name === 'Iota') return -1;
  if (op.name !== 'Add' || last === undefined || shift === undefined) return indexRoot(graph, id);
  const end = rootOf(graph, last);
  const by = rootOf(graph, shift).op;
  const [top] = end.inputs;
  if (end.op.name !== 'ReduceMax' || top === undefined || rootOf(graph, top).op.name !== 'Iota') return id;
  return by.name === 'Constant' ? -1 + (numbersOf(by.attrs.data)[0] ?? Number.NaN) : id;
}

/** The same operators over the same values, but for inputs with one number per position. */
function sameComputation(
  graph: Graph,
  a: ValueId,
  b: ValueId,
  pairs: Map<string, readonly [string, string]>,
): boolean {
  const known = new Map<string, boolean>();
  const same = (x: ValueId, y: ValueId): boolean => {
    if (x === y) return true;
    const key = `${x} ${y}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const [one, other] = [graph.nodes[x] ?? bug(`no value %${x}`), graph.nodes[y] ?? bug(`no value %${y}`)];
    const result =
      one.op.name === 'Input' || other.op.name === 'Input' ? inputs(one, other) : nodes(one, other);
    known.set(key, result);
    return result;
  };
  const nodes = (one: Node, other: Node): boolean =>
    one.op.name === other.op.name &&
    one.inputs.length === other.inputs.length &&
    canonical(one.op.attrs) === canonical(other.op.attrs) &&
    one.inputs.every((x, i) => same(x, other.inputs[i] ?? bug('an input is missing')));
  const inputs = (one: Node, other: Node): boolean => {
    if (one.op.name !== 'Input' || other.op.name !== 'Input') return false;
    if (one.type.axes.length !== 2 || canonical(one.type) !== canonical(other.type)) return false;
    const pair = [one.op.attrs.name, other.op.attrs.name] as const;
    pairs.set(pair.join(' '), pair);
    return true;
  };
  return same(a, b);
}
