// What a cached result depends on. A result is found again exactly when everything here is the same.
import type { Plain } from '../../compiler/base/canonical.js';
import { type Digest, digest } from '../../compiler/base/digest.js';

/** Raise when the meaning of a key changes: every older result then counts as missing. */
const KEY_VERSION = 1;

/** `what`: the kind of work, such as `outcomes`. `inputs`: everything that the result depends on, by name. */
export type KeyParts = { readonly what: string; readonly inputs: { readonly [name: string]: Plain } };

export function keyOf({ what, inputs }: KeyParts): Digest {
  return digest('store-key', { version: KEY_VERSION, what, inputs });
}
