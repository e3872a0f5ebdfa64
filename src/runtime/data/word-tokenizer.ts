// The word-level tokenizer of the bundled models: words of letters, and every other sign by itself; blanks separate.
import { digest } from '../../compiler/base/digest.js';
import type { RowTokenizer } from './row-tokenizer.js';

/** Must match the training scripts under models/ to the letter: `[A-Za-z]+|[^\sA-Za-z]`, by code points. */
function tokenEnd(text: string, start: number): number {
  let end = start;
  while (isLetter(text.charCodeAt(end))) end += 1;
  if (end > start) return end;
  return start + ((text.codePointAt(start) ?? 0) > 0xffff ? 2 : 1);
}

function isLetter(code: number): boolean {
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
}

function isBlank(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return (
    code === 32 || (code < 33 && /\s/.test(text.charAt(at))) || (code > 126 && /\s/.test(text.charAt(at)))
  );
}

/** `bos`, where there is one, stands before every text and covers no character. */
export function wordTokenizer(vocab: readonly string[], bos: string | null = null): RowTokenizer {
  const ids = new Map(vocab.map((word, id) => [word, id]));
  const first = bos === null ? undefined : ids.get(bos);
  return {
    digest: digest('tokenizer', { kind: 'words', vocab, bos }),
    vocab: vocab.length,
    encode(text) {
      const found: number[] = first === undefined ? [] : [first];
      const starts: number[] = first === undefined ? [] : [0];
      const ends: number[] = first === undefined ? [] : [0];
      const unknown: string[] = [];
      for (let at = 0; at < text.length; ) {
        if (isBlank(text, at)) {
          at += 1;
          continue;
        }
        const end = tokenEnd(text, at);
        const word = text.slice(at, end);
        const id = ids.get(word);
        if (id === undefined) unknown.push(word);
        found.push(id ?? 0);
        starts.push(at);
        ends.push(end);
        at = end;
      }
      return { ids: found, starts, ends, unknown };
    },
  };
}
