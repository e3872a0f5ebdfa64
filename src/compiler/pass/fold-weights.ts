// Layout steps that depend on one weight alone (a transposed W_Q, a slice of fused query, key and value weights) become weights of their
// own, so that a session reads them from a file like any other weight instead of computing and keeping a copy of each.
import { bug } from '../base/bug.js';
import { digest } from '../base/digest.js';
import type { Graph, Node, ValueId } from '../ir/graph.js';
import { sliceBounds } from '../ir/infer-layout.js';
import { BYTES_OF } from '../ir/memory.js';
import type { Op, OpAttrs } from '../ir/op.js';
import { sizeOf, stridesOf } from '../ir/tensor.js';
import type { TensorType } from '../ir/tensor-type.js';
import { rewriteGraph } from './rewrite.js';

type WeightAttrs = OpAttrs['Weight'];
/** Element `i` of the result is taken at `start` plus its index times `strides`, all in elements. */
type View = {
  readonly dims: readonly number[];
  readonly strides: readonly number[];
  readonly start: number;
};

/** A weight that is the elements of another in another order. */
export type DerivedWeight = { readonly source: WeightAttrs; readonly views: readonly View[] };

export type FoldedGraph = {
  readonly graph: Graph;
  /** How to make the weights whose digests are in no model, by digest. */
  readonly derived: ReadonlyMap<string, DerivedWeight>;
};

/** Replaces layout steps on the accepted weights. A step that moves nothing gives a weight of equal digest and another shape. */
export function foldWeights(graph: Graph, accepts: (weight: WeightAttrs) => boolean): FoldedGraph {
  const known = new Map<ValueId, DerivedWeight>();
  const derived = new Map<string, DerivedWeight>();
  const folded = rewriteGraph(graph, (builder, node, inputs) => {
    const [x] = inputs;
    if (node.op.name === 'Weight') {
      const value = builder.weight(node.op.attrs);
      if (accepts(node.op.attrs)) known.set(value, { source: node.op.attrs, views: [] });
      return value;
    }
    const from = x === undefined || inputs.length > 1 ? undefined : known.get(x);
    const step = from === undefined || x === undefined ? undefined : viewOf(node, builder.typeOf(x));
    if (from === undefined || step === undefined) return builder.add(node.op, ...inputs);
    const weight = { source: from.source, views: [...from.views, ...step] };
    const attrs = attrsOf(weight, node.type);
    const value = builder.weight(attrs);
    known.set(value, weight);
    if (weight.views.length > 0) derived.set(attrs.digest, weight);
    return value;
  });
  return { graph: folded, derived };
}

function attrsOf({ source, views }: DerivedWeight, type: TensorType): WeightAttrs {
  const content =
    views.length === 0 ? source.digest : digest('pass/derived-weight', [source.digest, type.dtype, ...views]);
  const axes = type.axes.map(({ name, size }) => `${name}:${size}`).join(' ');
  const order = views.map(({ strides, start }) => `${start}+${strides.join(' ')}`).join(' then ');
  return { name: `${source.name} as [${axes}] ${order}`, digest: content, type };
}

/** None where the elements stay where they are; undefined for what is not a matter of layout. */
function viewOf({ op, type }: Node, from: TensorType): readonly View[] | undefined {
  const dims = staticSizes(from);
  if (dims === undefined || staticSizes(type) === undefined) return undefined;
  return orders(op, dims);
}

function orders(op: Op, dims: readonly number[]): readonly View[] | undefined {
  const own = stridesOf(dims);
  switch (op.name) {
    case 'Identity':
    case 'Reshape':
    case 'Squeeze':
    case 'Unsqueeze':
    case 'Rename':
    case 'Flatten':
      return [];
    case 'Transpose': {
      const { perm } = op.attrs;
      return [{ dims: perm.map((p) => dims[p] ?? 0), strides: perm.map((p) => own[p] ?? 0), start: 0 }];
    }
    case 'Slice': {
      const { axis, step } = op.attrs;
      const [first, end] = sliceBounds(dims[axis] ?? bug(`Slice along axis ${axis}`), op.attrs);
      const count = Math.max(0, Math.ceil((end - first) / step));
      const along = own[axis] ?? 0;
      return [
        {
          dims: dims.map((d, i) => (i === axis ? count : d)),
          strides: own.map((s, i) => (i === axis ? s * step : s)),
          start: count === 0 ? 0 : first * along,
        },
      ];
    }
    default:
      // Every other operator computes: this is a list of what only moves elements.
      return undefined;
  }
}

