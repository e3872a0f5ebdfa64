// A meaning with prose erased: what its digest is taken of. The lock keeps both, so that what changed can be said in the words of
// the file. Names of declarations count: outcomes, verdicts and flips are named by them.
import type { Plain } from '../../compiler/base/canonical.js';
import { isObject, type PlainObject } from './json.js';

/** Of reasons only counts that they are there. */
export function withoutProse(meaning: PlainObject): PlainObject {
  const erased: Record<string, Plain> = { ...meaning };
  const each = (key: string, fields: readonly string[]): void => {
    const list = meaning[key];
    if (Array.isArray(list)) erased[key] = list.map((item) => (isObject(item) ? told(item, fields) : item));
  };
  each('claims', ['because', 'nil']);
  each('controls', ['waived']);
  return erased;
}

function told(item: PlainObject, fields: readonly string[]): PlainObject {
  const changed: Record<string, Plain> = { ...item };
  for (const field of fields) changed[field] = item[field] !== undefined && item[field] !== null;
  return changed;
}
