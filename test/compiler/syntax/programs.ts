// The programs of the corpus, and comparison of trees without their places.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasErrors } from '../../../src/compiler/base/reporter.js';
import { parseFile } from '../../../src/compiler/syntax/parse.js';

export const corpus = join(import.meta.dirname, '../../corpus/syntax');

export function readProgram(name: string): string {
  return readFileSync(join(corpus, `${name}.eis`), 'utf8');
}

/** All corpus texts, broken ones included, with each line of the idioms as a file of its own. */
export function corpusTexts(): readonly string[] {
  const names = readdirSync(corpus).filter((one) => one.endsWith('.eis'));
  const idioms = readProgram('idioms').split('\n');
  return [...names.map((one) => readProgram(one.slice(0, -4))), ...idioms.filter((one) => one.trim() !== '')];
}

/** The corpus texts that parse. */
export function goodTexts(): readonly string[] {
  return corpusTexts().filter((text) => !hasErrors(parseFile(text, 'corpus.eis').diagnostics));
}

const places: ReadonlySet<string> = new Set(['span', 'nameSpan', 'keywordSpan', 'operatorSpan', 'trivia']);

/** A tree without spans and comments, and without the text of the file. */
export function withoutPlaces(tree: unknown): unknown {
  if (Array.isArray(tree)) return tree.map(withoutPlaces);
  if (typeof tree !== 'object' || tree === null) return tree;
  const isFile = 'declarations' in tree;
  const kept = Object.entries(tree).filter(([key]) => !places.has(key) && !(isFile && key === 'text'));
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutPlaces(value)]));
}
