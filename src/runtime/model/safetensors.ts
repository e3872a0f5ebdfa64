// The safetensors format (https://github.com/huggingface/safetensors): a reader that trusts nothing in the file, and a writer.
// Guarantee: every tensor that is returned lies inside the file, and no byte of the file belongs to two tensors or to none.
import type { Plain } from '../../compiler/base/canonical.js';
import type { DType } from '../../compiler/ir/tensor-type.js';
import { bytesOf, elementCount, type HostTensor, tensorFromBytes } from '../backend/host-tensor.js';

export type SafetensorsResult =
  | { readonly kind: 'ok'; readonly tensors: ReadonlyMap<string, HostTensor> }
  /** `text` completes the sentence "FILE is damaged: …". */
  | { readonly kind: 'problem'; readonly text: string };

const LENGTH_BYTES = 8;
/** The format's own limit. */
const MAX_HEADER = 100_000_000;

const ELEMENTS: ReadonlyMap<string, { readonly dtype: DType; readonly bytes: number }> = new Map([
  ['F64', { dtype: 'f64', bytes: 8 }],
  ['F32', { dtype: 'f32', bytes: 4 }],
  ['F16', { dtype: 'f16', bytes: 2 }],
  ['I64', { dtype: 'i64', bytes: 8 }],
  ['I32', { dtype: 'i32', bytes: 4 }],
  ['I8', { dtype: 'i8', bytes: 1 }],
  ['U8', { dtype: 'u8', bytes: 1 }],
  ['BOOL', { dtype: 'bool', bytes: 1 }],
]);

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

type Entry = {
  readonly name: string;
  readonly dtype: DType;
  readonly dims: readonly number[];
  readonly begin: number;
  readonly end: number;
};
type Step<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'problem'; readonly text: string };

/** All tensors of a file, copied out of its bytes. */
export function readSafetensors(bytes: Uint8Array): SafetensorsResult {
  const header = readHeader(bytes);
  if (header.kind === 'problem') return header;
  const { fields, dataStart } = header.value;
  const size = bytes.byteLength - dataStart;
  const entries: Entry[] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (name === '__metadata__') continue;
    const entry = readEntry(name, value, size);
    if (entry.kind === 'problem') return entry;
    entries.push(entry.value);
  }
  const fault = coverageFault(entries, size);
  if (fault !== undefined) return problem(fault);
  return {
    kind: 'ok',
    tensors: new Map(
      entries.map(({ name, dtype, dims, begin, end }) => [
        name,
        tensorFromBytes(dtype, dims, bytes.subarray(dataStart + begin, dataStart + end)),
      ]),
    ),
  };
}

type Header = { readonly fields: { readonly [name: string]: Plain }; readonly dataStart: number };

function readHeader(bytes: Uint8Array): Step<Header> {
  if (bytes.byteLength < LENGTH_BYTES) {
    return problem(`it has ${bytes.byteLength} bytes, fewer than the length that it begins with`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getBigUint64(0, true);
  const rest = bytes.byteLength - LENGTH_BYTES;
  if (length > BigInt(MAX_HEADER)) return problem(`it states a header of ${length} bytes`);
  if (length > BigInt(rest)) {
    return problem(`its header should have ${length} bytes but only ${rest} follow; it is cut short`);
  }
  const dataStart = LENGTH_BYTES + Number(length);
  let fields: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(LENGTH_BYTES, dataStart));
    fields = JSON.parse(text);
  } catch (error) {
    return problem(`its header is not JSON (${error instanceof Error ? error.message : String(error)})`);
  }
  if (!isRecord(fields)) return problem('its header is not a JSON object');
  return { kind: 'ok', value: { fields, dataStart } };
}

function readEntry(name: string, value: Plain, size: number): Step<Entry> {
  if (!isRecord(value)) return problem(`the entry of \`${name}\` is not an object`);
  const { dtype: tag, shape, data_offsets: offsets } = value;
  const element = typeof tag === 'string' ? ELEMENTS.get(tag) : undefined;
  if (element === undefined)
    return problem(`\`${name}\` has the element type ${String(tag)}, which is not read`);
  if (!isSizes(shape)) return problem(`\`${name}\` has a shape that is not a list of sizes`);
  if (!isSizes(offsets) || offsets.length !== 2) return problem(`\`${name}\` has no pair of offsets`);
  const [begin = 0, end = 0] = offsets;
  if (begin > end || end > size) {
    return problem(
      `\`${name}\` should lie at bytes ${begin} to ${end} of ${size}; the file is cut short or altered`,
    );
  }
  const wanted = elementCount(shape) * element.bytes;
  if (wanted !== end - begin) {
    return problem(`\`${name}\` of shape [${shape.join(', ')}] needs ${wanted} bytes and has ${end - begin}`);
  }
  return { kind: 'ok', value: { name, dtype: element.dtype, dims: shape, begin, end } };
}

/** Tensors lie end to end: an overlap would let one write show in two of them, a gap could hide anything. */
function coverageFault(entries: readonly Entry[], size: number): string | undefined {
  let at = 0;
  let before = '';
  for (const { name, begin, end } of entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin < at) return `\`${name}\` and \`${before}\` overlap`;
    if (begin > at) return `bytes ${at} to ${begin} belong to no tensor`;
    at = end;
    before = name;
  }
  return at === size ? undefined : `bytes ${at} to ${size} belong to no tensor`;
}

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

function problem(text: string): { readonly kind: 'problem'; readonly text: string } {
  return { kind: 'problem', text };
}

function isRecord(value: unknown): value is { readonly [key: string]: Plain } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSizes(value: Plain | undefined): value is readonly number[] {
  return Array.isArray(value) && value.every((one) => Number.isSafeInteger(one) && one >= 0);
}
