// The state of reading one ONNX graph: what each tensor name stands for, and the tensor graph built so far. A tensor is known as
// a value, as content (see content.ts), or both; content becomes a value only when an operator asks for one.
import { type Digest, digestBytes } from '../base/digest.js';
import { GraphBuilder, type ValueId } from '../ir/graph.js';
import type { ConstantData, Op } from '../ir/op.js';
import type { Axis, Dim, DType, TensorType } from '../ir/tensor-type.js';
import { type Content, isWholeType, listContent, scalarContent } from './content.js';
import { decodeElements } from './elements.js';
import { foldConstants } from './fold-constants.js';
import { failOnnx } from './problem.js';
import { checkTensorBytes, type WireTensor } from './wire.js';

/** `exact` is the stored tensor when its content had to be rounded (integers beyond 2^53). */
export type Known = { readonly value?: ValueId; readonly content?: Content; readonly exact?: WireTensor };
export type ImportedWeight = {
  readonly name: string;
  readonly digest: string;
  readonly dtype: DType;
  readonly dims: readonly number[];
  /** Its elements, little-endian. Data of another file are read each time and not kept. */
  readonly read: () => Uint8Array;
};
/** A file beside the model, of which single ranges are read: it may be larger than memory. */
export type ExternalFile = {
  readonly size: number;
  readonly read: (offset: number, length: number) => Uint8Array;
  /** As `digestBytes` of the range. */
  readonly digest: (domain: string, offset: number, length: number) => Digest;
};
/** A file beside the model, or undefined when there is none. The path is relative and stays inside the folder. */
export type ExternalFiles = (location: string) => ExternalFile | undefined;

/** Tensors up to this size are constants of the graph when they are integers; larger ones, and all other arrays, are weights. */
const LARGEST_CONSTANT = 1024;

export class Importer {
  readonly builder: GraphBuilder;
  readonly weights: Map<string, ImportedWeight>;
  readonly #known = new Map<string, Known>();
  readonly #external: ExternalFiles;
  /** The graph around this one, whose names are known here too. */
  readonly #around: Importer | null;

  constructor(external: ExternalFiles, around: Importer | null = null) {
    this.#external = external;
    this.#around = around;
    this.builder = around?.builder ?? new GraphBuilder();
    this.weights = around?.weights ?? new Map();
  }

