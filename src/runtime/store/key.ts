// What a cached result depends on. A result is found again exactly when everything here is the same.
import { canonical, type Plain } from '../../compiler/base/canonical.js';
import { type Digest, digest } from '../../compiler/base/digest.js';

/** Raise when the meaning of a key changes: every older result then counts as missing. */
export const KEY_VERSION = 1;

/** `what`: the kind of work, such as `outcomes`. `inputs`: everything that the result depends on, by name. */
export type KeyParts = { readonly what: string; readonly inputs: { readonly [name: string]: Plain } };

/** Parts as they were recorded when a result was stored. */
export type RecordedParts = KeyParts & { readonly version: number };

export function keyOf(parts: KeyParts): Digest {
  return digest('store-key', recordParts(parts));
}

export function recordParts(parts: KeyParts): RecordedParts {
  return { version: KEY_VERSION, what: parts.what, inputs: parts.inputs };
}

/** Why a result has to be computed again, one phrase per reason; empty when the keys are equal. */
export function explainMiss(old: RecordedParts | undefined, parts: KeyParts): readonly string[] {
  if (old === undefined) return ['never computed here'];
  const reasons: string[] = [];
  if (old.version !== KEY_VERSION) reasons.push(`keys are made differently since version ${old.version}`);
  if (old.what !== parts.what) reasons.push(`was \`${old.what}\`, is \`${parts.what}\``);
  for (const name of namesIn(old, parts)) {
    const before = old.inputs[name];
    const now = parts.inputs[name];
    if (before === undefined) reasons.push(`\`${name}\` is new`);
    else if (now === undefined) reasons.push(`\`${name}\` is gone`);
    else if (canonical(before) !== canonical(now)) reasons.push(changed(name, before, now));
  }
  return reasons;
}

function changed(name: string, before: Plain, now: Plain): string {
  const short = [before, now].map(shortText);
  return short.includes(undefined)
    ? `\`${name}\` changed`
    : `\`${name}\` changed from ${short[0]} to ${short[1]}`;
}

/** Digests and long values say nothing to a reader. */
function shortText(value: Plain): string | undefined {
  const text = canonical(value);
  return text.length > 24 ? undefined : text;
}

function namesIn(old: KeyParts, now: KeyParts): readonly string[] {
  return [...new Set([...Object.keys(old.inputs), ...Object.keys(now.inputs)])].sort();
}
