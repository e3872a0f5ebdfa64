// If, Loop and Scan: kept whole and run by the backend, with no surgery inside. The types of their results come from reading the
// graphs they hold; an If whose condition is known while reading is replaced by the branch that is taken.

import { sameDim } from '../ir/dim.js';
import type { ValueId } from '../ir/graph.js';
import type { Axis, Dim, TensorType } from '../ir/tensor-type.js';
import { typeText } from '../ir/tensor-type.js';
import { type Importer, type Known, namelessAxes } from './importer.js';
import type { NodeReader, NodeRule } from './node-reader.js';
import { readOpaque } from './read-opaque.js';
import type { WireGraph } from './wire.js';

export const controlRules: Readonly<Record<string, NodeRule>> = {
  If: (node) => {
    const chosen = node.content(0)?.items[0];
    const branches = ['then_branch', 'else_branch'] as const;
    if (typeof chosen === 'number') return taken(node, node.graph(branches[chosen === 0 ? 1 : 0]));
    const [then = [], otherwise = []] = branches.map((name) => outputTypes(node, node.graph(name), []));
    for (const [i, type] of then.entries()) {
      const other = otherwise[i];
      if (other === undefined || !sameType(type, other))
        return node.fail(
          'operator',
          `gives ${typeText(type)} or ${other === undefined ? 'nothing' : typeText(other)}`,
        );
    }
    return readOpaque(node, then);
  },
  Loop: (node) => {
    const body = node.graph('body');
    const states = node.wire.inputs.slice(2).map((_, i) => node.type(i + 2));
    const count: TensorType = { dtype: 'i64', axes: [] };
    const goesOn: TensorType = { dtype: 'bool', axes: [] };
    const [condition, ...types] = outputTypes(node, body, [count, goesOn, ...states]);
    if (condition === undefined) return node.fail('malformed', 'has a body without a condition');
    const collected = types.slice(states.length);
    refuseGrowth(node, states, types);
    if (collected.length === 0) return readOpaque(node, states);
    const turns = node.content(0)?.items[0];
    if (turns === undefined || !runsToTheEnd(node, body))
      return node.fail('operator', 'collects results over a number of turns that only running it gives');
    return readOpaque(node, [...states, ...collected.map((type) => stacked(type, turns))]);
  },
  Scan: (node) => {
    const body = node.graph('body');
    const count = node.int('num_scan_inputs', 0);
    const given = node.wire.inputs.map((_, i) => node.type(i));
    const states = given.slice(0, given.length - count);
    const axes = node.hasAttribute('scan_input_axes') ? node.ints('scan_input_axes') : [];
    const lists = given.slice(states.length);
    if (lists.length === 0) return node.fail('malformed', 'scans nothing');
    const at = lists.map((list, i) => node.axis(axes[i] ?? 0, list.axes.length));
    const items = lists.map((list, i): TensorType => {
      const rest = list.axes.filter((_, axis) => axis !== at[i]);
      return { dtype: list.dtype, axes: namelessAxes(rest.map((axis) => axis.size)) };
    });
    const types = outputTypes(node, body, [...states, ...items]);
    refuseGrowth(node, states, types);
    if (node.hasAttribute('scan_output_axes') && node.ints('scan_output_axes').some((axis) => axis !== 0))
      return node.fail('operator', 'stacks its results along another axis than the first');
    const turns = lists[0]?.axes[at[0] ?? 0]?.size ?? 0;
    return readOpaque(node, [...states, ...types.slice(states.length).map((type) => stacked(type, turns))]);
  },
};

/** The branch in the place of the node. */
function taken(node: NodeReader, branch: WireGraph): readonly (ValueId | Known)[] {
  const inner = node.importer.inner();
  node.readInner(branch, inner);
  return branch.outputs.map((name) => inner.known(name));
}

/** The types of the outputs of a graph whose inputs have the given types. What it would compute is dropped. */
function outputTypes(
  node: NodeReader,
  graph: WireGraph,
  inputs: readonly TensorType[],
): readonly TensorType[] {
  if (graph.inputs.length !== inputs.length)
    return node.fail(
      'malformed',
      `passes ${inputs.length} values to a graph with ${graph.inputs.length} inputs`,
    );
  const inner: Importer = node.importer.inner();
  for (const [i, { name }] of graph.inputs.entries()) {
    const type = inputs[i] ?? node.fail('malformed', 'passes too few values to its graph');
    inner.define(name, { value: inner.builder.input(`${node.where}/${name}`, type) });
  }
  node.readInner(graph, inner);
  return graph.outputs.map((name) => node.typeOf(inner.value(name)));
}

/** What a loop carries has one type all along. */
function refuseGrowth(node: NodeReader, states: readonly TensorType[], after: readonly TensorType[]): void {
  const results = node.opType === 'Loop' ? after : after.slice(0, states.length);
  for (const [i, state] of states.entries()) {
    const result = results[i];
    if (result === undefined || !sameType(state, result))
      node.fail('operator', 'carries a value whose shape changes from turn to turn');
  }
}

/** Nothing ends the loop before its count: its condition is a constant. */
function runsToTheEnd(node: NodeReader, body: WireGraph): boolean {
  const isTrue = (known: Known | undefined): boolean => known?.content?.items[0] === 1;
  if (node.has(1) && !isTrue(node.importer.known(node.nameOf(1)))) return false;
  let [name] = body.outputs;
  for (let steps = 0; steps < body.nodes.length && name !== undefined; steps++) {
    if (name === body.inputs[1]?.name) return true;
    const wanted = name;
    const from = body.nodes.find((one) => one.outputs.includes(wanted));
    if (from === undefined) return node.importer.isDefined(wanted) && isTrue(node.importer.known(wanted));
    if (from.opType !== 'Identity') return false;
    [name] = from.inputs;
  }
  return false;
}

function stacked({ dtype, axes }: TensorType, turns: Dim): TensorType {
  return { dtype, axes: namelessAxes([turns, ...axes.map((axis) => axis.size)]) };
}

function sameType(a: TensorType, b: TensorType): boolean {
  const isSame = (axis: Axis, i: number): boolean => sameDim(axis.size, b.axes[i]?.size ?? -1);
  return a.dtype === b.dtype && a.axes.length === b.axes.length && a.axes.every(isSame);
}
