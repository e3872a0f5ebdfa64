// A template line as pieces, and a filled line as text with the units (holes and words) its characters belong to.
import { badTemplate, type DataProblem, unknownHole } from './problem.js';

/** A word or sign of fixed text, by its place in that text. */
export type Word = { readonly start: number; readonly end: number };

export type Piece =
  | { readonly kind: 'text'; readonly text: string; readonly words: readonly Word[] }
  | { readonly kind: 'hole'; readonly hole: number };

/** `roleOf[u]` is the hole whose first occurrence unit u is, or -1. Units are holes and words, in order. */
export type TemplateLine = {
  readonly line: string;
  readonly pieces: readonly Piece[];
  readonly roleOf: readonly number[];
  readonly holes: ReadonlySet<number>;
};

/** Letters and digits with their apostrophes, or any other single sign. */
const WORD = /[\p{L}\p{N}]+(?:['’][\p{L}\p{N}]+)*|[^\s\p{L}\p{N}]/gu;

/** Reads `{name}` as a hole. Problems: a brace that belongs to none, a hole that is not declared. */
export function parseTemplate(
  line: string,
  holes: readonly string[],
): { template: TemplateLine; problems: DataProblem[] } {
  const problems: DataProblem[] = [];
  const pieces: Piece[] = [];
  const roleOf: number[] = [];
  const seen = new Set<number>();
  const addText = (text: string): void => {
    if (text === '') return;
    if (/[{}]/.test(text)) problems.push(badTemplate(line));
    const words = [...text.matchAll(WORD)].map((match) => ({
      start: match.index,
      end: match.index + match[0].length,
    }));
    for (const _ of words) roleOf.push(-1);
    pieces.push({ kind: 'text', text, words });
  };
  let at = 0;
  for (const match of line.matchAll(/\{\s*([\p{L}_][\p{L}\p{N}_]*)\s*\}/gu)) {
    addText(line.slice(at, match.index));
    at = match.index + match[0].length;
    const name = match[1] ?? '';
    const hole = holes.indexOf(name);
    if (hole < 0) {
      problems.push(unknownHole(name, line, holes));
      continue;
    }
    roleOf.push(seen.has(hole) ? -1 : hole);
    seen.add(hole);
    pieces.push({ kind: 'hole', hole });
  }
  addText(line.slice(at));
  return { template: { line, pieces, roleOf, holes: seen }, problems };
}

/** Where each unit ends in a filled text; reused from row to row. */
export type UnitEnds = { readonly starts: number[]; readonly ends: number[] };

/** The text with every hole filled. Writes the units' places into `units`, which is emptied first. */
export function fillTemplate(template: TemplateLine, values: readonly string[], units: UnitEnds): string {
  let text = '';
  units.starts.length = 0;
  units.ends.length = 0;
  for (const piece of template.pieces) {
    const start = text.length;
    if (piece.kind === 'hole') {
      text += values[piece.hole] ?? '';
      units.starts.push(start);
      units.ends.push(text.length);
      continue;
    }
    text += piece.text;
    for (const word of piece.words) {
      units.starts.push(start + word.start);
      units.ends.push(start + word.end);
    }
  }
  return text;
}
