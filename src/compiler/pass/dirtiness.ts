// From which position on a member's run can differ from the clean run. In a causal model a write at position p leaves earlier
// positions as they are, and a write of another run's value leaves those alone where the two runs read the same tokens.
import { bug } from '../base/bug.js';
import type { Graph, Node, ValueId } from '../ir/graph.js';
import { numbersOf } from '../ir/tensor.js';
import { type Axis, type Dim, typeText } from '../ir/tensor-type.js';
import { type BatchFacts, isBatchParallel } from './batch-parallel.js';
import { isTriangular, triangles } from './causal.js';
import { isLift, rootOf } from './lifts.js';
import { ownPart, type Write } from './own-part.js';
import { pushPick } from './push-pick.js';

/** Where a write is: at a position counted from the end, at one that an input holds, or anywhere. */
export type WrittenAt =
  | { readonly kind: 'end'; readonly back: number }
  | { readonly kind: 'fixed'; readonly index: number }
  | { readonly kind: 'input'; readonly name: string }
  | { readonly kind: 'anywhere' };

/**
 * The first position that one write can change: `at`, but none before the first difference between pairs of columns of
 * tokens. Null: nothing is known to be equal.
 */
export type Bound = {
  readonly at: WrittenAt;
  readonly differ: readonly (readonly [left: string, right: string])[] | null;
};

/**
 * What is known of a value along `axis`, its own positions: before the first of all bounds it equals the clean run. `square`: only
 * where the other axis of positions, the keys, lies before it too.
 */
export type Dirt = {
  readonly axis: number;
  readonly bounds: ReadonlyMap<string, Bound>;
  readonly square: boolean;
  /** How its clean counterpart is found: it is that itself, or lifted from it, or the value that a write replaced, or by the same operator. */
  readonly from: 'self' | 'lift' | 'write' | 'operator' | { readonly sibling: ValueId };
};

export type Rows = {
  /** Size of axis 0 of the rows of the family: `row:0`. */
  readonly symbol: string;
  /** Size of the axes of positions: `pos`. */
  readonly positions: string;
};

const CLEAN: ReadonlyMap<string, Bound> = new Map();

/** For each value of the graph that has rows of the family and an axis of positions; undefined where nothing is known. */
export function dirtinessOf(graph: Graph, rows: Rows): readonly (Dirt | undefined)[] {
  const examples = causesOf(graph, rows.positions);
  const ofExamples = rows.symbol === EXAMPLES;
  const boundOf = (write: Write): Bound | undefined => {
    const own = axesOf(graph, write.inflight);
    const name = own[ownPositions(own, rows.positions)]?.name ?? '';
    const at = positionOf(graph, write.mask, { size: rows.positions, name });
    const differ = ownPart(graph, write, ofExamples, (base) => examples[base]?.square === false);
    return at.kind === 'anywhere' && differ === null ? undefined : { at, differ };
  };
  const siblings = ofExamples ? siblingsOf(graph) : new Map<number, ValueId>();
  const touched = ofExamples ? below(graph, siblings, (write) => boundOf(write) !== undefined) : null;
  return follow(graph, rows, {
    source: (node, axis, id) => {
      const base = siblings.get(id);
      if (base !== undefined) {
        const differ = [[inputName(graph, base), inputName(graph, id)]] as const;
        const bound: Bound = { at: ANYWHERE, differ };
        return {
          axis,
          bounds: new Map([[JSON.stringify(bound), bound]]),
          square: false,
          from: { sibling: base },
        };
      }
      if (touched !== null)
        return touched[id] === 0 ? { axis, bounds: CLEAN, square: false, from: 'self' } : undefined;
      return isLift(graph, node) ? { axis, bounds: CLEAN, square: false, from: 'lift' } : undefined;
    },
    bound: boundOf,
    isClean: (id) =>
      touched === null ? isLift(graph, graph.nodes[id] ?? bug(`no value %${id}`)) : touched[id] === 0,
  });
}

/** The symbol of the rows where a world has no family: its run is one per example. */
export const EXAMPLES = 'example';

