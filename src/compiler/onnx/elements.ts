// Numbers to little-endian bytes and back, per element type. Wire tensors hold bytes; the compiler reasons about numbers.
import { bug } from '../base/bug.js';
import type { ConstantData } from '../ir/op.js';
import type { DType } from '../ir/tensor-type.js';
import { bytesPerElement } from './wire.js';

/** The bytes of `data` as elements of `dtype`; integers must be whole (bug otherwise). */
export function encodeElements(dtype: DType, data: ConstantData): Uint8Array {
  const bytes = new Uint8Array(data.length * bytesPerElement(dtype));
  const view = new DataView(bytes.buffer);
  for (const [i, item] of data.entries()) writers[dtype](view, i, Number(item));
  return bytes;
}

/** The elements in `bytes` as numbers. int64 beyond 2^53 is rounded: callers that care compare with `Number.isSafeInteger`. */
export function decodeElements(dtype: DType, bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = bytes.byteLength / bytesPerElement(dtype);
  return Array.from({ length: count }, (_, i) => readElement(view, dtype, i));
}

type WriteElement = (view: DataView, index: number, value: number) => void;

const writers = {
  f32: (view, index, value) => view.setFloat32(index * 4, value, true),
  f64: (view, index, value) => view.setFloat64(index * 8, value, true),
  f16: (view, index, value) => view.setUint16(index * 2, halfBits(value), true),
  i8: (view, index, value) => view.setInt8(index, whole(value)),
  u8: (view, index, value) => view.setUint8(index, whole(value)),
  bool: (view, index, value) => view.setUint8(index, value === 0 ? 0 : 1),
  i32: (view, index, value) => view.setInt32(index * 4, whole(value), true),
  i64: (view, index, value) => view.setBigInt64(index * 8, BigInt(whole(value)), true),
} as const satisfies Record<DType, WriteElement>;

function whole(value: number): number {
  return Number.isInteger(value) ? value : bug(`${value} is not a whole number`);
}

function readElement(view: DataView, dtype: DType, index: number): number {
  switch (dtype) {
    case 'f32':
      return view.getFloat32(index * 4, true);
    case 'f64':
      return view.getFloat64(index * 8, true);
    case 'f16':
      return halfValue(view.getUint16(index * 2, true));
    case 'i8':
      return view.getInt8(index);
    case 'u8':
    case 'bool':
      return view.getUint8(index);
    case 'i32':
      return view.getInt32(index * 4, true);
    case 'i64':
      return Number(view.getBigInt64(index * 8, true));
  }
}

/** The value of IEEE 754 binary16 bits. */
export function halfValue(bits: number): number {
  const sign = (bits & 0x8000) === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** IEEE 754 binary16 bits of the nearest value, ties to even. */
export function halfBits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= 65520) return sign | 0x7c00; // rounds past the largest finite value, 65504
  const exponent = Math.max(-14, Math.floor(Math.log2(size === 0 ? 1 : size)));
  const unit = 2 ** (exponent - 10);
  const steps = roundToEven(size / unit);
  // `steps` is below 2048 + 1; a carry into the next exponent adds up by itself in this layout
  return size < 2 ** -14 ? sign | steps : sign | (((exponent + 15) << 10) + (steps - 1024));
}

function roundToEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest > 0.5 || (rest === 0.5 && below % 2 === 1)) return below + 1;
  return below;
}
