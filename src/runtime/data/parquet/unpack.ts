// Decompresses a page into exactly the bytes its header states; one that would become larger is broken.
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import type { CompressionCodec } from 'hyparquet';
import { decompressLz4Raw, decompressSnappy, decompressZstd } from 'hyparquet-compressors';
import { fault, inLibrary } from './parquet-fault.js';

type Unpack = ((packed: Uint8Array, length: number) => Uint8Array) | 'not supported';

const UNPACK = {
  UNCOMPRESSED: (packed) => packed,
  SNAPPY: (packed, length) => decompressSnappy(packed, length),
  GZIP: (packed, length) => gunzipSync(packed, { maxOutputLength: Math.max(length, 1) }),
  BROTLI: (packed, length) => brotliDecompressSync(packed, { maxOutputLength: Math.max(length, 1) }),
  ZSTD: (packed, length) => decompressZstd(packed, new Uint8Array(length)),
  LZ4_RAW: (packed, length) => decompressLz4Raw(packed, length),
  LZ4: 'not supported',
  LZO: 'not supported',
} as const satisfies Record<CompressionCodec, Unpack>;

export function unpack(codec: CompressionCodec | undefined, packed: Uint8Array, length: number): Uint8Array {
  if (length === 0) return new Uint8Array(0);
  const step: Unpack | undefined = codec === undefined ? undefined : UNPACK[codec];
  if (step === undefined || step === 'not supported') {
    return fault(
      `its compression ${codec ?? ''} is not read; write it with snappy, zstd, gzip, brotli or none`,
    );
  }
  const bytes = inLibrary(() => step(packed, length));
  return bytes.length === length ? bytes : fault('a page is not as long as its header says');
}
