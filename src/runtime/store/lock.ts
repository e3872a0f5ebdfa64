// `x.eis.lock`: what a file meant when its questions were fixed, and where it was to run. Rows, flips and control draws
// derive from the digest of the meaning; the seal covers the whole file, so that no byte of it can change unseen.
import type { Plain } from '../../compiler/base/canonical.js';
import { type Digest, digestBytes } from '../../compiler/base/digest.js';
import { bytesOf, type Host, readTextIfAny, writeAtomic } from '../host.js';
import { isObject, jcs, type PlainObject, parseExactly, parseJson, readableJson } from './json.js';
import type { RunProblem } from './problem.js';
import { schemaFault } from './schema.js';
import { withoutProse } from './without-prose.js';

export const LOCK_VERSION = 1;

/** What the caller puts in: at least the predictions, an empty list when there are none. */
export type Meaning = PlainObject & { readonly predictions: readonly Plain[] };

export type Lock = {
  readonly version: typeof LOCK_VERSION;
  readonly meaning: Meaning;
  /** Compiler, backend, precision, batch partition: does not change what is tested. */
  readonly environment: PlainObject;
  /** Head of the ledger when the lock was made. */
  readonly head: string;
  /** Digest of the meaning. */
  readonly lock: Digest;
  /** Digest of everything else in the file. */
  readonly seal: Digest;
};

export type ReadLock =
  | { readonly kind: 'ok'; readonly lock: Lock }
  | { readonly kind: 'absent' }
  | { readonly kind: 'bad'; readonly problem: RunProblem };

/**
 * Prose does not count. Numbers count by their JSON text, so that a meaning read back from a file has
 * the digest it was written with.
 */
export function meaningDigest(meaning: Meaning): Digest {
  return digestBytes('meaning', bytesOf(jcs(withoutProse(meaning))));
}

export function makeLock(parts: {
  readonly meaning: Meaning;
  readonly environment: PlainObject;
  readonly head: string;
}): Lock {
  const { meaning, environment, head } = parts;
  const unsealed = {
    version: LOCK_VERSION,
    meaning,
    environment,
    head,
    lock: meaningDigest(meaning),
  } as const;
  return { ...unsealed, seal: sealOf(unsealed) };
}

export function lockPath(pipeline: string): string {
  return `${pipeline}.lock`;
}

export function lockText(lock: Lock): string {
  return readableJson(lock);
}

export function writeLock(host: Host, pipeline: string, lock: Lock): void {
  writeAtomic(host, lockPath(pipeline), lockText(lock));
}

export function readLock(host: Host, pipeline: string): ReadLock {
  const text = readTextIfAny(host, lockPath(pipeline));
  return text === undefined ? { kind: 'absent' } : parseLock(text, lockPath(pipeline));
}

/** Every byte is checked: form, schema, digest of the meaning, seal. */
export function parseLock(text: string, path: string): ReadLock {
  const bad = (problem: RunProblem): ReadLock => ({ kind: 'bad', problem });
  const loose = parseJson(text);
  const version = loose.kind === 'ok' && isObject(loose.value) ? loose.value.version : undefined;
  if (typeof version === 'number' && version > LOCK_VERSION && Number.isInteger(version)) {
    return bad({ kind: 'lock-version', path, version: String(version) });
  }
  const parsed = parseExactly(text, readableJson);
  if (parsed.kind === 'bad') return bad({ kind: 'lock-file', path, text: parsed.text });
  const fault = schemaFault('lock', parsed.value);
  if (fault !== undefined) return bad({ kind: 'lock-file', path, text: fault });
  const lock = parsed.value as Lock; // the schema says so
  if (meaningDigest(lock.meaning) !== lock.lock) return bad({ kind: 'lock-digest', path, part: 'meaning' });
  if (sealOf(lock) !== lock.seal) return bad({ kind: 'lock-digest', path, part: 'whole' });
  return { kind: 'ok', lock };
}

function sealOf({ version, meaning, environment, head, lock }: Omit<Lock, 'seal'>): Digest {
  return digestBytes('lock', bytesOf(jcs({ version, meaning, environment, head, lock })));
}
