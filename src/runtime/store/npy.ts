// NumPy's .npy format, version 1.0, C order, little-endian: what `numpy.load` reads.
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
import { bug } from '../../compiler/base/bug.js';

export type NpyArray =
  | { readonly dtype: 'f32'; readonly dims: readonly number[]; readonly data: Float32Array }
  | { readonly dtype: 'f64'; readonly dims: readonly number[]; readonly data: Float64Array }
  | { readonly dtype: 'i32'; readonly dims: readonly number[]; readonly data: Int32Array }
  | { readonly dtype: 'i64'; readonly dims: readonly number[]; readonly data: BigInt64Array }
  /** One byte per value, 0 or 1. */
  | { readonly dtype: 'bool'; readonly dims: readonly number[]; readonly data: Uint8Array };

export type ReadNpy =
  | { readonly kind: 'ok'; readonly array: NpyArray }
  | { readonly kind: 'bad'; readonly text: string };

type DType = NpyArray['dtype'];

const DESCRIPTIONS = {
  f32: '<f4',
  f64: '<f8',
  i32: '<i4',
  i64: '<i8',
  bool: '|b1',
} as const satisfies Record<DType, string>;
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0];
/** The data begin at a multiple of this, as the format asks. */
const ALIGNMENT = 64;
const bad = (text: string): ReadNpy => ({ kind: 'bad', text });

/** The bytes of one array. Its length must be the product of `dims`. */
export function writeNpy(array: NpyArray): Uint8Array {
  const { dtype, dims, data } = array;
  if (sizeOf(dims) !== data.length) bug(`array of ${data.length} values with shape (${dims.join(', ')})`);
  if (dtype === 'bool' && data.some((value) => value > 1)) bug('a truth value is neither 0 nor 1');
  const shape = dims.length === 1 ? `(${dims[0]},)` : `(${dims.join(', ')})`;
  const dict = `{'descr': '${DESCRIPTIONS[dtype]}', 'fortran_order': False, 'shape': ${shape}, }`;
  const headerLength = Math.ceil((MAGIC.length + 2 + dict.length + 1) / ALIGNMENT) * ALIGNMENT;
  const header = `${dict.padEnd(headerLength - MAGIC.length - 2 - 1)}\n`;
  const out = new Uint8Array(headerLength + data.byteLength);
  out.set(MAGIC);
  new DataView(out.buffer).setUint16(MAGIC.length, header.length, true);
  out.set(new TextEncoder().encode(header), MAGIC.length + 2);
  out.set(littleEndian(data), headerLength);
  return out;
}

/** Reads what `writeNpy` or numpy wrote for the five types; anything else is reported, never guessed. */
export function readNpy(bytes: Uint8Array): ReadNpy {
  if (bytes.length < MAGIC.length + 2 || MAGIC.some((byte, i) => bytes[i] !== byte)) {
    return bad('not a .npy file of version 1.0');
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = MAGIC.length + 2 + view.getUint16(MAGIC.length, true);
  const header = String.fromCharCode(...bytes.subarray(MAGIC.length + 2, Math.min(start, bytes.length)));
  const found = /^\{'descr': '([^']+)', 'fortran_order': (True|False), 'shape': \(([\d, ]*)\), \} *\n$/.exec(
    header,
  );
  const [, description = '', order, shape = ''] = found ?? [];
  if (found === null) return bad('the header of this .npy file is not understood');
  if (order === 'True') return bad('the array is in Fortran order');
  const dtype = dtypes().find((one) => DESCRIPTIONS[one] === description);
  if (dtype === undefined) return bad(`arrays of type \`${description}\` are not read`);
  const dims = shape.split(',').flatMap((one) => (one.trim() === '' ? [] : [Number(one)]));
  return withData(dtype, dims, Uint8Array.from(bytes.subarray(start)));
}

function withData(dtype: DType, dims: readonly number[], raw: Uint8Array<ArrayBuffer>): ReadNpy {
  const width = { f32: 4, f64: 8, i32: 4, i64: 8, bool: 1 }[dtype];
  if (raw.length !== sizeOf(dims) * width) {
    return bad(
      `shape (${dims.join(', ')}) needs ${sizeOf(dims) * width} bytes of data, but there are ${raw.length}`,
    );
  }
  const buffer = swapIfBigEndian(raw, width).buffer;
  return { kind: 'ok', array: typed(dtype, dims, buffer) };
}

function typed(dtype: DType, dims: readonly number[], buffer: ArrayBuffer): NpyArray {
  switch (dtype) {
    case 'f32':
      return { dtype, dims, data: new Float32Array(buffer) };
    case 'f64':
      return { dtype, dims, data: new Float64Array(buffer) };
    case 'i32':
      return { dtype, dims, data: new Int32Array(buffer) };
    case 'i64':
      return { dtype, dims, data: new BigInt64Array(buffer) };
    case 'bool':
      return { dtype, dims, data: new Uint8Array(buffer) };
  }
}

function dtypes(): readonly DType[] {
  return Object.keys(DESCRIPTIONS) as DType[]; // the table's own keys
}

function sizeOf(dims: readonly number[]): number {
  return dims.reduce((product, size) => product * size, 1);
}

function littleEndian(data: NpyArray['data']): Uint8Array {
  const raw = Uint8Array.from(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return swapIfBigEndian(raw, data.BYTES_PER_ELEMENT);
}

function swapIfBigEndian(raw: Uint8Array<ArrayBuffer>, width: number): Uint8Array<ArrayBuffer> {
  const isBigEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 0;
  if (isBigEndian) for (let at = 0; at < raw.length; at += width) raw.subarray(at, at + width).reverse();
  return raw;
}
