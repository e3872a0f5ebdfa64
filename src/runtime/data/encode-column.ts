// Texts that exist already, to token columns, with everything the tokenizer refused.
import { ragged, scalarColumn } from './columns.js';
import { answerNotOneToken, type DataProblem, emptyText, tokenOutOfRange, unknownWords } from './problem.js';
import type { Column, Ragged } from './row-set.js';
import { contentTokens, type Encoding, type RowTokenizer } from './row-tokenizer.js';

/** Tokenises texts; the words it does not know are collected over all calls. */
export class ColumnEncoder {
  readonly #tokenizer: RowTokenizer;
  readonly #unknown = new Set<string>();
  readonly #problems: DataProblem[] = [];

  constructor(tokenizer: RowTokenizer) {
    this.#tokenizer = tokenizer;
  }

  problems(): DataProblem[] {
    return [...(this.#unknown.size === 0 ? [] : [unknownWords([...this.#unknown])]), ...this.#problems];
  }

  encode(text: string): Encoding {
    const encoding = this.#tokenizer.encode(text);
    for (const word of encoding.unknown) this.#unknown.add(word);
    if (encoding.ids.length === 0) this.#add(emptyText(text));
    return encoding;
  }

  tokens(texts: readonly string[]): Ragged {
    return ragged(texts.map((text) => this.encode(text).ids));
  }

  oneToken(name: string, texts: readonly string[]): Column {
    return scalarColumn(
      'token',
      texts.map((text) => {
        const ids = contentTokens(this.encode(text));
        if (ids.length !== 1) this.#add(answerNotOneToken(name, text, ids.length));
        return ids[0] ?? 0;
      }),
    );
  }

  #add(problem: DataProblem): void {
    if (this.#problems.length < 20) this.#problems.push(problem);
  }
}

/** Token ids that were written out by hand; `vocab` undefined: no model says how many there are. */
export function checkTokens(rows: readonly (readonly number[])[], vocab: number | undefined): DataProblem[] {
  for (const row of rows) {
    if (row.length === 0) return [emptyText('a list of tokens')];
    const bad = row.find((token) => !(Number.isInteger(token) && token >= 0 && token < (vocab ?? 2 ** 31)));
    if (bad !== undefined) return [tokenOutOfRange(bad, vocab ?? 2 ** 31)];
  }
  return [];
}
