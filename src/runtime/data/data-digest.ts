// The identity of a data declaration: what splits, discover rows and searches derive from.

import type { Plain } from '../../compiler/base/canonical.js';
import { type Digest, digest } from '../../compiler/base/digest.js';
import type { DataSpec } from '../../compiler/data/data-spec.js';

/** Its 64 hexadecimal digits are the root of everything but confirm rows. A change of the declaration changes it. */
export function dataDigest(spec: DataSpec): Digest {
  return digest('data', plainSpec(spec));
}

function plainSpec(spec: DataSpec): Plain {
  switch (spec.kind) {
    case 'repeated_tokens':
    case 'template':
    case 'grid':
    case 'bytes':
    case 'rows':
      return spec;
    case 'table':
      // The digest of the file stands for its values.
      return { ...spec, columns: spec.columns.map((column) => column.name) };
  }
}
