// A model's tokenizer as the data layer asks for it, and the problem of a word that it does not have.
import { suggest } from '../../compiler/base/suggest.js';
import type { Tokenizer } from '../../compiler/model/manifest.js';
import type { ModelGraph } from '../../compiler/model/model-graph.js';
import type { ModelProblem } from '../../compiler/model/problem.js';
import type { RowTokenizer } from '../data/row-tokenizer.js';
import { wordTokenizer } from '../data/word-tokenizer.js';
import { subwordTokenizer } from './tokenizer/subword-tokenizer.js';

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

/** The problem of a word outside the vocabulary, with the nearest words inside it. */
export function unknownWord(model: ModelGraph, word: string): ModelProblem {
  const { tokenizer } = model;
  const vocab = tokenizer.kind === 'words' ? tokenizer.vocab : [];
  return { kind: 'unknown-word', word, model: model.name, nearest: suggest(word, vocab) };
}
