// One ONNX node while it is read: its inputs as values, content or numbers, its attributes with their defaults, and the way to add
// what it means to the tensor graph.
import type { ValueId } from '../ir/graph.js';
import type { Op } from '../ir/op.js';
import type { Axis, Dim, DType, TensorType } from '../ir/tensor-type.js';
import { type Content, contentNumbers } from './content.js';
import type { Importer, Known } from './importer.js';
import { failOnnx, type OnnxProblem } from './problem.js';
import type { WireAttribute, WireGraph, WireNode } from './wire.js';

/** What an operator's rule gives: one result for each output of the node that it has. */
export type NodeRule = (node: NodeReader) => ValueId | Known | readonly (ValueId | Known)[];

/** Reads the nodes of a graph inside a node, whose inputs the importer knows already. */
export type ReadInner = (graph: WireGraph, inner: Importer) => void;

export class NodeReader {
  readonly wire: WireNode;
  readonly opset: number;
  readonly importer: Importer;
  readonly readInner: ReadInner;

  constructor(wire: WireNode, opset: number, importer: Importer, readInner: ReadInner) {
    this.wire = wire;
    this.opset = opset;
    this.importer = importer;
    this.readInner = readInner;
  }

  get opType(): string {
    return this.wire.opType;
  }

  /** How the node is called in messages: its own name, or its first output. */
  get where(): string {
    return this.wire.name !== '' ? this.wire.name : (this.wire.outputs[0] ?? this.wire.opType);
  }

  fail(kind: OnnxProblem['kind'], text: string): never {
    return failOnnx(kind, `${this.wire.opType} \`${this.where}\` ${text}`, this.where);
  }

  has(index: number): boolean {
    return (this.wire.inputs[index] ?? '') !== '';
  }

  nameOf(index: number): string {
    const name = this.wire.inputs[index] ?? '';
    return name === '' ? this.fail('malformed', `lacks its input ${index}`) : name;
  }

  input(index: number): ValueId {
    return this.importer.value(this.nameOf(index));
  }

  /** All inputs; an omitted one in the middle is a problem. */
  inputs(): readonly ValueId[] {
    const given = this.wire.inputs.slice(0, this.wire.inputs.findLastIndex((name) => name !== '') + 1);
    return given.map((_, i) => this.input(i));
  }

  /** The inputs that are given, in order, whatever is left out between them; then what its inner graphs read from around it. */
  everythingRead(): readonly ValueId[] {
    const given = this.wire.inputs.filter((name) => name !== '').map((name) => this.importer.value(name));
    return [...given, ...this.wire.captured.map((name) => this.importer.value(name))];
  }

  graph(name: string): WireGraph {
    const found = this.attribute(name);
    return found?.kind === 'graph' ? found.value : this.fail('malformed', `lacks its graph \`${name}\``);
  }

  type(index: number): TensorType {
    return this.importer.typeOf(this.input(index));
  }

  /** The sizes of an input, without making it a value. */
  sizes(index: number): readonly Dim[] {
    return this.importer.sizesOf(this.nameOf(index));
  }

  content(index: number): Content | undefined {
    return this.has(index) ? this.importer.known(this.nameOf(index)).content : undefined;
  }

  /** The items of an input that steers the operator; it must be known while reading. */
  items(index: number): readonly Dim[] {
    return (
      (this.content(index) ?? this.#folded(index))?.items ??
      this.fail('shape', `has an input (${this.nameOf(index)}) computed from data where a constant is needed`)
    );
  }

  numbers(index: number): readonly number[] {
    const content = this.content(index) ?? this.#folded(index);
    const numbers = content === undefined ? undefined : contentNumbers(content);
    return numbers ?? this.fail('shape', `has an input (${this.nameOf(index)}) that is not a constant`);
  }

  #folded(index: number): Content | undefined {
    return this.has(index) ? this.importer.foldedContent(this.nameOf(index)) : undefined;
  }

  /** Whole numbers from an attribute (older operator sets) or an input; undefined when neither is given. */
  listed(attribute: string, index: number): readonly number[] | undefined {
    return this.attribute(attribute) !== undefined
      ? this.ints(attribute)
      : this.has(index)
        ? this.numbers(index)
        : undefined;
  }

  attribute(name: string): WireAttribute | undefined {
    return this.wire.attributes.get(name);
  }

  int(name: string, otherwise: number): number {
    const found = this.attribute(name);
    if (found === undefined) return otherwise;
    return found.kind === 'int' ? found.value : this.fail('malformed', `has a wrong attribute \`${name}\``);
  }

  float(name: string, otherwise: number): number {
    const found = this.attribute(name);
    if (found === undefined) return otherwise;
    return found.kind === 'float' ? found.value : this.fail('malformed', `has a wrong attribute \`${name}\``);
  }

  string(name: string, otherwise: string): string {
    const found = this.attribute(name);
    if (found === undefined) return otherwise;
    return found.kind === 'string'
      ? found.value
      : this.fail('malformed', `has a wrong attribute \`${name}\``);
  }

  /** A list of whole numbers that no int64 outside the safe range is part of. */
  ints(name: string): readonly number[] {
    const found = this.attribute(name);
    const list = found?.kind === 'ints' ? found.value : [];
    const limit = 2 ** 52;
    return list.map((n) => Math.min(Math.max(n, -limit), limit));
  }

  hasAttribute(name: string): boolean {
    return this.wire.attributes.has(name);
  }

  /** A position that may count from the end, made non-negative. */
  axis(axis: number, rank: number): number {
    const at = axis < 0 ? axis + rank : axis;
    return at >= 0 && at < Math.max(1, rank)
      ? at
      : this.fail('shape', `names axis ${axis} of a tensor of rank ${rank}`);
  }

  /** Adds a node to the tensor graph. */
  add(op: Op, ...inputs: readonly ValueId[]): ValueId {
    return this.importer.add(this.where, op, ...inputs);
  }

  typeOf(value: ValueId): TensorType {
    return this.importer.typeOf(value);
  }

  constant(dtype: DType, value: number): ValueId {
    return this.importer.builder.constant({ dtype, axes: [] }, [value]);
  }

  reshape(value: ValueId, axes: readonly Axis[]): ValueId {
    return this.add({ name: 'Reshape', attrs: { axes } }, value);
  }

  castTo(value: ValueId, to: DType): ValueId {
    return this.typeOf(value).dtype === to ? value : this.add({ name: 'Cast', attrs: { to } }, value);
  }
}