  /** For a graph inside a node of this one. */
  inner(): Importer {
    return new Importer(this.#external, this);
  }

  define(name: string, known: Known): void {
    if (name === '') return;
    if (this.#known.has(name)) failOnnx('duplicate', `\`${name}\` is defined twice`);
    this.#known.set(name, known);
  }

  isDefined(name: string): boolean {
    return this.#known.has(name) || this.#around?.isDefined(name) === true;
  }

  names(): readonly string[] {
    return [...this.#known.keys()];
  }

  known(name: string): Known {
    const own = this.#known.get(name);
    if (own !== undefined) return own;
    return this.#around?.known(name) ?? failOnnx('dangling', `\`${name}\` is used but never computed`);
  }

  /** The value under a name; content is turned into nodes and kept. */
  value(name: string): ValueId {
    if (this.#around !== null && !this.#known.has(name)) return this.#around.value(name);
    const known = this.known(name);
    if (known.value !== undefined) return known.value;
    if (known.content === undefined) return failOnnx('dangling', `\`${name}\` has no value`);
    const { exact } = known;
    const value =
      exact?.bytes == null
        ? this.materialize(known.content, name)
        : this.#weight(name, exact, rangeOfBytes(exact.bytes));
    this.#known.set(name, { ...known, value });
    return value;
  }

  /** Adds a node. The tensor graph takes an ill-typed node for our own mistake; here it is the file's. */
  add(where: string, op: Op, ...inputs: readonly ValueId[]): ValueId {
    try {
      return this.builder.add(op, ...inputs);
    } catch (error) {
      const text = error instanceof Error ? error.message : '';
      const found = /^internal error: (.*)$/s.exec(text);
      if (found === null) throw error;
      return failOnnx('shape', `\`${where}\` does not fit together: ${found[1]}`, where);
    }
  }

  typeOf(value: ValueId): TensorType {
    return this.builder.typeOf(value);
  }

  /** Content of a list that is computed from constants alone, by operators for which no content rule exists. */
  foldedContent(name: string): Content | undefined {
    const { value } = this.known(name);
    if (value === undefined) return undefined;
    const type = this.typeOf(value);
    if (type.axes.length > 1 || !isWholeType(type.dtype)) return undefined;
    const numbers = foldConstants(this.builder, value);
    return numbers === undefined
      ? undefined
      : numbersContent(type.dtype, type.axes.length === 0 ? 0 : 1, numbers);
  }

  /** The sizes of a tensor, without turning content into a value. */
  sizesOf(name: string): readonly Dim[] {
    const { value, content } = this.known(name);
    if (value !== undefined) return this.typeOf(value).axes.map((a) => a.size);
    return content === undefined || content.rank === 0 ? [] : [content.items.length];
  }

  /** A stored tensor: content and constant when small, else a weight. */
  tensor(name: string, tensor: WireTensor): Known {
    const count = tensor.dims.reduce((n, d) => n * d, 1);
    const axes = namelessAxes(tensor.dims);
    const isWhole = isWholeType(tensor.dtype);
    const range = this.#rangeOf(tensor);
    if (count === 1 || (isWhole && count <= LARGEST_CONSTANT)) {
      const bytes = range.read();
      const items = decodeElements(tensor.dtype, bytes);
      const isExact = !isWhole || items.every(Number.isSafeInteger);
      const rank = tensor.dims.length;
      const content =
        rank > 1
          ? undefined
          : numbersContent(tensor.dtype, rank === 0 ? 0 : 1, isWhole ? items.map(clampEnd) : items);
      if (isExact && content !== undefined) return { content };
      if (isExact)
        return { value: this.builder.constant({ dtype: tensor.dtype, axes }, items.map(plainNumber)) };
      // Beyond 2^53 the bytes are the truth; the content serves only as a bound that means "to the end".
      if (content !== undefined) {
        const { external: _, ...stored } = tensor;
        return { content, exact: { ...stored, bytes } };
      }
    }
    return { value: this.#weight(name, tensor, range) };
  }

  #weight(name: string, tensor: WireTensor, { read, digest }: Range): ValueId {
    const { dtype, dims } = tensor;
    // Equal bytes of another shape or element type are another weight: the backend looks its dims up by this digest.
    const content = digest(`weight ${dtype}[${dims.join()}]`);
    // Graphs inside nodes may use a name again.
    let own = name;
    while ((this.weights.get(own)?.digest ?? content) !== content) own = `${own}'`;
    this.weights.set(own, { name: own, digest: content, dtype, dims, read });
    return this.builder.weight({ name: own, digest: content, type: { dtype, axes: namelessAxes(dims) } });
  }

  /** Content as nodes: a constant, or, where it holds symbols, sizes counted at run time. */
  materialize(content: Content, where: string): ValueId {
    const { dtype, rank, items } = content;
    const axes = rank === 0 ? [] : namelessAxes([items.length]);
    const numbers = items.filter((d) => typeof d === 'number');
    if (numbers.length === items.length)
      return this.builder.constant({ dtype, axes }, numbers.map(plainNumber));
    const parts = items.map((item) => this.#itemValue(item, where));
    const [first] = parts;
    const joined =
      rank === 0 && first !== undefined
        ? this.add(where, { name: 'Squeeze', attrs: { axes: [0] } }, first)
        : this.add(where, { name: 'Concat', attrs: { axis: 0, name: '_0', size: parts.length } }, ...parts);
    return dtype === 'i64' ? joined : this.add(where, { name: 'Cast', attrs: { to: dtype } }, joined);
  }

  /** int64 [1]: the number of elements of 0, 1, …, size - 1 is one more than the largest (sizes are at least 1). */
  #itemValue(item: Dim, where: string): ValueId {
    const one = this.builder.constant({ dtype: 'i64', axes: namelessAxes([1]) }, [1]);
    if (typeof item === 'number') {
      return this.builder.constant({ dtype: 'i64', axes: namelessAxes([1]) }, [item]);
    }
    const all = this.builder.add({ name: 'Iota', attrs: { axis: { name: '_0', size: item } } });
    const largest = this.add(where, { name: 'ReduceMax', attrs: { axes: [0], keepdims: true } }, all);
    return this.add(where, { name: 'Add', attrs: {} }, largest, one);
  }

  #rangeOf(tensor: WireTensor): Range {
    if (tensor.external === undefined)
      return rangeOfBytes(tensor.bytes ?? failOnnx('malformed', `tensor \`${tensor.name}\` has no data`));
    const { location, offset, length } = tensor.external;
    if (!staysInside(location)) {
      failOnnx(
        'external-data',
        `tensor \`${tensor.name}\` lies in \`${location}\`, outside the model's folder`,
      );
    }
    const file =
      this.#external(location) ??
      failOnnx('external-data', `the data file \`${location}\` of tensor \`${tensor.name}\` is missing`);
    const end = length === null ? file.size : offset + length;
    if (offset > end || end > file.size)
      failOnnx('external-data', `tensor \`${tensor.name}\` lies past the end of \`${location}\``);
    const bytes = end - offset;
    checkTensorBytes(tensor.name, tensor.dtype, tensor.dims, bytes);
    return {
      read: () => file.read(offset, bytes),
      digest: (domain) => file.digest(domain, offset, bytes),
    };
  }
}

/** Where the elements of a tensor are. */
type Range = { readonly read: () => Uint8Array; readonly digest: (domain: string) => Digest };

function rangeOfBytes(bytes: Uint8Array): Range {
  return { read: () => bytes, digest: (domain) => digestBytes(domain, bytes) };
}

/** Anonymous axes `_0`, `_1`, … */
export function namelessAxes(sizes: readonly Dim[]): readonly Axis[] {
  return sizes.map((size, i) => ({ name: size === 'example' && i === 0 ? 'example' : `_${i}`, size }));
}

/** Content that holds numbers for one operator attribute. */
export function numbersContent(dtype: DType, rank: 0 | 1, numbers: readonly number[]): Content {
  return rank === 0 ? scalarContent(dtype, numbers[0] ?? 0) : listContent(dtype, numbers);
}

function staysInside(location: string): boolean {
  const isAbsolute = /^([/\\]|[A-Za-z]:)/.test(location);
  return !isAbsolute && !location.includes('\0') && !location.split(/[/\\]/).includes('..');
}

// INT64_MAX and its like mean "to the end"; as doubles they are not exact, so they are brought to one that is.
function clampEnd(n: number): number {
  const limit = 2 ** 52;
  return Math.min(Math.max(n, -limit), limit);
}

function plainNumber(n: number): ConstantData[number] {
  if (Number.isNaN(n)) return 'NaN';
  if (Number.isFinite(n)) return n;
  return n > 0 ? 'Infinity' : '-Infinity';
}
