// Computes only what is read: if every reader of a value picks along some axis (a position, two logits, the last token), the picks move
// above the operator that made it, as far as they pass. A value with a reader of all of it stays whole, and nothing is computed twice
// unless that costs less. Shrinks FLOPs plus elements, at representative sizes.
import { bug } from '../base/bug.js';
import { flopsOfOp } from '../ir/flops.js';
import { type Graph, GraphBuilder, type Node, type ValueId } from '../ir/graph.js';
import { dimsOf, type SymbolSizes } from '../ir/symbols.js';
import { sizeOf } from '../ir/tensor.js';
import type { TensorType } from '../ir/tensor-type.js';
import type { Pass } from './pass.js';
import { withResultAxes } from './push-pick.js';
import { type PushedSelection, pushSelection } from './push-selection.js';
import {
  ALL,
  applyPick,
  type Pick,
  pickedAxes,
  type Reading,
  readingOf,
  type Selection,
  selectionKey,
} from './selection.js';

export const slicePositions: Pass = {
  name: 'slice-positions',
  about: 'computes only the positions and logits that are read',
  run: (graph, { sizes }) => emit(graph, decide(graph, sizes)),
};

/** How each value is built. `whole`: all of it, readers pick afterwards. `read`: passes its readers' selections to its data.
 * `pushed`: once per distinct selection that passes, which `by` finds under the key of a reader's selection. */
type Decision =
  | { readonly kind: 'whole' }
  | { readonly kind: 'read'; readonly reading: Reading }
  | { readonly kind: 'pushed'; readonly by: ReadonlyMap<string, PushedSelection> };
const WHOLE: Decision = { kind: 'whole' };
type Plan = {
  readonly decisions: readonly Decision[];
  /** For each value the selections that are asked of it, by key. */
  readonly asked: readonly ReadonlyMap<string, Selection>[];
};

/** From the outputs to the inputs: what is asked of each value decides how it is built, and that is what it asks of its inputs. */
function decide(graph: Graph, sizes: SymbolSizes): Plan {
  const asked = graph.nodes.map(() => new Map<string, Selection>());
  const ask = (value: ValueId, selection: Selection) =>
    (asked[value] ?? bug(`no value %${value}`)).set(selectionKey(selection), selection);
  for (const { value } of graph.outputs) ask(value, ALL);
  const decisions: Decision[] = graph.nodes.map(() => WHOLE);
  for (let id = graph.nodes.length - 1; id >= 0; id--) {
    const node = graph.nodes[id] ?? bug(`no value %${id}`);
    const selections = [...(asked[id]?.values() ?? [])];
    if (selections.length === 0) continue;
    const reading = readingOf(graph, node);
    const [data] = node.inputs;
    if (reading !== undefined && data !== undefined) {
      for (const s of selections) ask(data, join(reading, s) ?? new Map([[reading.axis, reading.pick]]));
      for (const index of [...node.inputs.slice(1), ...indexOf(reading.pick)]) ask(index, ALL);
      decisions[id] = { kind: 'read', reading };
      continue;
    }
    const by = selections.some((s) => s.size === 0) ? null : cheapest(graph, node, selections, sizes);
    if (by === null) {
      for (const input of node.inputs) ask(input, ALL);
      continue;
    }
    decisions[id] = { kind: 'pushed', by };
    for (const { inputs } of by.values()) {
      for (const [i, demand] of inputs.entries()) {
        const input = node.inputs[i] ?? bug('an input is missing');
        ask(input, demand.spread ? ALL : demand.selection);
      }
    }
  }
  return { decisions, asked };
}

function indexOf(pick: Pick): readonly ValueId[] {
  return pick.kind === 'slice' ? [] : [pick.index];
}

/** A reader's selection of a read value as a selection of its data; null if both pick along one axis. */
function join(reading: Reading, selection: Selection): Selection | null {
  const joined = new Map([[reading.axis, reading.pick]]);
  for (const [at, pick] of selection) {
    const position = reading.dropped && at >= reading.axis ? at + 1 : at;
    if (joined.has(position)) return null;
    joined.set(position, pick);
  }
  return joined;
}

/** The cheaper of pushing each selection by itself and pushing what they have in common; null if the whole value costs no more. */
function cheapest(
  graph: Graph,
  node: Node,
  selections: readonly Selection[],
  sizes: SymbolSizes,
): ReadonlyMap<string, PushedSelection> | null {
  const inputs = node.inputs.map((i) => graph.nodes[i]?.type ?? bug(`no value %${i}`));
  const push = (s: Selection) => pushSelection(graph, node, s);
  const common = commonPart(selections);
  const options = [
    new Map(selections.map((s) => [selectionKey(s), push(s)])),
    new Map(selections.map((s) => [selectionKey(s), keepBack(push(common), s)])),
  ];
  let best: ReadonlyMap<string, PushedSelection> | null = null;
  let bestCost = costOf(node, inputs, [], sizes);
  for (const option of options) {
    const distinct = new Map([...option.values()].map((p) => [selectionKey(p.passed), p]));
    if (distinct.has('')) continue;
    let cost = 0;
    for (const p of distinct.values()) cost += costOf(node, inputs, [p], sizes);
    if (cost < bestCost) {
      best = option;
      bestCost = cost;
    }
  }
  return best;
}

