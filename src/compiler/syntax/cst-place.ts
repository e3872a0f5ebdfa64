// Where concrete nodes and tokens stand, and the parts of a line that parsed without an error.
import type { CstElement, IToken } from 'chevrotain';
import { bug } from '../base/bug.js';
import type { Span } from '../base/span.js';
import type { Word } from './ast.js';

/** The first of a list that the grammar says is not empty. */
export function only<T>(items: readonly T[] | undefined): T {
  return items?.[0] ?? bug('a line without errors lacks a part the grammar demands');
}

export function tokenSpan(token: IToken, file: string): Span {
  return { file, start: token.startOffset, end: token.startOffset + token.image.length };
}

/** The place of a node. Chevrotain's end offsets are inclusive. */
export function spanOf(element: Exclude<CstElement, IToken>, file: string): Span {
  const { location } = element;
  if (location?.endOffset === undefined) return bug('a node without a place');
  return { file, start: location.startOffset, end: location.endOffset + 1 };
}

export function word(token: IToken, file: string): Word {
  return { name: token.image, span: tokenSpan(token, file) };
}

export function words(tokens: readonly IToken[], file: string): readonly Word[] {
  return tokens.map((token) => word(token, file));
}
