// What the data layer asks of a tokenizer. Models bring one; tests write one in five lines.

/** Token i covers the characters starts[i]..ends[i] of the text; added tokens (a beginning mark) cover none. */
export type Encoding = {
  readonly ids: ArrayLike<number>;
  readonly starts: ArrayLike<number>;
  readonly ends: ArrayLike<number>;
  /** Words that have no token. Not empty: the ids mean nothing. */
  readonly unknown: readonly string[];
};

export type RowTokenizer = {
  readonly digest: string;
  readonly vocab: number;
  encode(text: string): Encoding;
};

/** The tokens of the text itself, without added ones. */
export function contentTokens({ ids, starts, ends }: Encoding): number[] {
  const content: number[] = [];
  for (let token = 0; token < ids.length; token++) {
    if ((ends[token] ?? 0) > (starts[token] ?? 0)) content.push(ids[token] ?? 0);
  }
  return content;
}