function keepBack(pushed: PushedSelection, whole: Selection): PushedSelection {
  return { ...pushed, left: new Map([...whole].filter(([at]) => !pushed.passed.has(at))) };
}

function commonPart(selections: readonly Selection[]): Selection {
  const [first = ALL, ...others] = selections;
  const one = (at: number, s: Selection) => selectionKey(new Map([...s].filter(([a]) => a === at)));
  return new Map([...first].filter(([at]) => others.every((o) => one(at, o) === one(at, first))));
}

function costOf(
  node: Node,
  inputs: readonly TensorType[],
  pushed: readonly PushedSelection[],
  sizes: SymbolSizes,
): number {
  const [only] = pushed;
  const dims = (type: TensorType, selection: Selection) =>
    dimsOf({ dtype: type.dtype, axes: pickedAxes(type.axes, selection) }, sizes);
  const result = dims(node.type, only?.passed ?? ALL);
  const operands = inputs.map((t, i) => {
    const demand = only?.inputs[i];
    return dims(t, demand === undefined || demand.spread ? ALL : demand.selection);
  });
  return flopsOfOp(node.op, result, operands) + sizeOf(result);
}

/** Builds every value in the form that was decided. */
function emit(graph: Graph, { decisions, asked }: Plan): Graph {
  const builder = new GraphBuilder();
  const built = new Map<string, ValueId>();
  const whole = (id: number) => build(id, ALL);
  const pickAll = (x: ValueId, selection: Selection) =>
    [...selection].reduce((value, [at, pick]) => applyPick(builder, value, at, pick, whole), x);

  function build(id: number, selection: Selection): ValueId {
    const key = `${id} ${selectionKey(selection)}`;
    const known = built.get(key);
    if (known !== undefined) return known;
    const value = make(id, selection);
    built.set(key, value);
    return value;
  }

  function make(id: number, selection: Selection): ValueId {
    const node = graph.nodes[id] ?? bug(`no value %${id}`);
    const decision = decisions[id] ?? WHOLE;
    if (decision.kind === 'pushed' && selection.size > 0) {
      const pushed =
        decision.by.get(selectionKey(selection)) ?? bug(`%${id} was not asked for this selection`);
      return pickAll(pushedValue(node, pushed), pushed.left);
    }
    if (decision.kind === 'read') {
      const data = node.inputs[0] ?? bug('a read has no data');
      const joined = join(decision.reading, selection);
      const unchanged = decisions[data]?.kind === 'whole' && selection.size === 0;
      if (joined !== null && !unchanged)
        return finishRead(node, decision.reading, build(data, joined), selection);
    }
    if (selection.size > 0) return pickAll(build(id, ALL), selection);
    return builder.add(node.op, ...node.inputs.map(whole));
  }

  function pushedValue({ op, inputs, type }: Node, pushed: PushedSelection): ValueId {
    const operands = inputs.map((input, i) => {
      const { selection, spread } = pushed.inputs[i] ?? bug('an input is missing');
      if (!spread) return build(input, selection);
      return pickAll(widened(whole(input), type.axes.length), selection);
    });
    return builder.add(withResultAxes(op, pickedAxes(type.axes, pushed.passed)), ...operands);
  }

  /** Unit axes in front, up to the given rank. */
  function widened(x: ValueId, rank: number): ValueId {
    const missing = rank - builder.axesOf(x).length;
    if (missing === 0) return x;
    const at = Array.from({ length: missing }, (_, i) => i);
    return builder.add({ name: 'Unsqueeze', attrs: { at, names: at.map(() => '_unit') } }, x);
  }

  /** The data with its pick taken, as the reader's own result: the unit axis goes, axes get the names they had. */
  function finishRead(node: Node, reading: Reading, data: ValueId, selection: Selection): ValueId {
    const value = reading.dropped
      ? builder.add({ name: 'Squeeze', attrs: { axes: [reading.axis] } }, data)
      : data;
    const names = pickedAxes(node.type.axes, selection).map((a) => a.name);
    if (builder.axesOf(value).every((a, i) => a.name === names[i])) return value;
    return builder.add({ name: 'Rename', attrs: { names } }, value);
  }

  // In order, so that the recursion only goes deep where an index is computed after what it picks from.
  for (const [id, selections] of asked.entries()) for (const s of selections.values()) build(id, s);
  return builder.build(graph.outputs.map((o) => ({ name: o.name, value: whole(o.value) })));
}
