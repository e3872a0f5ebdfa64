// Whether a model's weights fit into what a run may use: asked of headers and sizes, before any weight is read.
import { failed } from './model-files.js';

/** Bytes of an element as a backend holds it, whatever the file stores. */
const FLOAT32_BYTES = 4;

/** Bytes of tensors of these dims as float32. */
export function float32Bytes(tensors: Iterable<{ readonly dims: readonly number[] }>): number {
  let elements = 0;
  for (const { dims } of tensors) elements += dims.reduce((product, size) => product * size, 1);
  return elements * FLOAT32_BYTES;
}

/** The problem of a model whose weights alone are more than `memoryBytes`, or undefined. */
export function budgetFault(
  path: string,
  weightBytes: number,
  memoryBytes: number,
): ReturnType<typeof failed> | undefined {
  return weightBytes > memoryBytes
    ? failed({ kind: 'too-large', path, weightBytes, memoryBytes })
    : undefined;
}
