// What the kernels on TensorFlow.js share: their type, and the few operations that TensorFlow.js lacks or does differently.
// Its element types are float32, int32 and bool: int64 is carried as int32 and checked, float64 and float16 are refused.
import type * as tfjs from '@tensorflow/tfjs-core';
import { bug } from '../../compiler/base/bug.js';
import type { OpAttrs, OpName } from '../../compiler/ir/op.js';
import type { NamesOf, OpKind } from '../../compiler/ir/op-kind.js';
import type { DType, TensorType } from '../../compiler/ir/tensor-type.js';
import { BackendFailure } from './backend.js';

export type Tf = typeof tfjs;
export type TfTensor = tfjs.Tensor;
export type TfDType = 'float32' | 'int32' | 'bool';

/** One operator to compute: its inputs on the device, their types, and the dims of its result. */
export type TfjsCall = {
  readonly tf: Tf;
  readonly backend: string;
  readonly name: OpName;
  readonly inputs: readonly TfTensor[];
  readonly inputTypes: readonly TensorType[];
  readonly type: TensorType;
  readonly dims: readonly number[];
};
/** Computes one operator. The executor disposes of what is made on the way and casts the result to its element type. */
export type TfjsKernel<N extends OpName> = (call: TfjsCall, attrs: OpAttrs[N]) => TfTensor;
/** An operator that this engine does not run: the reason, after its name. */
export type Unsupported = { readonly unsupported: string };
export type TfjsGroup<K extends OpKind> = { readonly [N in NamesOf<K>]: TfjsKernel<N> };

/** How each element type is carried; null where TensorFlow.js has none that holds its values. */
export const TF_DTYPE = {
  f32: 'float32',
  f64: null,
  f16: null,
  i8: 'int32',
  u8: 'int32',
  i32: 'int32',
  i64: 'int32',
  bool: 'bool',
} as const satisfies Record<DType, TfDType | null>;

export function tfDtype(dtype: DType): TfDType {
  return TF_DTYPE[dtype] ?? bug(`${dtype} reached a kernel of TensorFlow.js`);
}

export function input({ inputs, name }: TfjsCall, position: number): TfTensor {
  return inputs[position] ?? bug(`${name} lacks input ${position}`);
}

export function isWhole({ inputTypes }: TfjsCall): boolean {
  const dtype = inputTypes[0]?.dtype;
  return dtype !== undefined && tfDtype(dtype) === 'int32';
}

export function scalar({ tf }: TfjsCall, value: number, like: TfTensor): TfTensor {
  return tf.scalar(value, like.dtype === 'int32' ? 'int32' : 'float32');
}

/** A failure of the run that the data caused. */
export function runFailure(backend: string, text: string, help: string): BackendFailure {
  return new BackendFailure({ kind: 'run', backend, text, help });
}

/** Indices that may count from the end, as plain places. TensorFlow.js does not check all of them; here each is checked. */
export function placesOf(call: TfjsCall, indices: TfTensor, length: number): Int32Array {
  const places = Int32Array.from(indices.dataSync());
  for (const [i, place] of places.entries()) {
    if (place < -length || place >= length) {
      throw runFailure(
        call.backend,
        `${call.name}: the index ${place} lies outside an axis of size ${length}`,
        'check the tokens or positions that the file names',
      );
    }
    if (place < 0) places[i] = place + length;
  }
  return places;
}

/** The quotient of whole numbers, cut towards zero; TensorFlow.js rounds down. */
export function truncatedQuotient({ tf }: TfjsCall, x: TfTensor, y: TfTensor): TfTensor {
  const sign = tf.mul(tf.cast(tf.sign(x), 'int32'), tf.cast(tf.sign(y), 'int32'));
  return tf.mul(sign, tf.floorDiv(tf.abs(x), tf.abs(y)));
}

export function sizeOf(dims: readonly number[]): number {
  let size = 1;
  for (const d of dims) size *= d;
  return size;
}

export function mutable<T>(list: readonly T[]): T[] {
  return [...list];
}
