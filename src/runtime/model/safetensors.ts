// Whole safetensors files in memory: the format of the bundled models. Model folders of any size are read
// tensor by tensor instead (hf/safetensors-file.ts); what is believed of a header is in safetensors-header.ts for both.
import type { DType } from '../../compiler/ir/tensor-type.js';
import { type HostTensor, tensorFromBytes } from '../backend/host-tensor.js';
import { headerLength, LENGTH_BYTES, parseHeader } from './safetensors-header.js';

export type SafetensorsResult =
  | { readonly kind: 'ok'; readonly tensors: ReadonlyMap<string, HostTensor> }
  /** `text` completes the sentence "FILE is damaged: …". */
  | { readonly kind: 'problem'; readonly text: string };

const DTYPES: ReadonlyMap<string, DType> = new Map([
  ['F64', 'f64'],
  ['F32', 'f32'],
  ['F16', 'f16'],
  ['I64', 'i64'],
  ['I32', 'i32'],
  ['I8', 'i8'],
  ['U8', 'u8'],
  ['BOOL', 'bool'],
]);

/** All tensors of a file, copied out of its bytes. */
export function readSafetensors(bytes: Uint8Array): SafetensorsResult {
  const length = headerLength(bytes, bytes.byteLength);
  if (length.kind === 'problem') return length;
  const dataStart = LENGTH_BYTES + length.value;
  const entries = parseHeader(bytes.subarray(LENGTH_BYTES, dataStart), bytes.byteLength - dataStart);
  if (entries.kind === 'problem') return entries;
  const tensors = new Map<string, HostTensor>();
  for (const { name, element, dims, begin, end } of entries.value) {
    const dtype = DTYPES.get(element);
    if (dtype === undefined)
      return { kind: 'problem', text: `\`${name}\` has the element type ${element}, which is not read` };
    tensors.set(name, tensorFromBytes(dtype, dims, bytes.subarray(dataStart + begin, dataStart + end)));
  }
  return { kind: 'ok', tensors };
}
