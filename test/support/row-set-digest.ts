// Digests of columns and of whole row sets, by which tests say that rows are the same or are not.
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { type Digest, digest } from '../../src/compiler/base/digest.js';
import type { Column, RowColumns, RowSet } from '../../src/runtime/data/row-set.js';

/** Type, shape, values and validity; numbers as little-endian bytes. */
export function columnDigest(column: Column): Digest {
  switch (column.kind) {
    case 'tokens':
      return hashParts('column:tokens', [column.offsets, column.values]);
    case 'positions':
      return hashParts(`column:positions:${column.type}`, [
        column.offsets,
        column.values,
        ...validity(column.valid),
      ]);
    case 'scalars':
      return hashParts(`column:scalars:${column.type}`, [column.values, ...validity(column.valid)]);
    case 'texts':
      return digest('column:texts', column.values);
  }
}

/** Every column of the rows and of their variants, their clusters, their identities. */
export function rowSetDigest(rowSet: RowSet): Digest {
  return digest('rows', {
    spec: rowSet.spec,
    split: rowSet.split,
    items: rowSet.itemHashes,
    clusters: { ids: rowSet.clusters.ids, of: [...rowSet.clusters.of] },
    columns: digestColumns(rowSet),
    variants: [...rowSet.variants.keys()].sort().map((path) => {
      const variant = rowSet.variants.get(path);
      return { path, columns: variant === undefined ? {} : digestColumns(variant) };
    }),
  });
}

function digestColumns(rows: RowColumns): Record<string, Digest> {
  const digests: Record<string, Digest> = { 'length ': hashParts('column:lengths', [rows.lengths]) };
  for (const [name, column] of rows.columns) digests[`column ${name}`] = columnDigest(column);
  for (const [name, positions] of rows.roles) digests[`role ${name}`] = hashParts('column:role', [positions]);
  for (const [name, positions] of rows.roleStarts)
    digests[`start ${name}`] = hashParts('column:role', [positions]);
  return digests;
}

function validity(valid: Uint8Array | undefined): Uint8Array[] {
  return valid === undefined ? [] : [valid];
}

function hashParts(domain: string, parts: readonly (Int32Array | Float64Array | Uint8Array)[]): Digest {
  const hash = sha256.create();
  hash.update(utf8ToBytes(`eis:${domain}\0`));
  for (const part of parts) {
    hash.update(utf8ToBytes(`${part.length}\0`));
    hash.update(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
  }
  return bytesToHex(hash.digest()) as Digest; // brand
}
