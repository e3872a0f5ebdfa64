// How far a whole selection gets through one operator: picks that pass become selections of the inputs, the others stay behind.
import { bug } from '../base/bug.js';
import { sameDim } from '../ir/dim.js';
import type { Graph, Node } from '../ir/graph.js';
import type { Op } from '../ir/op.js';
import type { Dim, TensorType } from '../ir/tensor-type.js';
import { type PushFacts, pushPick } from './push-pick.js';
import { type Pick, type Selection, unliftedPick } from './selection.js';

export type InputDemand = {
  readonly selection: Map<number, Pick>;
  /** The input has no row axis: it is widened to the result's rank before a pick per row. Its picks are then not pushed further. */
  readonly spread: boolean;
};
export type PushedSelection = {
  /** The part that passes, and what it asks of each input. */
  readonly passed: Selection;
  readonly inputs: readonly InputDemand[];
  readonly left: Selection;
};

export function pushSelection(graph: Graph, node: Node, selection: Selection): PushedSelection {
  const inputTypes = node.inputs.map((i) => graph.nodes[i]?.type ?? bug(`no value %${i}`));
  const types = { inputs: inputTypes, result: node.type };
  const isLift = node.op.name === 'Gather' && node.op.attrs.axis === 0 && inputTypes[1]?.axes.length === 1;
  const passed = new Map<number, Pick>();
  const left = new Map<number, Pick>();
  let inputs: readonly InputDemand[] = inputTypes.map(() => ({ selection: new Map(), spread: false }));
  for (const [at, pick] of selection) {
    const next = isLift
      ? pushThroughLift(at, unliftedPick(graph, pick, node), inputs)
      : pushOne(node.op, { ...types, at }, pick, inputs);
    if (next === null) {
      left.set(at, pick);
    } else {
      passed.set(at, pick);
      inputs = next;
    }
  }
  return { passed, inputs, left };
}

function pushThroughLift(
  at: number,
  pick: Pick | null,
  before: readonly InputDemand[],
): readonly InputDemand[] | null {
  if (pick === null) return null;
  return before.map((d, i) => (i === 0 ? { ...d, selection: new Map(d.selection).set(at, pick) } : d));
}

/** The demands with one more pick, or null if it does not pass. */
function pushOne(
  op: Op,
  facts: PushFacts,
  pick: Pick,
  before: readonly InputDemand[],
): readonly InputDemand[] | null {
  const positions = pushPick(op, facts);
  if (positions === null) return null;
  const after: InputDemand[] = [];
  for (const [i, position] of positions.entries()) {
    const type = facts.inputs[i];
    const demand = before[i];
    if (type === undefined || demand === undefined) return null;
    if (position === 'same') {
      after.push(demand);
      continue;
    }
    const shift = facts.result.axes.length - type.axes.length;
    if (pick.kind !== 'rows' || hasRows(type, facts.result, pick.rows)) {
      // Positions in a widened input count from its new rank.
      const selection = new Map(demand.selection).set(demand.spread ? position + shift : position, pick);
      after.push({ selection, spread: demand.spread });
      continue;
    }
    if (!canSpread(op, type, facts.result, pick.rows)) return null;
    const moved = demand.spread
      ? demand.selection
      : new Map([...demand.selection].map(([a, p]) => [a + shift, p]));
    after.push({ selection: new Map(moved).set(position + shift, pick), spread: true });
  }
  return after;
}

function hasRows(input: TensorType, result: TensorType, rows: Dim): boolean {
  return sameDim(input.axes[0]?.size ?? 0, rows) && sameDim(result.axes[0]?.size ?? 0, rows);
}

/** Only where broadcasting pairs axis 0 of all inputs, and the input has nothing there. */
function canSpread(op: Op, input: TensorType, result: TensorType, rows: Dim): boolean {
  const broadcasts = op.name === 'MatMul' ? result.axes.length >= 3 : BROADCASTING.has(op.name);
  const free = input.axes.length < result.axes.length || input.axes[0]?.size === 1;
  return broadcasts && free && sameDim(result.axes[0]?.size ?? 0, rows);
}

const BROADCASTING: ReadonlySet<Op['name']> = new Set([
  'Add',
  'Sub',
  'Mul',
  'Div',
  'Pow',
  'Mod',
  'Min',
  'Max',
  'Equal',
  'Less',
  'LessOrEqual',
  'Greater',
  'GreaterOrEqual',
  'And',
  'Or',
  'Xor',
  'Where',
]);
