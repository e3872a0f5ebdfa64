// Questions that every recogniser asks of an imported graph: who reads a value, what a scalar is, where a weight comes in.
import { bug } from '../../base/bug.js';
import type { Graph, Node, ValueId } from '../../ir/graph.js';
import type { OpName, OpOf } from '../../ir/op.js';
import type { Axis, Dim } from '../../ir/tensor-type.js';

/** A product of an activation with a stored matrix, whichever way the file writes it. */
export type Product = {
  readonly value: ValueId;
  readonly activation: ValueId;
  readonly weight: ValueId;
  /** Whether the matrix is stored as [in, out], as the product reads it. */
  readonly stored: 'in-out' | 'out-in';
  readonly bias: ValueId | null;
};

export class GraphFacts {
  readonly graph: Graph;
  readonly #users: readonly (readonly ValueId[])[];

  constructor(graph: Graph) {
    this.graph = graph;
    const users: ValueId[][] = graph.nodes.map(() => []);
    for (const [index, node] of graph.nodes.entries()) {
      // A position is the identity of a value.
      for (const input of new Set(node.inputs)) users[input]?.push(index as ValueId);
    }
    this.#users = users;
  }

  node(value: ValueId): Node {
    return this.graph.nodes[value] ?? bug(`no value %${value}`);
  }

  isOp(value: ValueId, name: OpName): boolean {
    return this.node(value).op.name === name;
  }

  op<N extends OpName>(value: ValueId, name: N): OpOf<N> | undefined {
    const { op } = this.node(value);
    return op.name === name ? (op as OpOf<N>) : undefined; // the name says which
  }

  axes(value: ValueId): readonly Axis[] {
    return this.node(value).type.axes;
  }

  sizes(value: ValueId): readonly Dim[] {
    return this.axes(value).map((axis) => axis.size);
  }

  inputs(value: ValueId): readonly ValueId[] {
    return this.node(value).inputs;
  }

  /** The first and second input; both the first where there is one. */
  pair(value: ValueId): readonly [ValueId, ValueId] {
    const [first, second = first] = this.inputs(value);
    return first === undefined || second === undefined ? bug(`%${value} has no inputs`) : [first, second];
  }

  users(value: ValueId): readonly ValueId[] {
    return this.#users[value] ?? [];
  }

  usersOf(value: ValueId, name: OpName): readonly ValueId[] {
    return this.users(value).filter((user) => this.isOp(user, name));
  }

  /** The input of an operator with one input. */
  before(value: ValueId, name: OpName): ValueId | undefined {
    return this.isOp(value, name) ? this.inputs(value)[0] : undefined;
  }

  /** The number in a constant of one element. */
  scalar(value: ValueId): number | undefined {
    const constant = this.op(value, 'Constant');
    if (constant === undefined || constant.attrs.data.length !== 1) return undefined;
    return Number(constant.attrs.data[0]);
  }

  /** The other input of a commutative operator when one is a scalar near `number`. */
  withScalar(value: ValueId, name: OpName, number: number): ValueId | undefined {
    if (!this.isOp(value, name)) return undefined;
    const [a, b] = this.pair(value);
    const isNear = (one: ValueId): boolean => {
      const found = this.scalar(one);
      return found !== undefined && Math.abs(found - number) <= 1e-4 * Math.abs(number);
    };
    return isNear(b) ? a : isNear(a) ? b : undefined;
  }

  /** Whether a value is stored: a weight, a constant, or either one only rearranged. */
  isStored(value: ValueId, depth = 6): boolean {
    const { op, inputs } = this.node(value);
    if (op.name === 'Weight' || op.name === 'Constant') return true;
    const isMoved =
      op.name === 'Transpose' || op.name === 'Identity' || op.name === 'Unsqueeze' || op.name === 'Cast';
    return isMoved && depth > 0 && inputs[0] !== undefined && this.isStored(inputs[0], depth - 1);
  }

  /** Whether `value` is computed from `source`; it is when both are one. */
  dependsOn(value: ValueId, source: ValueId): boolean {
    if (value === source) return true;
    const seen = new Set<ValueId>([value]);
    const stack = [value];
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      for (const input of this.inputs(top)) {
        if (input === source) return true;
        if (input > source && !seen.has(input)) {
          seen.add(input);
          stack.push(input);
        }
      }
    }
    return false;
  }

  /** Past reshapes that only flatten or restore batch and positions: the last axis stays. */
  unflattened(value: ValueId): ValueId {
    let at = value;
    for (;;) {
      const inner = this.before(at, 'Reshape') ?? this.before(at, 'Identity');
      if (inner === undefined || this.sizes(inner).at(-1) !== this.sizes(at).at(-1)) return at;
      at = inner;
    }
  }

  /** After the same: the value that the rest of the model reads. */
  restored(value: ValueId): ValueId {
    let at = value;
    for (;;) {
      const users = this.users(at);
      const [only] = users;
      if (only === undefined || users.length > 1) return at;
      const isSame = this.isOp(only, 'Reshape') || this.isOp(only, 'Identity');
      if (!isSame || this.sizes(only).at(-1) !== this.sizes(at).at(-1)) return at;
      at = only;
    }
  }

  /** The product behind a value, with the bias that is added to it. */
  product(value: ValueId): Product | undefined {
    const at = this.unflattened(value);
    const plain = this.#bareProduct(at);
    if (plain !== undefined) return { ...plain, value };
    if (!this.isOp(at, 'Add')) return undefined;
    const [a, b] = this.pair(at);
    const [inner, bias] = this.isVector(b) ? [a, b] : this.isVector(a) ? [b, a] : [null, null];
    if (inner === null) return undefined;
    const found = this.#bareProduct(this.unflattened(inner));
    return found === undefined || found.bias !== null ? undefined : { ...found, value, bias };
  }

  isVector(value: ValueId): boolean {
    return this.isOp(value, 'Weight') && this.axes(value).length === 1;
  }

  #bareProduct(value: ValueId): Omit<Product, 'value'> | undefined {
    const [activation, matrix, bias = null] = this.inputs(value);
    if (activation === undefined || matrix === undefined) return undefined;
    const gemm = this.op(value, 'Gemm');
    if (gemm !== undefined) {
      const { alpha, beta, transA, transB } = gemm.attrs;
      if (alpha !== 1 || beta !== 1 || transA) return undefined;
      return this.#oriented(activation, matrix, transB, bias);
    }
    return this.isOp(value, 'MatMul') ? this.#oriented(activation, matrix, false, null) : undefined;
  }

  #oriented(
    activation: ValueId,
    matrix: ValueId,
    isTurned: boolean,
    bias: ValueId | null,
  ): Omit<Product, 'value'> | undefined {
    const inner = this.before(matrix, 'Transpose');
    const weight = inner ?? matrix;
    if (!this.isOp(weight, 'Weight') || this.axes(weight).length !== 2) return undefined;
    const stored = isTurned === (inner === undefined) ? 'out-in' : 'in-out';
    return { activation: this.unflattened(activation), weight, stored, bias };
  }
}