function staticSizes({ axes }: TensorType): readonly number[] | undefined {
  const sizes = axes.flatMap(({ size }) => (typeof size === 'number' ? [size] : []));
  return sizes.length === axes.length ? sizes : undefined;
}

/** The bytes of a derived weight from those of its source. */
export function deriveWeight({ source, views }: DerivedWeight, bytes: Uint8Array): Uint8Array {
  const width = BYTES_OF[source.type.dtype];
  return views.reduce((current, view) => arranged(current, width, view), bytes);
}

function arranged(bytes: Uint8Array, width: number, view: View): Uint8Array {
  const result = new Uint8Array(width * sizeOf(view.dims));
  // Elements are moved as whole numbers of one, two or four bytes, an eight-byte one as two of them.
  const unit = width === 8 ? 4 : width;
  const parts = width / unit;
  const units = (buffer: ArrayBufferLike, offset: number, length: number): Elements =>
    unit === 4
      ? new Uint32Array(buffer, offset, length)
      : unit === 2
        ? new Uint16Array(buffer, offset, length)
        : new Uint8Array(buffer, offset, length);
  const own = bytes.byteOffset % unit === 0 ? bytes : new Uint8Array(bytes);
  const from = units(own.buffer, own.byteOffset, bytes.length / unit);
  const to = units(result.buffer, 0, result.length / unit);
  const strides = [...view.strides.map((s) => s * parts), 1];
  const axes = joinedAxes({ dims: [...view.dims, parts], strides, start: 0 });
  copyAxes(from, to, axes, view.start * parts);
  return result;
}

type Axis = { readonly size: number; readonly stride: number };
type Elements = Uint8Array | Uint16Array | Uint32Array;
const SINGLE: Axis = { size: 1, stride: 0 };

/** The axes of a view without those of size 1, and with those joined that follow each other in memory. */
function joinedAxes({ dims, strides }: View): readonly Axis[] {
  const joined: Axis[] = [];
  for (const [i, size] of dims.entries()) {
    const stride = strides[i] ?? bug('a view without a stride');
    if (size === 1) continue;
    const before = joined.at(-1);
    if (before?.stride === stride * size) joined[joined.length - 1] = { size: before.size * size, stride };
    else joined.push({ size, stride });
  }
  return joined;
}

/** A plane of the two innermost axes at a time; what stays together along the last axis is copied as one run. */
function copyAxes(from: Elements, to: Elements, axes: readonly Axis[], start: number): void {
  const last = axes.at(-1) ?? SINGLE;
  const run = last.stride === 1 ? last.size : 1;
  const planes = last.stride === 1 ? axes.slice(0, -1) : axes;
  const outer = planes.slice(0, -2);
  const [rows = SINGLE, columns = SINGLE] = [SINGLE, SINGLE, ...planes].slice(-2);
  let target = 0;
  const visit = (depth: number, source: number): void => {
    const axis = outer[depth];
    if (axis === undefined) {
      copyPlane(from, to, { rows, columns, run, source, target });
      target += rows.size * columns.size * run;
      return;
    }
    for (let i = 0; i < axis.size; i++) visit(depth + 1, source + i * axis.stride);
  };
  visit(0, start);
}

type Plane = {
  readonly rows: Axis;
  readonly columns: Axis;
  readonly run: number;
  readonly source: number;
  readonly target: number;
};
/** A square of this side is read and written while it is in the cache: a large matrix is transposed several times faster. */
const SIDE = 32;

function copyPlane(from: Elements, to: Elements, { rows, columns, run, source, target }: Plane): void {
  for (let top = 0; top < rows.size; top += SIDE) {
    for (let left = 0; left < columns.size; left += SIDE) {
      for (let i = top; i < Math.min(rows.size, top + SIDE); i++) {
        for (let j = left; j < Math.min(columns.size, left + SIDE); j++) {
          const at = source + i * rows.stride + j * columns.stride;
          const place = target + (i * columns.size + j) * run;
          if (run === 1) to[place] = from[at] ?? 0;
          else to.set(from.subarray(at, at + run), place);
        }
      }
    }
  }
}
