// Hands out comments and blank lines to the entries of a file, in reading order. Every comment is handed out once.
import type { FileTrivia, Trivia } from './ast.js';

export type Comment = { readonly text: string; readonly start: number; readonly end: number };

/** A cursor over the comments of one text: each method takes what lies between the last position and the given one. */
export class TriviaReader {
  readonly #text: string;
  readonly #comments: readonly Comment[];
  #next = 0;
  #position = 0;
  #first = true;

  constructor(text: string, comments: readonly Comment[]) {
    this.#text = text;
    this.#comments = comments;
  }

  /** Comments and blank lines before something that starts here. */
  before(start: number): string[] {
    const lines: string[] = [];
    for (let one = this.#peek(start); one !== undefined; one = this.#peek(start)) {
      this.#blank(lines, one.start);
      lines.push(this.#take(one));
    }
    this.#blank(lines, start);
    this.#position = Math.max(this.#position, start);
    this.#first = false;
    return lines;
  }

  /** Comments inside something that ends here: they move in front of it. */
  inside(end: number): string[] {
    const lines: string[] = [];
    for (let one = this.#peek(end); one !== undefined; one = this.#peek(end)) lines.push(this.#take(one));
    this.#position = Math.max(this.#position, end);
    return lines;
  }

  /** The comment that follows on the same line, with nothing but spaces and commas between. */
  after(end: number): string | undefined {
    this.#position = Math.max(this.#position, end);
    const one = this.#comments[this.#next];
    if (one === undefined || !/^[ \t,]*$/.test(this.#text.slice(end, one.start))) return undefined;
    return this.#take(one);
  }

  /** After the `{` that ends here; what comes next is first in its block. */
  open(end: number): string | undefined {
    const comment = this.after(end);
    this.#first = true;
    return comment;
  }

  /** Before the `}` that starts here. Blank lines at the end of a block mean nothing. */
  close(start: number): string[] {
    const lines = this.before(start);
    while (lines.at(-1) === '') lines.pop();
    return lines;
  }

  #peek(limit: number): Comment | undefined {
    const one = this.#comments[this.#next];
    return one !== undefined && one.start < limit ? one : undefined;
  }

  #take(one: Comment): string {
    this.#next++;
    this.#position = one.end;
    this.#first = false;
    return one.text.trimEnd();
  }

  #blank(lines: string[], start: number): void {
    const breaks = this.#text.slice(this.#position, start).match(/\r\n|\n|\r/g)?.length ?? 0;
    if (breaks > 1 && !this.#first) lines.push('');
  }
}

/** Leaves out what is absent, as exact optional properties want it. */
export function makeTrivia(before: readonly string[], after: string | undefined): Trivia {
  return { before, close: [], ...(after === undefined ? {} : { after }) };
}

export function makeFileTrivia(
  before: readonly string[],
  header: string | undefined,
  close: readonly string[],
): FileTrivia {
  return { before, close, ...(header === undefined ? {} : { header }) };
}
