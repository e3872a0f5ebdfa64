// What the kernels of the reference evaluator share: their type and the walking of dims. No kernel is optimised.
import { bug } from '../base/bug.js';
import type { OpAttrs, OpName } from './op.js';
import type { NamesOf, OpKind } from './op-kind.js';
import { sizeOf, stridesOf, type Tensor } from './tensor.js';

/** Computes the elements of a result of the given dims, in doubles; the evaluator rounds them to the result's element type. */
export type Kernel<N extends OpName> = (
  inputs: readonly Tensor[],
  attrs: OpAttrs[N],
  dims: readonly number[],
) => Float64Array;
export type KernelTable = { readonly [N in OpName]: Kernel<N> };
export type KernelGroup<K extends OpKind> = { readonly [N in NamesOf<K>]: Kernel<N> };

export function inputAt(inputs: readonly Tensor[], position: number): Tensor {
  return inputs[position] ?? bug(`input ${position} is missing`);
}

export function dimAt(dims: readonly number[], position: number): number {
  return dims[position] ?? bug(`no axis ${position} in [${dims.join(',')}]`);
}

/** For each element of `dims`, in order: where it lies in a tensor with these strides. */
export function offsets(dims: readonly number[], strides: readonly number[], start = 0): Int32Array {
  const result = new Int32Array(sizeOf(dims));
  const counter = new Array<number>(dims.length).fill(0);
  let offset = start;
  for (let i = 0; i < result.length; i++) {
    result[i] = offset;
    for (let d = dims.length - 1; d >= 0; d--) {
      const next = (counter[d] ?? 0) + 1;
      offset += strides[d] ?? 0;
      if (next < (dims[d] ?? 0)) {
        counter[d] = next;
        break;
      }
      offset -= next * (strides[d] ?? 0);
      counter[d] = 0;
    }
  }
  return result;
}

/** Strides of `from` seen in the broadcast `dims`: 0 along unit and missing axes. */
export function broadcastStrides(from: readonly number[], dims: readonly number[]): readonly number[] {
  const own = stridesOf(from);
  const shift = dims.length - from.length;
  return dims.map((_, i) => (i < shift || from[i - shift] === 1 ? 0 : (own[i - shift] ?? 0)));
}

/** The elements of a tensor, repeated so as to fill `dims`. */
export function broadcastTo(input: Tensor, dims: readonly number[]): Float64Array {
  if (input.data.length === sizeOf(dims)) return input.data;
  return take(input.data, offsets(dims, broadcastStrides(input.dims, dims)));
}

export function take(data: Float64Array, places: Int32Array): Float64Array {
  const result = new Float64Array(places.length);
  for (let i = 0; i < places.length; i++) result[i] = data[places[i] ?? 0] ?? Number.NaN;
  return result;
}

/** A shape as [outer, length, inner] around one axis. */
export function around(
  dims: readonly number[],
  axis: number,
): { outer: number; length: number; inner: number } {
  return {
    outer: sizeOf(dims.slice(0, axis)),
    length: dimAt(dims, axis),
    inner: sizeOf(dims.slice(axis + 1)),
  };
}

/** An index that may count from the end. Out of range is a bug: backends differ in what they read there. */
export function wrapIndex(index: number, length: number): number {
  if (!Number.isInteger(index) || index < -length || index >= length)
    return bug(`the index ${index} lies outside an axis of size ${length}`);
  return index < 0 ? index + length : index;
}
