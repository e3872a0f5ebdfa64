// JSON as the project stores it: canonical text (RFC 8785, JCS) where a digest is taken of it, sorted and indented where
// people read it. Each text is the only one for its value, so a reader can refuse any byte that a writer did not write.
import { bug } from '../../compiler/base/bug.js';
import { canonical, type Plain } from '../../compiler/base/canonical.js';

export type PlainObject = { readonly [key: string]: Plain };
export type Parsed =
  | { readonly kind: 'ok'; readonly value: Plain }
  | { readonly kind: 'bad'; readonly text: string };

/** RFC 8785 text. NaN and the infinities have none (a caller writes null or a word instead); -0 becomes 0. */
export function jcs(value: Plain): string {
  return canonical(jsonValue(value));
}

/** The same value, sorted and indented by two spaces, with a newline at the end. */
export function readableJson(value: Plain): string {
  return `${JSON.stringify(sorted(jsonValue(value)), null, 2)}\n`;
}

/** Strict: the text must be what `write` makes of its value, so repeated keys or changed white space are found. */
export function parseExactly(text: string, write: (value: Plain) => string): Parsed {
  const parsed = parseJson(text);
  if (parsed.kind === 'bad') return parsed;
  if (hasLoneSurrogateOrInfinity(parsed.value) || write(parsed.value) !== text) {
    const crlf = text.includes('\r\n') ? ' (its line ends were changed to CRLF)' : '';
    return { kind: 'bad', text: `not in the form that eisc writes${crlf}` };
  }
  return parsed;
}

export function parseJson(text: string): Parsed {
  try {
    return { kind: 'ok', value: JSON.parse(text) as Plain }; // JSON.parse returns nothing else
  } catch (error) {
    if (error instanceof SyntaxError) return { kind: 'bad', text: 'not JSON' };
    throw error;
  }
}

export function isObject(value: Plain | undefined): value is PlainObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function jsonValue(value: Plain): Plain {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return bug(`${value} has no JSON form`);
    return value === 0 ? 0 : value;
  }
  if (typeof value === 'string') {
    return isWellFormed(value) ? value : bug('a string with half a surrogate pair has no JSON form');
  }
  return mapInside(value, jsonValue);
}

/** `1e999` parses to infinity and `"\ud800"` to half a character: neither can have been written by us. */
function hasLoneSurrogateOrInfinity(value: Plain): boolean {
  if (typeof value === 'number') return !Number.isFinite(value);
  if (typeof value === 'string') return !isWellFormed(value);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, item]) => !isWellFormed(key) || hasLoneSurrogateOrInfinity(item));
}

/** `JSON.stringify` prints integer-like keys first whatever was done here; both sides of a comparison do the same. */
function sorted(value: Plain): Plain {
  const inside = mapInside(value, sorted);
  if (!isObject(inside)) return inside;
  return Object.fromEntries(Object.entries(inside).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** No half of a surrogate pair stands alone. */
function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

function mapInside(value: Plain, change: (item: Plain) => Plain): Plain {
  if (typeof value !== 'object' || value === null) return value;
  if (isList(value)) return value.map(change);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, change(item)]));
}

function isList(value: object): value is readonly Plain[] {
  return Array.isArray(value);
}
