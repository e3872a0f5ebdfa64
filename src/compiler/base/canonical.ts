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
  // The default order is that of code units.
  for (const key of Object.keys(value).sort()) {
    const item = value[key];
    if (item === undefined) return bug(`${key} is not plain data`);
    const field = `${JSON.stringify(key)}:${canonical(item)}`;
    text += text === '' ? field : `,${field}`;
  }
  return `{${text}}`;
}

function isList(value: object): value is readonly Plain[] {
  return Array.isArray(value);
}

function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}
