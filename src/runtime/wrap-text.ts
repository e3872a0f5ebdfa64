// Text broken between words for a terminal.
import { widthOf } from '../compiler/base/visible.js';

/** Eighty columns suffice: where the terminal does not say how wide it is, and where it is wider. */
export const TEXT_WIDTH = 80;

/** Lines of at most `width` columns; the second and later ones begin with `indent`. A word that is longer stays whole. */
export function wrapText(text: string, width: number = TEXT_WIDTH, indent = '  '): readonly string[] {
  const start = /^ */.exec(text)?.[0] ?? '';
  const lines: string[] = [];
  let line = '';
  for (const word of text.slice(start.length).split(' ')) {
    if (line === '') line = `${lines.length === 0 ? start : indent}${word}`;
    else if (widthOf(line) + 1 + widthOf(word) <= width) line = `${line} ${word}`;
    else {
      lines.push(line);
      line = `${indent}${word}`;
    }
  }
  return [...lines, line];
}
