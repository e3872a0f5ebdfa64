// A tokenizer.json taken as the tokenizer of a model, if every part of it is one that the library carries out as the original.
import type { Plain } from '../../../compiler/base/canonical.js';
import { digest } from '../../../compiler/base/digest.js';
import type { SubwordTokenizer } from '../../../compiler/model/manifest.js';
import { openEncoder } from './encoder.js';

export type Described =
  | { readonly kind: 'ok'; readonly value: SubwordTokenizer }
  /** `text` completes "the tokenizer in FILE cannot be used: …". */
  | { readonly kind: 'problem'; readonly text: string };

type Fields = { readonly [key: string]: Plain };

/** Parts that were compared with the original implementation; the library knows some more. */
const PARTS: { readonly [part: string]: ReadonlySet<string> } = {
  model: new Set(['BPE', 'WordPiece']),
  normalizer: new Set([
    'BertNormalizer',
    'Sequence',
    'Replace',
    'NFC',
    'NFD',
    'NFKC',
    'NFKD',
    'Strip',
    'StripAccents',
    'Lowercase',
    'Prepend',
  ]),
  pre_tokenizer: new Set([
    'BertPreTokenizer',
    'Sequence',
    'Whitespace',
    'WhitespaceSplit',
    'Metaspace',
    'ByteLevel',
    'Split',
    'Punctuation',
    'Digits',
  ]),
  post_processor: new Set([
    'TemplateProcessing',
    'ByteLevel',
    'BertProcessing',
    'RobertaProcessing',
    'Sequence',
  ]),
};

/** Behaviours of `Split` that the library does not have. */
const UNKNOWN_SPLITS: ReadonlySet<string> = new Set(['MergedWithPrevious', 'MergedWithNext', 'Contiguous']);

/** Everything that decides the tokens is in tokenizer.json. */
export function describeTokenizer(json: Plain): Described {
  const bad = (text: string): Described => ({ kind: 'problem', text });
  if (!isRecord(json)) return bad('it is not a JSON object');
  const whole: Fields = {
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: null,
    ...json,
  };
  for (const part of Object.keys(PARTS)) {
    const fault = partFault(part, whole[part] ?? null);
    if (fault !== undefined) return bad(fault);
  }
  const model = whole.model;
  if (!isRecord(model) || !isRecord(model.vocab)) return bad('it has no vocabulary');
  const added = whole.added_tokens;
  if (!Array.isArray(added)) return bad('`added_tokens` is not a list');
  const ids = [...Object.values(model.vocab), ...added.map((one) => (isRecord(one) ? one.id : null))];
  if (!ids.every((id) => Number.isSafeInteger(id) && Number(id) >= 0 && Number(id) < 2 ** 24))
    return bad('its vocabulary has ids that are no indices');
  const vocab = ids.reduce<number>((most, id) => Math.max(most, Number(id) + 1), 0);
  const value: SubwordTokenizer = {
    kind: 'subwords',
    digest: digest('tokenizer', whole),
    vocab,
    json: whole,
  };
  try {
    openEncoder(value);
  } catch (error) {
    // The library at work on this file: it throws for what it cannot build.
    return bad(error instanceof Error ? error.message : String(error));
  }
  return { kind: 'ok', value };
}

/** What is wrong with a part or with one inside it, or undefined. */
function partFault(part: string, value: Plain): string | undefined {
  if (value === null) return part === 'model' ? 'it has no model' : undefined;
  if (!isRecord(value)) return `its ${part} is no object`;
  // Old files leave the type of a BPE model out.
  const type = value.type ?? (part === 'model' && 'merges' in value ? 'BPE' : null);
  if (typeof type !== 'string' || PARTS[part]?.has(type) !== true)
    return `its ${part} is ${String(type)}, which is not read`;
  if (type === 'Split' && UNKNOWN_SPLITS.has(String(value.behavior)))
    return `its ${part} splits as ${String(value.behavior)}, which is not read`;
  if (part === 'model' && type === 'BPE' && typeof value.dropout === 'number' && value.dropout > 0)
    return 'its model drops merges at random';
  for (const list of ['normalizers', 'pretokenizers', 'processors']) {
    const inner = value[list];
    if (!Array.isArray(inner)) continue;
    for (const one of inner) {
      const fault = partFault(part, one);
      if (fault !== undefined) return fault;
    }
  }
  return undefined;
}

function isRecord(value: Plain | undefined): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