/** Columns of a variant of the rows beside the same column of the rows themselves: another run's tokens. */
function siblingsOf(graph: Graph): ReadonlyMap<number, ValueId> {
  const columns = new Map<string, ValueId>();
  const found = new Map<number, ValueId>();
  for (const [id, { op, type }] of graph.nodes.entries())
    if (op.name === 'Input' && type.axes.length === 2)
      columns.set(`${op.attrs.name} ${typeText(type)}`, id as ValueId); // position is identity
  for (const [id, { op, type }] of graph.nodes.entries()) {
    // Where a column has values (`#valid`) is a mask of its own, not numbers that could be compared.
    const column = op.name === 'Input' ? /^data:[^:]*:([^#]*)$/.exec(op.attrs.name)?.[1] : undefined;
    const base = column === undefined ? undefined : columns.get(`data:base:${column} ${typeText(type)}`);
    if (base !== undefined && base !== id) found.set(id, base);
  }
  return found;
}

function inputName(graph: Graph, id: number): string {
  const { op } = graph.nodes[id] ?? bug(`no value %${id}`);
  return op.name === 'Input' ? op.attrs.name : bug(`%${id} is no input`);
}

/** 1 for each value that depends on a write, or on another run's tokens. */
function below(
  graph: Graph,
  roots: ReadonlyMap<number, ValueId>,
  isWrite: (write: Write) => boolean,
): Uint8Array {
  const found = new Uint8Array(graph.nodes.length);
  for (const [id, { op, inputs }] of graph.nodes.entries()) {
    const [mask, value, inflight] = inputs;
    const own =
      op.name === 'Where' && mask !== undefined && value !== undefined && inflight !== undefined
        ? isWrite({ mask, value, inflight })
        : false;
    if (own || roots.has(id) || inputs.some((input) => found[input] === 1)) found[id] = 1;
  }
  return found;
}

/** The same for values of examples: how a difference between tokens spreads. Known values depend on no later token. */
function causesOf(graph: Graph, positions: string): readonly (Dirt | undefined)[] {
  const known = knownCauses.get(graph) ?? new Map<string, readonly (Dirt | undefined)[]>();
  knownCauses.set(graph, known);
  const found = known.get(positions) ?? causes(graph, positions);
  known.set(positions, found);
  return found;
}

/** Every family of a graph asks for the same. */
const knownCauses = new WeakMap<Graph, Map<string, readonly (Dirt | undefined)[]>>();

function causes(graph: Graph, positions: string): readonly (Dirt | undefined)[] {
  return follow(
    graph,
    { symbol: EXAMPLES, positions },
    {
      source: ({ op }, axis) => {
        if (op.name !== 'Input') return undefined;
        const bound: Bound = { at: ANYWHERE, differ: null };
        return { axis, bounds: new Map([[op.attrs.name, bound]]), square: false, from: 'operator' };
      },
      bound: () => undefined,
      isClean: (id) => graph.nodes[id]?.op.name === 'Input',
    },
  );
}

type Rules = {
  readonly source: (node: Node, axis: number, id: number) => Dirt | undefined;
  readonly bound: (write: Write) => Bound | undefined;
  /** Of a value of rows without positions. */
  readonly isClean: (id: ValueId) => boolean;
};

function follow(graph: Graph, rows: Rows, rules: Rules): readonly (Dirt | undefined)[] {
  const masked = triangles(graph);
  const found: (Dirt | undefined)[] = [];
  for (const [id, node] of graph.nodes.entries()) found.push(dirtOf(id, node));
  return found;

  function dirtOf(id: number, node: Node): Dirt | undefined {
    const axis = ownPositions(node.type.axes, rows.positions);
    if (axis < 0 || !isRows(node.type.axes, rows)) return undefined;
    return rules.source(node, axis, id) ?? written(node, axis) ?? derived(id, node, axis);
  }

  /** Where(mask, new, in flight): a write into a value of which something is known. */
  function written(node: Node, axis: number): Dirt | undefined {
    const [mask, value, inflight] = node.inputs;
    if (node.op.name !== 'Where' || mask === undefined || value === undefined || inflight === undefined)
      return undefined;
    const before = found[inflight];
    if (before === undefined || before.axis !== axis || before.square) return undefined;
    // What the model itself masks is the same for all rows of a family.
    const ofRows = isRows(axesOf(graph, mask), rows) || isRows(axesOf(graph, value), rows);
    if (!ofRows && rows.symbol !== EXAMPLES) return undefined;
    const bound = rules.bound({ mask, value, inflight });
    if (bound === undefined) return undefined;
    return { ...before, from: 'write', bounds: new Map(before.bounds).set(JSON.stringify(bound), bound) };
  }

  /** An operator that takes positions one by one, but for the sum over keys under a causal mask. */
  function derived(id: number, node: Node, axis: number): Dirt | undefined {
    const types = node.inputs.map((i) => graph.nodes[i]?.type ?? bug(`no value %${i}`));
    const facts: BatchFacts = {
      inputs: types.map((type) => ({ type, lifted: isRows(type.axes, rows) })),
      result: node.type,
    };
    if (!isBatchParallel(node.op, facts)) return undefined;
    const pushed = pushPick(node.op, { inputs: types, result: node.type, at: axis });
    if (pushed === null) return undefined;
    let bounds = CLEAN;
    let square = false;
    for (const [i, input] of node.inputs.entries()) {
      if (!isRows(axesOf(graph, input), rows)) continue;
      const known = found[input];
      if (known === undefined) {
        if (hasPositions(axesOf(graph, input), rows.positions) || !rules.isClean(input)) return undefined;
        continue;
      }
      if (known.bounds.size > 0) {
        const place = pushed[i];
        if (place === known.axis) {
          square ||= known.square;
        } else if (place === 'same' && !known.square && meetsKeys(node, i, axis)) {
          square = true;
        } else if (!(place === 'same' && !known.square && sumsOverPast(node, i))) return undefined;
      }
      bounds = joined(bounds, known.bounds);
    }
    if (square && masked[id] === 'masked') square = false; // what lies above the diagonal is a constant now
    return { axis, bounds, square, from: 'operator' };
  }

  /** Scores: the input is consumed along the result's other axis of positions. */
  function meetsKeys({ op, inputs, type }: Node, i: number, axis: number): boolean {
    const others = type.axes.flatMap((one, at) => (at > axis && one.size === rows.positions ? [at] : []));
    const [keys] = others;
    if (keys === undefined || others.length > 1) return false;
    const types = inputs.map((input) => graph.nodes[input]?.type ?? bug(`no value %${input}`));
    const place = pushPick(op, { inputs: types, result: type, at: keys })?.[i];
    const input = inputs[i];
    return input !== undefined && place === found[input]?.axis;
  }

  /** z: the right side of a product whose left side is zero above the diagonal. */
  function sumsOverPast({ op, inputs }: Node, i: number): boolean {
    const [left] = inputs;
    if (op.name !== 'MatMul' || i !== 1 || left === undefined || !isTriangular(masked[left])) return false;
    const right = inputs[1];
    const known = right === undefined ? undefined : found[right];
    const rank = right === undefined ? 0 : axesOf(graph, right).length;
    return known?.axis === rank - 2;
  }
}

function joined(a: ReadonlyMap<string, Bound>, b: ReadonlyMap<string, Bound>): ReadonlyMap<string, Bound> {
  if (a.size === 0) return b;
  return b.size === 0 ? a : new Map([...a, ...b]);
}

export function axesOf(graph: Graph, id: ValueId): readonly Axis[] {
  return graph.nodes[id]?.type.axes ?? bug(`no value %${id}`);
}

export function isRows(axes: readonly Axis[], rows: Rows): boolean {
  return axes[0]?.size === rows.symbol;
}

/** The first axis of positions after axis 0; -1 where there is none. */
export function ownPositions(axes: readonly Axis[], positions: Dim): number {
  return axes.findIndex((axis, i) => i > 0 && axis.size === positions);
}

function hasPositions(axes: readonly Axis[], positions: Dim): boolean {
  return ownPositions(axes, positions) >= 0;
}

/** The position at which a mask is true, where it is true at one only. */
function positionOf(graph: Graph, id: ValueId, positions: Axis): WrittenAt {
  const node = graph.nodes[id] ?? bug(`no value %${id}`);
  const [first, second] = node.inputs;
  switch (node.op.name) {
    case 'Unsqueeze':
    case 'Rename':
    case 'Expand':
    case 'Transpose':
    case 'Identity':
      return first === undefined ? ANYWHERE : positionOf(graph, first, positions);
    case 'Gather':
      return isLift(graph, node) && first !== undefined ? positionOf(graph, first, positions) : ANYWHERE;
    case 'And': {
      const left = first === undefined ? ANYWHERE : positionOf(graph, first, positions);
      return left.kind !== 'anywhere' || second === undefined ? left : positionOf(graph, second, positions);
    }
    case 'Equal':
      if (first === undefined || second === undefined) return ANYWHERE;
      if (isIota(graph, first, positions)) return indexOf(graph, second, positions);
      return isIota(graph, second, positions) ? indexOf(graph, first, positions) : ANYWHERE;
    default:
      return ANYWHERE;
  }
}

const ANYWHERE: WrittenAt = { kind: 'anywhere' };

function isIota(graph: Graph, id: ValueId, { name, size }: Axis): boolean {
  const { op } = rootOf(graph, id);
  return op.name === 'Iota' && op.attrs.axis.size === size && op.attrs.axis.name === name;
}

/** Which position along the axis an index means. */
export function indexOf(graph: Graph, id: ValueId, positions: Axis): WrittenAt {
  const { op, inputs } = rootOf(graph, id);
  if (op.name === 'Input') return { kind: 'input', name: op.attrs.name };
  if (op.name === 'Constant') {
    const [index, ...others] = numbersOf(op.attrs.data);
    return index === undefined || others.length > 0 ? ANYWHERE : { kind: 'fixed', index };
  }
  // max(0, 1, …) + constant: counted from the last position.
  const [last, shift] = inputs;
  if (op.name === 'ReduceMax' && last !== undefined)
    return isIota(graph, last, positions) ? { kind: 'end', back: 0 } : ANYWHERE;
  if (op.name !== 'Add' || last === undefined || shift === undefined) return ANYWHERE;
  const end = indexOf(graph, last, positions);
  const by = rootOf(graph, shift).op;
  if (end.kind !== 'end' || by.name !== 'Constant') return ANYWHERE;
  const [index, ...others] = numbersOf(by.attrs.data);
  return index === undefined || others.length > 0 || index > 0 ? ANYWHERE : { kind: 'end', back: -index };
}
