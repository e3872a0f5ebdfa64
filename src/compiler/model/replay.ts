// Replays a model's graph into another builder, with some of its values substituted: graph surgery. Only what is asked for
// is replayed, each node once; equal nodes of equal inputs meet by content in the builder, so worlds share what they can.
import { bug } from '../base/bug.js';
import type { GraphBuilder, Node, ValueId } from '../ir/graph.js';
import type { Op } from '../ir/op.js';
import type { Axis, Dim } from '../ir/tensor-type.js';
import type { ModelGraph } from './model-graph.js';

export type ReplayRequest = {
  /** What the model's inputs are here, by name. */
  readonly inputs: ReadonlyMap<string, ValueId>;
  /** What the symbols of the model's graph (`example`, `pos`) are called here. */
  readonly symbols: ReadonlyMap<string, string>;
  /** Operators under these symbols, for replays that share them: their attributes are then the same objects. */
  readonly renames?: Map<Op, Op>;
  /** The value that takes the place of a site: the value in flight itself where nothing is written. */
  readonly substitute: (paths: readonly string[], inflight: ValueId) => ValueId;
  /** What weights are called here, where models of one graph have weights of the same name. */
  readonly weightName?: (name: string) => string;
  /** Sites that `substitute` may change; the others are not offered. */
  readonly written: ReadonlySet<string>;
};
export type Replay = {
  /** The value of a site or weight, with every write before and at it in place. */
  valueOf(path: string): ValueId;
};

/**
 * A model on given inputs. Where a site is written, `substitute` gets the value in flight (earlier writes included) and every
 * later consumer reads what it returns. Substituted values must have the axes of the site.
 */
export function instantiate(builder: GraphBuilder, model: ModelGraph, request: ReplayRequest): Replay {
  const { nodes } = model.graph;
  const built: (ValueId | undefined)[] = new Array(nodes.length);
  const pathsAt = new Map<number, string[]>();
  for (const list of [model.sites, model.weights]) {
    for (const { path, value } of request.written.size === 0 ? [] : list) {
      if (!request.written.has(path)) continue;
      const paths = pathsAt.get(value) ?? [];
      paths.push(path);
      pathsAt.set(value, paths);
    }
  }
  // Looked up, not tabled: of hundreds of sites a world asks for a few.
  const placeOf = (path: string): ValueId => {
    const site =
      model.sites.find((one) => one.path === path) ?? model.weights.find((one) => one.path === path);
    return site?.value ?? bug(`no site ${path}`);
  };
  const summandAt = new Map(
    model.summands.filter((one) => request.written.has(one.path)).map((one) => [one.sum, one] as const),
  );

  const replayNode = (index: number): ValueId => {
    const node = nodes[index] ?? bug(`no node ${index}`);
    const summand = summandAt.get(index as ValueId); // an index of the model's graph
    let value = summand === undefined ? plain(node) : bySummand(summand.path, summand.axis);
    const paths = pathsAt.get(index);
    if (paths !== undefined) value = request.substitute(paths, value);
    return value;
  };

  const { renames } = request;
  const renamed = (op: Op): Op => {
    const known = renames?.get(op);
    if (known !== undefined) return known;
    const made = renameSymbols(op, request.symbols);
    renames?.set(op, made);
    return made;
  };

  const plain = (node: Node): ValueId => {
    if (node.op.name === 'Input') {
      return request.inputs.get(node.op.attrs.name) ?? bug(`no value for the input ${node.op.attrs.name}`);
    }
    if (node.op.name === 'Weight' && request.weightName !== undefined) {
      return builder.weight({ ...node.op.attrs, name: request.weightName(node.op.attrs.name) });
    }
    const inputs = node.inputs.map((input) => built[input] ?? bug('an input that was not replayed'));
    return builder.add(renamed(node.op), ...inputs);
  };

  /** A written summand: its sum is taken anew from what was written. */
  const bySummand = (path: string, axis: number): ValueId => {
    const parts = ensure(placeOf(path));
    return builder.add({ name: 'ReduceSum', attrs: { axes: [axis], keepdims: false } }, parts);
  };

  const dependencies = (index: number): readonly number[] => {
    const summand = summandAt.get(index as ValueId); // as above
    if (summand !== undefined) return [placeOf(summand.path)];
    return nodes[index]?.inputs ?? [];
  };

  const ensure = (target: number): ValueId => {
    const known = built[target];
    if (known !== undefined) return known;
    const stack = [target];
    while (stack.length > 0) {
      const top = stack[stack.length - 1] ?? bug('an empty stack');
      if (built[top] !== undefined) {
        stack.pop();
        continue;
      }
      const before = stack.length;
      for (const one of dependencies(top)) if (built[one] === undefined) stack.push(one);
      if (stack.length > before) continue;
      built[top] = replayNode(top);
      stack.pop();
    }
    return built[target] ?? bug('a value that was not replayed');
  };

  return { valueOf: (path) => ensure(placeOf(path)) };
}

/** A size with its symbols called otherwise. */
export function renamedSize(size: Dim, symbols: ReadonlyMap<string, string>): Dim {
  return typeof size === 'number'
    ? size
    : size.replace(/[A-Za-z_][\w:]*/g, (word) => symbols.get(word) ?? word);
}

/** An operator with the symbols in its attributes called otherwise. */
export function renameSymbols(op: Op, symbols: ReadonlyMap<string, string>): Op {
  const dim = (size: Dim): Dim => renamedSize(size, symbols);
  const axes = (list: readonly Axis[]): readonly Axis[] =>
    list.map((one) => ({ name: one.name, size: dim(one.size) }));
  switch (op.name) {
    case 'Iota':
      return { name: 'Iota', attrs: { axis: { ...op.attrs.axis, size: dim(op.attrs.axis.size) } } };
    case 'Reshape':
      return { name: 'Reshape', attrs: { axes: axes(op.attrs.axes) } };
    case 'Expand':
      return { name: 'Expand', attrs: { axes: axes(op.attrs.axes) } };
    case 'Concat':
      return { name: 'Concat', attrs: { ...op.attrs, size: dim(op.attrs.size) } };
    case 'Opaque':
      return {
        name: 'Opaque',
        attrs: { ...op.attrs, type: { ...op.attrs.type, axes: axes(op.attrs.type.axes) } },
      };
    default:
      return op;
  }
}
