// Collects the nodes, constants and names of one ONNX graph while `emit-table.ts` writes operators into it.
// Symbols have no value at emission: where an operator needs one as a number, it is read with Shape from a value that carries it.
import { bug } from '../base/bug.js';
import { type DimAtom, rowsOfMembers, termsOfDim } from '../ir/dim.js';
import type { Graph, Node, ValueId } from '../ir/graph.js';
import type { ConstantData } from '../ir/op.js';
import type { Axis, Dim, DType } from '../ir/tensor-type.js';
import { encodeElements } from './elements.js';
import type { WireAttribute, WireTensor, WriteNode } from './wire.js';

type Attributes = Readonly<Record<string, WireAttribute>>;
type Carrier = { readonly value: ValueId; readonly position: number };

/** A longer sequence is computed at run time, not stored. */
const LARGEST_LISTED = 4096;

export class OnnxEmitter {
  readonly nodes: WriteNode[] = [];
  readonly initializers: WireTensor[] = [];
  readonly #graph: Graph;
  readonly #names = new Map<ValueId, string>();
  readonly #taken = new Set<string>();
  readonly #shared = new Map<string, string>();
  #position = 0;

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  /** Reserves a name; a clash with one already taken gets primes appended. */
  claim(name: string): string {
    let free = name;
    while (this.#taken.has(free)) free += "'";
    this.#taken.add(free);
    return free;
  }

  bind(value: ValueId, name: string): void {
    this.#names.set(value, name);
    this.#position = value;
  }

  nameOf(value: ValueId): string {
    return this.#names.get(value) ?? bug(`%${value} is used before it is emitted`);
  }

  /** Adds a node with one output and returns the output's name. */
  node(opType: string, inputs: readonly string[], attributes: Attributes = {}, wanted?: string): string {
    const output = this.claim(wanted ?? `${opType}#${this.nodes.length}`);
    this.nodes.push({ opType, inputs, outputs: [output], attributes });
    return output;
  }

  /** Like `node`, but equal nodes are written once. */
  sharedNode(opType: string, inputs: readonly string[], attributes: Attributes = {}): string {
    const key = `node ${opType} ${JSON.stringify([inputs, attributes])}`;
    return this.#once(key, () => this.node(opType, inputs, attributes));
  }

  tensor(tensor: WireTensor): string {
    this.initializers.push(tensor);
    return tensor.name;
  }

  /** A small constant; equal constants are written once. */
  constant(dtype: DType, dims: readonly number[], data: ConstantData): string {
    const key = `constant ${dtype} [${dims.join(',')}] ${data.map((x) => (Object.is(x, -0) ? '-0' : x)).join(',')}`;
    return this.#once(key, () =>
      this.tensor({
        name: this.claim(`c${this.initializers.length}`),
        dtype,
        dims,
        bytes: encodeElements(dtype, data),
      }),
    );
  }

  scalar(dtype: DType, value: number): string {
    return this.constant(dtype, [], [Number.isFinite(value) ? value : infiniteText(value)]);
  }

  ints(values: readonly number[]): string {
    return this.constant('i64', [values.length], values);
  }

  /** int64 [1]: the size `dim` at run time. */
  dimTensor(dim: Dim): string {
    if (typeof dim === 'number') return this.ints([dim]);
    const carrier = this.#carrierOf(dim);
    if (carrier === undefined) return this.#computed(dim);
    const start = { kind: 'int', value: carrier.position } as const;
    const end = { kind: 'int', value: carrier.position + 1 } as const;
    return this.sharedNode('Shape', [this.nameOf(carrier.value)], { start, end });
  }

  /** A size that no value carries, from the symbols it is made of. */
  #computed(dim: string): string {
    const terms = termsOfDim(dim).map(({ factor, atoms }) =>
      atoms
        .map((atom) => this.#atom(dim, atom))
        .reduce((x, y) => this.sharedNode('Mul', [x, y]), this.ints([factor])),
    );
    return terms.reduce((x, y) => this.sharedNode('Add', [x, y]));
  }

  #atom(dim: string, atom: DimAtom): string {
    if (atom.kind === 'symbol') {
      if (atom.name !== dim) return this.dimTensor(atom.name);
      const rows = rowsOfMembers(dim) ?? bug(`no value carries the symbol \`${dim}\``);
      return this.sharedNode('Div', [this.dimTensor(rows), this.dimTensor('example')]);
    }
    const raised = this.sharedNode('Add', [this.dimTensor(atom.of), this.ints([atom.by - 1])]);
    const quotient = this.sharedNode('Div', [raised, this.ints([atom.by])]);
    return this.sharedNode('Max', [quotient, this.ints([0])]);
  }

  /** int64 [dims.length]: a shape whose entries may be symbols. */
  shapeTensor(dims: readonly Dim[]): string {
    if (dims.every((d) => typeof d === 'number')) return this.ints(dims);
    const parts: string[] = [];
    let run: number[] = [];
    const flush = () => {
      if (run.length > 0) parts.push(this.ints(run));
      run = [];
    };
    for (const d of dims) {
      if (typeof d === 'number') run.push(d);
      else {
        flush();
        parts.push(this.dimTensor(d));
      }
    }
    flush();
    const [only] = parts;
    if (parts.length === 1 && only !== undefined) return only;
    return this.sharedNode('Concat', parts, { axis: { kind: 'int', value: 0 } });
  }

  /** int64 [size]: 0, 1, … */
  iota(size: Dim): string {
    if (typeof size === 'number' && size <= LARGEST_LISTED) {
      return this.ints(Array.from({ length: size }, (_, i) => i));
    }
    const limit = this.sharedNode('Squeeze', [this.dimTensor(size)]);
    return this.sharedNode('Range', [this.scalar('i64', 0), limit, this.scalar('i64', 1)]);
  }

  typeOf(value: ValueId): Node['type'] {
    return (this.#graph.nodes[value] ?? bug(`no value %${value}`)).type;
  }

  // Graph inputs first: they cost nothing and keep the rest of the graph free to be folded. Then any value emitted so far.
  #carrierOf(symbol: string): Carrier | undefined {
    const isInput = (node: Node) => node.op.name === 'Input';
    return (
      this.#find(symbol, isInput, this.#graph.nodes.length) ??
      this.#find(symbol, () => true, this.#position + 1)
    );
  }

  #find(symbol: string, accepts: (node: Node) => boolean, end: number): Carrier | undefined {
    for (const [i, node] of this.#graph.nodes.slice(0, end).entries()) {
      const value = i as ValueId; // position is identity
      const position = node.type.axes.findIndex((a: Axis) => a.size === symbol);
      if (position >= 0 && accepts(node) && this.#names.has(value)) return { value, position };
    }
    return undefined;
  }

  #once(key: string, make: () => string): string {
    const known = this.#shared.get(key);
    if (known !== undefined) return known;
    const name = make();
    this.#shared.set(key, name);
    return name;
  }
}

function infiniteText(value: number): 'Infinity' | '-Infinity' | 'NaN' {
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? 'Infinity' : '-Infinity';
}
