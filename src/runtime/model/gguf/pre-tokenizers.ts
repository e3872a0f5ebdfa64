// How text is cut before byte-level BPE, by the names that GGUF files give it: what the original tokenizer.json of these models
// says (llama.cpp, llama-vocab.cpp, keeps the same expressions).
import type { Plain } from '../../../compiler/base/canonical.js';

export type PreTokenizer = {
  readonly normalizer: Plain;
  readonly pre_tokenizer: Plain;
  /** A word that is a token as a whole is that token, whatever the merges say. */
  readonly ignoreMerges: boolean;
  /** The beginning mark is added where the file does not say. */
  readonly addsBeginning: boolean;
};

const byteLevel = (useRegex: boolean): Plain => ({
  type: 'ByteLevel',
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: useRegex,
});

const split = (pattern: string): Plain => ({
  type: 'Sequence',
  pretokenizers: [
    { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false },
    byteLevel(false),
  ],
});

const plain = { normalizer: null, ignoreMerges: false, addsBeginning: false } as const;

const gpt2: PreTokenizer = { ...plain, pre_tokenizer: byteLevel(true) };

/** Each digit by itself, then as GPT-2. */
const digits: PreTokenizer = {
  ...plain,
  pre_tokenizer: {
    type: 'Sequence',
    pretokenizers: [{ type: 'Digits', individual_digits: true }, byteLevel(true)],
  },
};

const llama3: PreTokenizer = {
  normalizer: null,
  ignoreMerges: true,
  addsBeginning: true,
  pre_tokenizer: split(
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
  ),
};

const qwen2: PreTokenizer = {
  ...plain,
  normalizer: { type: 'NFC' },
  pre_tokenizer: split(
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
  ),
};

export const preTokenizers: { readonly [name: string]: PreTokenizer } = {
  'gpt-2': gpt2,
  olmo: { ...gpt2, normalizer: { type: 'NFC' } },
  smollm: digits,
  starcoder: digits,
  'llama-bpe': llama3,
  llama3,
  qwen2,
};
