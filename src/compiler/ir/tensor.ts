// A dense tensor of plain numbers, as the reference evaluator computes with it. Every element type is held in doubles and rounded
// to its own type after each operator; int64 is exact up to 2^53.
import { bug } from '../base/bug.js';
import type { ConstantData } from './op.js';
import type { DType } from './tensor-type.js';

export type Tensor = { readonly dtype: DType; readonly dims: readonly number[]; readonly data: Float64Array };
/** `f64`: f32 values are not rounded, which shows how much of a difference is rounding. */
export type Precision = 'f32' | 'f64';

/** A tensor of the given numbers, rounded to the element type. */
export function tensor(dtype: DType, dims: readonly number[], data: ArrayLike<number>): Tensor {
  if (sizeOf(dims) !== data.length) return bug(`${data.length} elements for the dims [${dims.join(',')}]`);
  return { dtype, dims, data: roundAll(dtype, Float64Array.from(data), 'f32') };
}

export function numbersOf(data: ConstantData): Float64Array {
  return Float64Array.from(data, Number);
}

/** The plain numbers of a constant: the inverse of `numbersOf`. */
export function constantData(data: Float64Array): ConstantData {
  return Array.from(data, (value) => {
    if (Number.isFinite(value)) return value;
    return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
  });
}

export function sizeOf(dims: readonly number[]): number {
  let size = 1;
  for (const d of dims) size *= d;
  return size;
}

/** Row-major strides. */
export function stridesOf(dims: readonly number[]): readonly number[] {
  const strides = new Array<number>(dims.length).fill(1);
  for (let i = dims.length - 2; i >= 0; i--) strides[i] = (strides[i + 1] ?? 1) * (dims[i + 1] ?? 1);
  return strides;
}

/** Rounds in place to what the element type can hold, and returns the array. */
export function roundAll(dtype: DType, data: Float64Array, precision: Precision): Float64Array {
  if (dtype === 'f64' || (dtype === 'f32' && precision === 'f64')) return data;
  const round = ROUND[dtype];
  for (let i = 0; i < data.length; i++) data[i] = round(data[i] ?? 0);
  return data;
}

const ROUND = {
  f32: Math.fround,
  f64: (v) => v,
  f16: roundToHalf,
  i8: (v) => (whole(v) << 24) >> 24,
  u8: (v) => whole(v) & 255,
  i32: (v) => whole(v) | 0,
  i64: whole,
  bool: (v) => (v === 0 ? 0 : 1),
} satisfies { readonly [D in DType]: (value: number) => number };

function whole(value: number): number {
  if (!Number.isFinite(value)) return bug(`${value} is no integer`);
  return Math.trunc(value) + 0; // + 0 turns -0 into 0
}

/** IEEE binary16, ties to even. */
function roundToHalf(value: number): number {
  if (!Number.isFinite(value) || value === 0) return value;
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(value))), -14);
  const unit = 2 ** (exponent - 10);
  const rounded = roundHalfEven(value / unit) * unit;
  return Math.abs(rounded) > 65504 ? Math.sign(value) * Number.POSITIVE_INFINITY : rounded;
}

export function roundHalfEven(value: number): number {
  const low = Math.floor(value);
  const rest = value - low;
  if (rest < 0.5) return low;
  if (rest > 0.5) return low + 1;
  return low % 2 === 0 ? low : low + 1;
}
