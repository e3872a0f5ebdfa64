// The clean run's keys and values, which all members of a row read, stay where they are: a product with them repeats along the
// members instead of copying them to each. What a member changed itself makes a product of its own, beside the clean one.
import { bug } from '../base/bug.js';
import { addDims, sameDim } from '../ir/dim.js';
import type { Graph, GraphBuilder, Node, ValueId } from '../ir/graph.js';
import type { Axis, Dim } from '../ir/tensor-type.js';
import { rewriteGraph } from './rewrite.js';

/** The same outputs; sums over keys are made in two parts, so that they round differently. */
export function attendInPlace(graph: Graph): Graph {
  const indices = dirtyIndices(graph);
  return rewriteGraph(graph, (builder, node, inputs) => {
    const [left, right] = inputs;
    if (node.op.name !== 'MatMul' || left === undefined || right === undefined)
      return builder.add(node.op, ...inputs);
    const parts = cleanAndOwn(builder, right);
    return (
      (parts === null ? null : new Product(builder, node, left, parts, indices).build()) ??
      builder.add(node.op, ...inputs)
    );
  });
}

/** Inputs that list the dirty positions, by the size of that list. */
function dirtyIndices(graph: Graph): ReadonlyMap<Dim, Node> {
  const found = new Map<Dim, Node>();
  for (const node of graph.nodes) {
    const size = node.type.axes[0]?.size;
    if (node.op.name === 'Input' && node.op.attrs.name.startsWith('positions:dirty:') && size !== undefined)
      found.set(size, node);
  }
  return found;
}

type Parts = {
  /** Along which axis the two stand one after the other. */
  readonly axis: number;
  /** Of the clean run: [example, …]. */
  readonly clean: ValueId;
  /** Lists the clean positions. */
  readonly positions: ValueId;
  /** Of rows. */
  readonly own: ValueId;
};

/** Concat(Gather(clean, example of row), own): null for anything else. */
function cleanAndOwn(builder: GraphBuilder, id: ValueId): Parts | null {
  const { op, inputs } = builder.nodeOf(id);
  const [before, own] = inputs;
  if (op.name !== 'Concat' || inputs.length !== 2 || before === undefined || own === undefined) return null;
  const lift = builder.nodeOf(before);
  const [clean, rows] = lift.inputs;
  if (lift.op.name !== 'Gather' || lift.op.attrs.axis !== 0 || clean === undefined || rows === undefined)
    return null;
  const size = builder.axesOf(own)[0]?.size;
  if (size === undefined || !sameDim(rowsListed(builder, rows) ?? 0, size)) return null;
  const picked = builder.nodeOf(clean);
  const positions = picked.inputs[1];
  if (picked.op.name !== 'Gather' || picked.op.attrs.axis !== op.attrs.axis || positions === undefined)
    return null;
  return builder.axesOf(clean)[0]?.size === 'example' ? { axis: op.attrs.axis, clean, positions, own } : null;
}

/** For the examples of the rows of some families, member by member: how many rows there are. */
function rowsListed(builder: GraphBuilder, id: ValueId): Dim | null {
  const { op, inputs, type } = builder.nodeOf(id);
  if (op.name === 'Input')
    return /^example_of_row:\d+$/.test(op.attrs.name) ? (type.axes[0]?.size ?? null) : null;
  if (op.name !== 'Concat' || op.attrs.axis !== 0) return null;
  let sum: Dim = 0;
  for (const input of inputs) {
    const one = rowsListed(builder, input);
    if (one === null) return null;
    sum = addDims(sum, one);
  }
  return sum;
}

class Product {
  readonly #builder: GraphBuilder;
  readonly #node: Node;
  readonly #left: ValueId;
  readonly #parts: Parts;
  readonly #dirty: ReadonlyMap<Dim, Node>;

  constructor(builder: GraphBuilder, node: Node, left: ValueId, parts: Parts, dirty: ReadonlyMap<Dim, Node>) {
    this.#builder = builder;
    this.#node = node;
    this.#left = left;
    this.#parts = parts;
    this.#dirty = dirty;
  }

  build(): ValueId | null {
    const { axis, clean, own } = this.#parts;
    const rank = this.#node.type.axes.length;
    const members = membersOf(this.#builder.axesOf(this.#left)[0]?.size ?? 0);
    const sameRank = [this.#left, clean, own].every((one) => this.#builder.axesOf(one).length === rank);
    if (members === null || !sameRank || rank < 3) return null;
    if (axis === rank - 1) return this.#scores();
    return axis === rank - 2 ? this.#values() : null;
  }

  /** Queries with clean keys, then with own keys: [row, …, query, key]. */
  #scores(): ValueId {
    const { axis, clean, own } = this.#parts;
    const { name, size } = this.#node.type.axes[axis] ?? bug(`no axis ${axis}`);
    const before = this.#withClean(this.#left, clean);
    const after = this.#builder.add({ name: 'MatMul', attrs: {} }, this.#left, own);
    return this.#builder.add({ name: 'Concat', attrs: { axis, name, size } }, before, after);
  }

  /** The pattern on clean keys times their values, and on own keys: [row, …, query, d_head]. */
  #values(): ValueId | null {
    const { axis, clean, positions, own } = this.#parts;
    const size = this.#builder.axesOf(own)[axis]?.size ?? bug(`no axis ${axis}`);
    const dirty = this.#dirty.get(size);
    if (dirty === undefined) return null; // nothing lists the own positions
    const last = this.#node.type.axes.length - 1;
    const key = this.#builder.axesOf(this.#left)[last] ?? bug('a product without a sum');
    const before = this.#withClean(this.#picked(key, positions), clean);
    const listed = this.#builder.add(dirty.op);
    const after = this.#builder.add({ name: 'MatMul', attrs: {} }, this.#picked(key, listed), own);
    return this.#builder.add({ name: 'Add', attrs: {} }, before, after);
  }

  #picked({ name }: Axis, positions: ValueId): ValueId {
    const axis = this.#node.type.axes.length - 1;
    const index = this.#builder.add({ name: 'Rename', attrs: { names: [name] } }, positions);
    return this.#builder.add({ name: 'Gather', attrs: { axis } }, this.#left, index);
  }

  /** Rows times what the examples have: [row, …] as [member, example, …], and back. */
  #withClean(rows: ValueId, clean: ValueId): ValueId {
    const builder = this.#builder;
    const [row, ...rest] = builder.axesOf(rows);
    if (row === undefined) return bug('rows without an axis');
    const members: Axis = { name: 'member', size: membersOf(row.size) ?? bug('rows of no family') };
    const example: Axis = { name: row.name, size: 'example' };
    const apart = builder.add({ name: 'Reshape', attrs: { axes: [members, example, ...rest] } }, rows);
    const product = builder.add({ name: 'MatMul', attrs: {} }, apart, clean);
    const axes = builder.axesOf(product).slice(2);
    return builder.add({ name: 'Reshape', attrs: { axes: [row, ...axes] } }, product);
  }
}

/** How many members rows belong to: null where they are not whole families times the examples. */
function membersOf(rows: Dim): Dim | null {
  if (typeof rows === 'number') return null;
  const families = rows.split('+');
  return families.every((one) => /^row:\d+$/.test(one))
    ? families.map((one) => one.replace('row:', 'member:')).reduce<Dim>(addDims, 0)
    : null;
}
