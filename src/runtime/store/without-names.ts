// A meaning with the names of declarations and prose erased: what its digest is taken of. The lock keeps both, so that what changed
// can be said in the words of the file.
import type { Plain } from '../../compiler/base/canonical.js';
import { isObject, type PlainObject } from './json.js';

/** Declarations are meant by their place among those of their kind; of prose only counts that it is there. */
export function withoutNames(meaning: PlainObject): PlainObject {
  const data = placesOf(meaning.data);
  const claims = placesOf(meaning.claims);
  const claim = (name: Plain | undefined): Plain => placed(name, claims);
  const erased: Record<string, Plain> = { ...meaning };
  const each = (key: string, change: (item: PlainObject) => PlainObject): void => {
    const list = meaning[key];
    if (Array.isArray(list)) erased[key] = list.map((item) => (isObject(item) ? change(item) : item));
  };
  each('models', unnamed);
  each('data', unnamed);
  each('families', (one) => {
    const { claims: counted, ...rest } = unnamed(one);
    return { ...rest, claims: Array.isArray(counted) ? counted.map(claim) : (counted ?? null) };
  });
  each('claims', (one) => {
    const [name, ...rows] = typeof one.on === 'string' ? one.on.split('.') : [];
    return {
      ...unnamed(one),
      on: [placed(name, data), ...rows],
      because: isThere(one.because),
      nil: isThere(one.nil),
    };
  });
  each('controls', (one) => ({ ...unnamed(one), claim: claim(one.claim), waived: isThere(one.waived) }));
  each('predictions', (one) => ({ ...one, claim: claim(one.claim) }));
  return erased;
}

function unnamed({ name: _, ...rest }: PlainObject): PlainObject {
  return rest;
}

function isThere(prose: Plain | undefined): boolean {
  return prose !== undefined && prose !== null;
}

function placesOf(list: Plain | undefined): ReadonlyMap<Plain, number> {
  const items = Array.isArray(list) ? list : [];
  return new Map(
    items.flatMap((one, i) => (isObject(one) && one.name !== undefined ? [[one.name, i] as const] : [])),
  );
}

/** A name that nothing declares stays. */
function placed(name: Plain | undefined, places: ReadonlyMap<Plain, number>): Plain {
  return name === undefined ? null : (places.get(name) ?? name);
}
