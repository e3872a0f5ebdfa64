// Dense arrays in host memory, row-major: what goes into a backend and comes out of it.
import { bug } from '../../compiler/base/bug.js';
import type { DType } from '../../compiler/ir/tensor-type.js';

/** f16 is its bits; bool is 0 or 1. */
export type HostData =
  | Float32Array
  | Float64Array
  | Uint16Array
  | Int8Array
  | Uint8Array
  | Int32Array
  | BigInt64Array;
export type HostTensor = { readonly dtype: DType; readonly dims: readonly number[]; readonly data: HostData };

/** Makes an array of `length` elements over a buffer, or a fresh one of zeros. */
type MakeData = {
  (length: number): HostData;
  (buffer: ArrayBufferLike, offset: number, length: number): HostData;
};
const makers = {
  f32: (...a: ConstructorParameters<typeof Float32Array>) => new Float32Array(...a),
  f64: (...a: ConstructorParameters<typeof Float64Array>) => new Float64Array(...a),
  f16: (...a: ConstructorParameters<typeof Uint16Array>) => new Uint16Array(...a),
  i8: (...a: ConstructorParameters<typeof Int8Array>) => new Int8Array(...a),
  u8: (...a: ConstructorParameters<typeof Uint8Array>) => new Uint8Array(...a),
  i32: (...a: ConstructorParameters<typeof Int32Array>) => new Int32Array(...a),
  i64: (...a: ConstructorParameters<typeof BigInt64Array>) => new BigInt64Array(...a),
  bool: (...a: ConstructorParameters<typeof Uint8Array>) => new Uint8Array(...a),
} as const satisfies Record<DType, unknown>;

function makerOf(dtype: DType): MakeData {
  return makers[dtype] as unknown as MakeData; // each constructor takes both forms; the union of their tuples hides it
}

/** Zeros. */
export function hostTensor(dtype: DType, dims: readonly number[]): HostTensor {
  return { dtype, dims, data: makerOf(dtype)(elementCount(dims)) };
}

/** From plain numbers; int64 values must be safe integers. */
export function tensorOf(dtype: DType, dims: readonly number[], values: readonly number[]): HostTensor {
  if (values.length !== elementCount(dims))
    bug(`${values.length} values for a tensor of [${dims.join(', ')}]`);
  const tensor = hostTensor(dtype, dims);
  if (tensor.data instanceof BigInt64Array) tensor.data.set(values.map((v) => BigInt(v)));
  else tensor.data.set(values);
  return tensor;
}

/** From little-endian bytes, copied. */
export function tensorFromBytes(dtype: DType, dims: readonly number[], bytes: Uint8Array): HostTensor {
  const count = elementCount(dims);
  const copy = new Uint8Array(bytes); // a copy is aligned and keeps no file alive; a Buffer's own slice would not copy
  const tensor = { dtype, dims, data: makerOf(dtype)(copy.buffer, 0, count) };
  if (tensor.data.byteLength !== bytes.byteLength)
    bug(`${bytes.byteLength} bytes for ${dtype}[${dims.join(', ')}]`);
  return tensor;
}

/** The same elements over shared memory, which worker threads see without a copy. */
export function sharedCopy(tensor: HostTensor): HostTensor {
  const buffer = new SharedArrayBuffer(tensor.data.byteLength);
  new Uint8Array(buffer).set(bytesOf(tensor));
  return { ...tensor, data: makerOf(tensor.dtype)(buffer, 0, tensor.data.length) };
}

/** The same elements in memory of their own. */
export function ownCopy(tensor: HostTensor): HostTensor {
  const bytes = bytesOf(tensor).slice();
  return { ...tensor, data: makerOf(tensor.dtype)(bytes.buffer, 0, tensor.data.length) };
}

/** The elements as bytes, not copied. */
export function bytesOf(tensor: HostTensor): Uint8Array {
  const { buffer, byteOffset, byteLength } = tensor.data;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** The elements as plain numbers. */
export function numbersOf(tensor: HostTensor): number[] {
  return Array.from<number | bigint, number>(tensor.data, Number);
}

export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, d) => product * d, 1);
}
