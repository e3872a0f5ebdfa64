// The canonical encoding of plain data. Identity and digests are taken from this text and nothing else.
import { bug } from './bug.js';

export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain };

/** One text per value, whatever the order of keys. Numbers keep -0, NaN and the infinities apart, which JSON does not. */
export function canonical(value: Plain): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return numberText(value);
  // Plain loops: everything that is hashed or hash-consed comes through here.
  let text = '';
  if (isList(value)) {
    for (const item of value) text += text === '' ? canonical(item) : `,${canonical(item)}`;
    return `[${text}]`;
  }
  for (const key of sortedKeys(value)) {
    const item = value[key];
    if (item === undefined) return bug(`${key} is not plain data`);
    const field = `${JSON.stringify(key)}:${canonical(item)}`;
    text += text === '' ? field : `,${field}`;
  }
  return `{${text}}`;
}

/** In the default order, that of code units. Most objects are written in it, and sorting takes more than all the rest. */
function sortedKeys(value: object): readonly string[] {
  const keys = Object.keys(value);
  for (let i = 1; i < keys.length; i++) {
    if ((keys[i - 1] ?? '') > (keys[i] ?? '')) return keys.sort();
  }
  return keys;
}

function isList(value: object): value is readonly Plain[] {
  return Array.isArray(value);
}

function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}
