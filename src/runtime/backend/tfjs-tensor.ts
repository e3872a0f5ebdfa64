// Host arrays to TensorFlow.js and back. Whole numbers travel as int32; what does not fit is refused, never wrapped.
import type { DType } from '../../compiler/ir/tensor-type.js';
import { type HostTensor, hostTensor } from './host-tensor.js';
import { mutable, runFailure, type Tf, type TfTensor, tfDtype } from './tfjs-rule.js';

type Numbers = {
  readonly dtype: DType;
  readonly dims: readonly number[];
  readonly numbers: ArrayLike<number>;
};

/** Uploads numbers. `what` names them in the failure that an integer beyond int32 causes. */
export function toTfjs(tf: Tf, backend: string, what: string, { dtype, dims, numbers }: Numbers): TfTensor {
  const kind = tfDtype(dtype);
  switch (kind) {
    case 'float32':
      return tf.tensor(
        numbers instanceof Float32Array ? numbers : Float32Array.from(numbers),
        mutable(dims),
        kind,
      );
    case 'bool':
      return tf.tensor(Uint8Array.from(numbers), mutable(dims), kind);
    case 'int32': {
      const whole = Int32Array.from(numbers);
      for (let i = 0; i < whole.length; i++) {
        if (whole[i] !== numbers[i]) {
          const text = `${what} holds ${numbers[i]}, which does not fit in int32, the only whole numbers of TensorFlow.js`;
          throw runFailure(backend, text, 'use `ort:cpu`');
        }
      }
      return tf.tensor(whole, mutable(dims), kind);
    }
  }
}

export function hostToTfjs(tf: Tf, backend: string, name: string, host: HostTensor): TfTensor {
  const numbers = host.data instanceof BigInt64Array ? Float64Array.from(host.data, Number) : host.data;
  return toTfjs(tf, backend, `\`${name}\``, { dtype: host.dtype, dims: host.dims, numbers });
}

/** A copy: what `dataSync` gives may be the tensor's own memory. */
export function tfjsToHost(tensor: TfTensor, dtype: DType): HostTensor {
  const host = hostTensor(dtype, tensor.shape);
  const values = tensor.dataSync();
  if (host.data instanceof BigInt64Array) {
    for (let i = 0; i < values.length; i++) host.data[i] = BigInt(values[i] ?? 0);
  } else host.data.set(values);
  return host;
}
