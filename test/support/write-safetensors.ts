// Safetensors files for tests: https://huggingface.co/docs/safetensors. The product only reads them.
import type { DType } from '../../src/compiler/ir/tensor-type.js';
import { bytesOf, type HostTensor } from '../../src/runtime/backend/host-tensor.js';
import { LENGTH_BYTES } from '../../src/runtime/model/safetensors-header.js';

const TAGS = {
  f64: 'F64',
  f32: 'F32',
  f16: 'F16',
  i64: 'I64',
  i32: 'I32',
  i8: 'I8',
  u8: 'U8',
  bool: 'BOOL',
} as const satisfies Record<DType, string>;

/** A file that holds the tensors in the order of the map. */
export function writeSafetensors(tensors: ReadonlyMap<string, HostTensor>): Uint8Array {
  let at = 0;
  const entries = [...tensors].map(([name, tensor]) => {
    const begin = at;
    at += tensor.data.byteLength;
    return [name, { dtype: TAGS[tensor.dtype], shape: tensor.dims, data_offsets: [begin, at] }] as const;
  });
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const out = new Uint8Array(LENGTH_BYTES + header.byteLength + at);
  new DataView(out.buffer).setBigUint64(0, BigInt(header.byteLength), true);
  out.set(header, LENGTH_BYTES);
  at = LENGTH_BYTES + header.byteLength;
  for (const tensor of tensors.values()) {
    out.set(bytesOf(tensor), at);
    at += tensor.data.byteLength;
  }
  return out;
}
