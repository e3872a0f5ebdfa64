// A model's tokenizer as the data layer asks for it, and text to tokens with a problem in place of a guess.
import { suggest } from '../../compiler/base/suggest.js';
import type { Tokenizer } from '../../compiler/model/manifest.js';
import type { ModelGraph } from '../../compiler/model/model-graph.js';
import type { ModelProblem } from '../../compiler/model/problem.js';
import type { Encoding, RowTokenizer } from '../data/row-tokenizer.js';
import { wordTokenizer } from '../data/word-tokenizer.js';
import { subwordTokenizer } from './tokenizer/subword-tokenizer.js';

export type Tokenized =
  | { readonly kind: 'ok'; readonly encoding: Encoding }
  | { readonly kind: 'problem'; readonly problem: ModelProblem };

/** One line per kind of tokenizer; another kind is another line. Undefined: the model reads ids, not text. */
const tokenizers = {
  none: () => undefined,
  words: ({ vocab, bos }) => wordTokenizer(vocab, bos),
  subwords: subwordTokenizer,
} as const satisfies {
  readonly [K in Tokenizer['kind']]: (
    tokenizer: Extract<Tokenizer, { readonly kind: K }>,
  ) => RowTokenizer | undefined;
};

/** The tokenizer of a model, or undefined where its inputs are ids. */
export function tokenizerOf(model: ModelGraph): RowTokenizer | undefined {
  const { tokenizer } = model;
  switch (tokenizer.kind) {
    case 'none':
      return tokenizers.none();
    case 'words':
      return tokenizers.words(tokenizer);
    case 'subwords':
      return tokenizers.subwords(tokenizer);
  }
}

/** The tokens of a text. A word outside the vocabulary or a text beyond the context is a problem. */
export function tokenize(model: ModelGraph, text: string): Tokenized {
  const tokenizer = tokenizerOf(model);
  if (tokenizer === undefined)
    return { kind: 'problem', problem: { kind: 'no-tokenizer', model: model.name } };
  const encoding = tokenizer.encode(text);
  const [word] = encoding.unknown;
  if (word !== undefined) return { kind: 'problem', problem: unknownWord(model, word) };
  const { context } = model.geometry;
  if (context !== undefined && encoding.ids.length > context) {
    const length = encoding.ids.length;
    return { kind: 'problem', problem: { kind: 'too-long', model: model.name, length, context } };
  }
  return { kind: 'ok', encoding };
}

/** The problem of a word outside the vocabulary, with the nearest words inside it. */
export function unknownWord(model: ModelGraph, word: string): ModelProblem {
  const { tokenizer } = model;
  const vocab = tokenizer.kind === 'words' ? tokenizer.vocab : [];
  return { kind: 'unknown-word', word, model: model.name, nearest: suggest(word, vocab) };
}
