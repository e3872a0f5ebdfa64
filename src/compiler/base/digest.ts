// Content hashes. Every digest names what it is a digest of, so that equal bytes of different kinds never collide.
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { canonical, type Plain } from './canonical.js';

/** 64 lower-case hexadecimal digits. */
export type Digest = string & { readonly brand: 'Digest' };

/** SHA-256 of plain data in canonical form, separated by domain (such as `meaning` or `plan`). */
export function digest(domain: string, value: Plain): Digest {
  return digestBytes(domain, utf8ToBytes(canonical(value)));
}

/** SHA-256 of bytes, separated by domain. The prefix is `eis:DOMAIN` and a zero byte, which no domain may hold. */
export function digestBytes(domain: string, bytes: Uint8Array): Digest {
  const hash = sha256.create();
  hash.update(utf8ToBytes(`eis:${domain}\0`));
  hash.update(bytes);
  return bytesToHex(hash.digest()) as Digest; // brand
}

/** SHA-256 of bytes alone: what `sha256sum` prints. For files that other tools check. */
export function plainSha256(bytes: Uint8Array): Digest {
  return bytesToHex(sha256(bytes)) as Digest; // brand
}
