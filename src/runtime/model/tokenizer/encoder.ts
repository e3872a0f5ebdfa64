// The one door to @huggingface/tokenizers: text to tokens with where each lies in the text. The library gives no places, so
// they are found by reading tokens and text side by side; a text that they do not spell has a token that stands for none of it.
import { Tokenizer as Library } from '@huggingface/tokenizers';
import type { Plain } from '../../../compiler/base/canonical.js';
import { alignTokens, type Spelling } from './align-tokens.js';

export type EncoderSource = { readonly json: Plain; readonly vocab: number };

export type Encoded = {
  readonly ids: readonly number[];
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  /** Words that have no token. */
  readonly unknown: readonly string[];
};

export type Encoder = (text: string) => Encoded;

/** Throws what the library throws for a file that it cannot build. */
export function openEncoder({ json }: EncoderSource): Encoder {
  if (typeof json !== 'object' || json === null) throw new Error('it is not a JSON object');
  const library = new Library(withUnicodeDigits(json), {});
  const added = library.get_added_tokens_decoder();
  const normalizer = library.normalizer;
  const spelling: Spelling = {
    kind: spellingOf(json),
    normalise: normalizer === null ? null : (text) => normalizer.normalize(text),
    prepends: normalizer?.normalize('a').startsWith('▁') === true,
    added: (id) => added.get(id)?.content,
  };
  // How many tokens the post-processor puts before: found once on a text of one character.
  const probe: readonly number[] = library.encode('a', { add_special_tokens: false }).ids;
  const whole: readonly number[] = library.encode('a').ids;
  const before = whole.findIndex((_, at) => probe.every((id, i) => whole[at + i] === id));
  return (text) => {
    const content = library.encode(text, { add_special_tokens: false });
    const ids = library.encode(text).ids;
    const after = ids.length - content.ids.length - before;
    const places = alignTokens(text, content, spelling);
    if (places.kind === 'stuck') {
      const none = ids.map(() => 0);
      return { ids, starts: none, ends: none, unknown: unknownWords(text, places.at, library, spelling) };
    }
    const padded = (inner: readonly number[], last: number): number[] => [
      ...new Array<number>(before).fill(0),
      ...inner,
      ...new Array<number>(Math.max(after, 0)).fill(last),
    ];
    const { starts, ends } = places;
    return { ids, starts: padded(starts, text.length), ends: padded(ends, text.length), unknown: [] };
  };
}

/**
 * The original's `Digits` splits at every numeric character (½, ７, ٣), the library's at 0 to 9 only; the same as a `Split` that
 * both understand alike.
 */
function withUnicodeDigits(value: Plain): Plain {
  if (Array.isArray(value)) return value.map(withUnicodeDigits);
  if (typeof value !== 'object' || value === null) return value;
  const fields = value as { readonly [key: string]: Plain }; // what is left of plain data
  if (fields.type === 'Digits') {
    const pattern = { Regex: fields.individual_digits === true ? '\\p{N}' : '\\p{N}+' };
    return { type: 'Split', pattern, behavior: 'Isolated', invert: false };
  }
  if (!('pre_tokenizer' in fields) && !('pretokenizers' in fields)) return value;
  return Object.fromEntries(
    Object.entries(fields).map(([key, part]) => [
      key,
      key === 'pre_tokenizer' || key === 'pretokenizers' ? withUnicodeDigits(part) : part,
    ]),
  );
}

/** The words between white space that are not spelled by their own tokens; at least the one where reading stopped. */
function unknownWords(text: string, at: number, library: Library, spelling: Spelling): readonly string[] {
  const words = [...new Set(text.split(/\s+/).filter((word) => word !== ''))];
  const found = words.filter((word) => {
    const content = library.encode(word, { add_special_tokens: false });
    return alignTokens(word, content, spelling).kind === 'stuck';
  });
  if (found.length > 0) return found;
  return [/\S+/.exec(text.slice(at))?.[0] ?? text];
}

/** How the strings of tokens are to be read. */
function spellingOf(json: { readonly [key: string]: unknown } | readonly unknown[]): Spelling['kind'] {
  const text = (part: string): string =>
    JSON.stringify((json as { readonly [key: string]: unknown })[part] ?? null); // a list has no parts
  if (
    text('model').startsWith('{"type":"WordPiece"') ||
    /"continuing_subword_prefix":"##"/.test(text('model'))
  )
    return 'words';
  if (text('pre_tokenizer').includes('"ByteLevel"') || text('decoder').includes('"ByteLevel"'))
    return 'bytes';
  return 'pieces';
}
