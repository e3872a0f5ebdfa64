// Source text with marked places: `let x = <|y|>` is the text `let x = y` and the span of `y`.
import type { Span } from '../../src/compiler/base/span.js';

export type MarkedSource = { readonly text: string; readonly spans: readonly Span[] };

/** Marks do not nest. Spans come in reading order. */
export function readMarked(marked: string, file = 'test.eis'): MarkedSource {
  const spans: Span[] = [];
  let text = '';
  for (const [index, part] of marked.split(/<\||\|>/).entries()) {
    if (index % 2 === 1) spans.push({ file, start: text.length, end: text.length + part.length });
    text += part;
  }
  if (marked.split(/<\||\|>/).length % 2 === 0) throw new Error('a mark is not closed');
  return { text, spans };
}
