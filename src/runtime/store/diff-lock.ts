// What differs between two locks, in words: one phrase per smallest part that changed.
import { canonical, type Plain } from '../../compiler/base/canonical.js';
import { isObject } from './json.js';
import type { Lock, Meaning } from './lock.js';

export type LockDifference = { readonly meaning: readonly string[]; readonly environment: readonly string[] };

export function diffLock(old: Lock, now: Lock): LockDifference {
  return {
    meaning: diffMeaning(old.meaning, now.meaning),
    environment: diffPlain(old.environment, now.environment, ''),
  };
}

export function diffMeaning(old: Meaning, now: Meaning): readonly string[] {
  return diffPlain(old, now, '');
}

/** Lists whose items have an `id` or `name` are compared by it; other lists by position. */
export function diffPlain(old: Plain, now: Plain, path: string): readonly string[] {
  if (canonical(old) === canonical(now)) return [];
  const [before, after] = [fieldsOf(old), fieldsOf(now)];
  if (before === undefined || after === undefined)
    return [`${place(path)} was ${short(old)}, is ${short(now)}`];
  const changes: string[] = [];
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const [was, is] = [before.get(name), after.get(name)];
    const inner = path === '' ? name : `${path}.${name}`;
    if (was === undefined) changes.push(`${place(inner)} is new: ${short(is ?? null)}`);
    else if (is === undefined) changes.push(`${place(inner)} is gone: ${short(was)}`);
    else changes.push(...diffPlain(was, is, inner));
  }
  return changes.length > 0 ? changes : [`${place(path)} has another order`];
}

function fieldsOf(value: Plain): ReadonlyMap<string, Plain> | undefined {
  if (isObject(value)) return new Map(Object.entries(value));
  if (typeof value !== 'object' || value === null) return undefined;
  const items = Object.values(value);
  const names = items.map(nameOf);
  const areNamed = names.every((name) => name !== undefined) && new Set(names).size === names.length;
  return new Map(
    items.map((item, index) => [(areNamed ? names[index] : undefined) ?? String(index + 1), item]),
  );
}

function nameOf(item: Plain): string | undefined {
  if (!isObject(item)) return undefined;
  const name = item.id ?? item.name;
  return typeof name === 'string' ? name : undefined;
}

function place(path: string): string {
  return path === '' ? 'it' : `\`${path}\``;
}

function short(value: Plain): string {
  const text = canonical(value);
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`;
}
