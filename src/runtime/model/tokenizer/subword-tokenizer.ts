// A tokenizer.json as the data layer asks for it.
import type { SubwordTokenizer } from '../../../compiler/model/manifest.js';
import type { RowTokenizer } from '../../data/row-tokenizer.js';
import { type Encoder, openEncoder } from './encoder.js';

/** Built once per tokenizer: its tables take a tenth of a second, and many stages ask for them. */
const opened = new WeakMap<SubwordTokenizer, Encoder>();

export function subwordTokenizer(tokenizer: SubwordTokenizer): RowTokenizer {
  const encode = opened.get(tokenizer) ?? openEncoder(tokenizer);
  opened.set(tokenizer, encode);
  return { digest: tokenizer.digest, vocab: tokenizer.vocab, encode };
}
