// A data file of an ONNX model that lies in memory.
import { digestBytes } from '../../src/compiler/base/digest.js';
import type { ExternalFile } from '../../src/compiler/onnx/importer.js';

export function inMemory(bytes: Uint8Array): ExternalFile {
  return {
    size: bytes.length,
    read: (offset, length) => bytes.slice(offset, offset + length),
    digest: (domain, offset, length) => digestBytes(domain, bytes.subarray(offset, offset + length)),
  };
}
