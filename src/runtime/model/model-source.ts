// What a model source delivers, whatever its format: tensors under the names and in the layout of the Hugging Face format,
// its configuration in that format's form, and its tokenizer. Nothing of the weights is held: a tensor is read when asked for.
import type { Plain } from '../../compiler/base/canonical.js';
import type { Tokenizer } from '../../compiler/model/manifest.js';

/** A tensor as the graph needs it: float32, row-major. */
export type FileTensor = {
  readonly dims: readonly number[];
  /** Of what decides its numbers: stored bytes, element type, dims and what is undone to reach the layout. */
  readonly digest: string;
  readonly dtype: 'f32';
  /** The element type in the file, such as `BF16` or `Q4_1`. */
  readonly stored: string;
  /** The path of its file as shown to the user. */
  readonly path: string;
  /** NaN or infinite elements, seen when the digest was made. */
  readonly notFinite: { readonly count: number; readonly first: number } | null;
  /** A fresh array each time. Throws `ModelFileChanged` where the file is not what it was. */
  readonly read: () => Float32Array;
};

/** Where the files come from, for the report and the lock. */
export type Origin =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'hub'; readonly id: string; readonly revision: string }
  | { readonly kind: 'gguf'; readonly path: string };

export type ModelFiles = {
  readonly kind: 'hf' | 'gguf';
  /** config.json, or what the fields of a GGUF file say in its form. */
  readonly config: Plain;
  readonly tensors: ReadonlyMap<string, FileTensor>;
  /** Tensors whose element type has no float32 form (masks, position ids), by name. They are only missed where they are needed. */
  readonly undecoded: ReadonlyMap<string, { readonly stored: string; readonly path: string }>;
  readonly tokenizer: Tokenizer;
  /** Element type by tensor name where weights are quantised, otherwise null. */
  readonly quantisation: { readonly [tensor: string]: string } | null;
  readonly origin: Origin;
};

/** A model file was changed between being opened and being read. */
export class ModelFileChanged extends Error {
  readonly path: string;
  constructor(path: string) {
    super(`${path} was changed while it was in use`);
    this.path = path;
  }
}

/** How many tensors have each element type: `Q4_1 × 210, F32 × 61, Q8_0 × 1`. */
export function quantisationText(quantisation: { readonly [tensor: string]: string }): string {
  const counts = new Map<string, number>();
  for (const type of Object.values(quantisation)) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts]
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .map(([type, count]) => `${type} × ${count}`)
    .join(', ');
}
