// The canonical encoding of plain data. Identity and digests are taken from this text and nothing else.

export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain };

/** One text per value, whatever the order of keys. Numbers keep -0, NaN and the infinities apart, which JSON does not. */
export function canonical(value: Plain): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return numberText(value);
  if (isList(value)) return `[${value.map(canonical).join(',')}]`;
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`;
}

function isList(value: object): value is readonly Plain[] {
  return Array.isArray(value);
}

function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}
