// The tokenizer inside a GGUF file in the form of a tokenizer.json: what llama.cpp knows by the name of a pre-tokenizer, and
// what its converter left out, is written out as the original files have it.
import type { Plain } from '../../../compiler/base/canonical.js';
import type { Tokenizer } from '../../../compiler/model/manifest.js';
import { describeTokenizer } from '../tokenizer/describe-tokenizer.js';
import { preTokenizers } from './pre-tokenizers.js';
import type { GgufFields } from './read-header.js';

export type GgufTokenizer =
  | { readonly kind: 'ok'; readonly value: Tokenizer }
  | { readonly kind: 'problem'; readonly text: string };

type Part =
  | { readonly kind: 'ok'; readonly json: { readonly [key: string]: Plain } }
  | { readonly kind: 'problem'; readonly text: string };

/** Kinds of tokens in `tokenizer.ggml.token_type`. */
const CONTROL = 3;
const USER_DEFINED = 4;
const UNKNOWN = 2;

/** `none` where the file has no tokenizer at all. */
export function ggufTokenizer(fields: GgufFields): GgufTokenizer {
  const model = fields.get('tokenizer.ggml.model');
  if (model === undefined || model === 'none' || model === 'no_vocab')
    return { kind: 'ok', value: { kind: 'none' } };
  const tokens = textsOf(fields, 'tokenizer.ggml.tokens');
  if (tokens === undefined)
    return { kind: 'problem', text: 'its list of tokens is missing or no list of texts' };
  if (new Set(tokens).size !== tokens.length) return { kind: 'problem', text: 'it has a token twice' };
  const source = { fields, tokens, types: numbersOf(fields, 'tokenizer.ggml.token_type') ?? [] };
  const part =
    typeof model === 'string' && Object.hasOwn(models, model) ? models[model]?.(source) : undefined;
  if (part === undefined)
    return {
      kind: 'problem',
      text: `it is of the kind ${String(model)}; read are ${Object.keys(models).join(', ')}`,
    };
  if (part.kind === 'problem') return part;
  return describeTokenizer({
    version: '1.0',
    decoder: null,
    added_tokens: addedTokens(source),
    ...part.json,
  });
}

type Source = {
  readonly fields: GgufFields;
  readonly tokens: readonly string[];
  readonly types: readonly number[];
};

const models: { readonly [model: string]: (source: Source) => Part } = {
  gpt2: byteLevel,
  llama: sentencePiece,
  bert: wordPiece,
};

function byteLevel({ fields, tokens }: Source): Part {
  const merges = textsOf(fields, 'tokenizer.ggml.merges');
  if (merges === undefined) return { kind: 'problem', text: 'its list of merges is missing' };
  const name = fields.get('tokenizer.ggml.pre');
  const pre =
    typeof name === 'string' && Object.hasOwn(preTokenizers, name) ? preTokenizers[name] : undefined;
  if (pre === undefined)
    return {
      kind: 'problem',
      text: `its pre-tokenizer is ${String(name)}; read are ${Object.keys(preTokenizers).join(', ')}`,
    };
  return {
    kind: 'ok',
    json: {
      normalizer: pre.normalizer,
      pre_tokenizer: pre.pre_tokenizer,
      post_processor: around(fields, tokens, pre.addsBeginning),
      decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      model: {
        type: 'BPE',
        unk_token: null,
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: pre.ignoreMerges,
        vocab: idsOf(tokens),
        merges,
      },
    },
  };
}

/** SentencePiece's BPE joins the pair whose union has the best score; the order of merges is the order of scores. */
function sentencePiece({ fields, tokens, types }: Source): Part {
  const scores = numbersOf(fields, 'tokenizer.ggml.scores');
  if (scores?.length !== tokens.length) return { kind: 'problem', text: 'its scores do not fit its tokens' };
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const merges: {
    readonly left: string;
    readonly right: string;
    readonly score: number;
    readonly order: number;
  }[] = [];
  for (const [id, token] of tokens.entries()) {
    if (types[id] !== undefined && types[id] !== 1) continue;
    const characters = Array.from(token);
    const local: { left: string; right: string; leftId: number; rightId: number }[] = [];
    for (let cut = 1; cut < characters.length; cut++) {
      const left = characters.slice(0, cut).join('');
      const right = characters.slice(cut).join('');
      const leftId = ids.get(left);
      const rightId = ids.get(right);
      if (leftId !== undefined && rightId !== undefined) local.push({ left, right, leftId, rightId });
    }
    local.sort((a, b) => a.leftId - b.leftId || a.rightId - b.rightId);
    for (const { left, right } of local)
      merges.push({ left, right, score: scores[id] ?? 0, order: merges.length });
  }
  merges.sort((a, b) => b.score - a.score || a.order - b.order);
  const unknown =
    tokens.find((_, id) => types[id] === UNKNOWN) ?? tokenAt(fields, tokens, 'unknown_token_id');
  const spaces = { type: 'Replace', pattern: { String: ' ' }, content: '▁' };
  const prefixed = fields.get('tokenizer.ggml.add_space_prefix') !== false;
  return {
    kind: 'ok',
    json: {
      normalizer: {
        type: 'Sequence',
        normalizers: [...(prefixed ? [{ type: 'Prepend', prepend: '▁' }] : []), spaces],
      },
      pre_tokenizer: null,
      post_processor: around(fields, tokens, true),
      model: {
        type: 'BPE',
        unk_token: unknown ?? null,
        fuse_unk: true,
        byte_fallback: true,
        vocab: idsOf(tokens),
        merges: merges.map(({ left, right }) => [left, right]),
      },
    },
  };
}

/** The converter writes ▁ before words and drops ## before what continues one; the original is the other way round. */
function wordPiece({ fields, tokens }: Source): Part {
  const pieces = tokens.map((token) => {
    if (token.startsWith('▁')) return token.slice(1);
    return /^\[.+\]$/.test(token) ? token : `##${token}`;
  });
  if (new Set(pieces).size !== pieces.length) return { kind: 'problem', text: 'it has a token twice' };
  const unknown = tokenAt(fields, tokens, 'unknown_token_id') ?? '[UNK]';
  const first = tokenAt(fields, tokens, 'cls_token_id') ?? tokenAt(fields, tokens, 'bos_token_id') ?? '[CLS]';
  const last =
    tokenAt(fields, tokens, 'seperator_token_id') ?? tokenAt(fields, tokens, 'eos_token_id') ?? '[SEP]';
  const missing = [unknown, first, last].find((token) => !tokens.includes(token));
  if (missing !== undefined) return { kind: 'problem', text: `its vocabulary lacks ${missing}` };
  // The file does not say whether text is lower-cased. A vocabulary made of lower-cased text has no capital in any piece.
  const cased = pieces.some((piece) => !/^\[.+\]$/.test(piece) && /\p{Lu}/u.test(piece));
  return {
    kind: 'ok',
    json: {
      normalizer: {
        type: 'BertNormalizer',
        clean_text: true,
        handle_chinese_chars: true,
        strip_accents: null,
        lowercase: !cased,
      },
      pre_tokenizer: { type: 'BertPreTokenizer' },
      post_processor: template([first], [last], tokens),
      decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
      model: {
        type: 'WordPiece',
        unk_token: unknown,
        continuing_subword_prefix: '##',
        max_input_chars_per_word: 100,
        vocab: idsOf(pieces),
      },
    },
  };
}

function addedTokens({ tokens, types }: Source): Plain {
  return tokens.flatMap((content, id) => {
    const type = types[id];
    // BERT's file marks them by their brackets alone.
    const bracketed = type === undefined && /^\[[A-Z]+\]$/.test(content);
    if (type !== CONTROL && type !== USER_DEFINED && type !== UNKNOWN && !bracketed) return [];
    const special = type !== USER_DEFINED;
    return [{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special }];
  });
}

/** What is put around a text: the beginning mark unless the file says no (`byDefault` where it says nothing), the end mark if it says so. */
function around(fields: GgufFields, tokens: readonly string[], byDefault: boolean): Plain {
  const begins = fields.get('tokenizer.ggml.add_bos_token') ?? byDefault;
  const ends = fields.get('tokenizer.ggml.add_eos_token') ?? false;
  const first = begins === true ? tokenAt(fields, tokens, 'bos_token_id') : undefined;
  const last = ends === true ? tokenAt(fields, tokens, 'eos_token_id') : undefined;
  if (first === undefined && last === undefined) return null;
  return template(first === undefined ? [] : [first], last === undefined ? [] : [last], tokens);
}

function template(before: readonly string[], after: readonly string[], tokens: readonly string[]): Plain {
  const special = (id: string): Plain => ({ SpecialToken: { id, type_id: 0 } });
  const sequence = (id: string): Plain => ({ Sequence: { id, type_id: 0 } });
  const used = [...new Set([...before, ...after])];
  return {
    type: 'TemplateProcessing',
    single: [...before.map(special), sequence('A'), ...after.map(special)],
    pair: [
      ...before.map(special),
      sequence('A'),
      ...after.map(special),
      sequence('B'),
      ...after.map(special),
    ],
    special_tokens: Object.fromEntries(
      used.map((token) => [token, { id: token, ids: [tokens.indexOf(token)], tokens: [token] }]),
    ),
  };
}

function idsOf(tokens: readonly string[]): Plain {
  return Object.fromEntries(tokens.map((token, id) => [token, id]));
}

function tokenAt(fields: GgufFields, tokens: readonly string[], name: string): string | undefined {
  const id = fields.get(`tokenizer.ggml.${name}`);
  return typeof id === 'number' ? tokens[id] : undefined;
}

function textsOf(fields: GgufFields, name: string): readonly string[] | undefined {
  const value = fields.get(name);
  return Array.isArray(value) && value.every((one) => typeof one === 'string') ? value : undefined;
}

function numbersOf(fields: GgufFields, name: string): readonly number[] | undefined {
  const value = fields.get(name);
  return Array.isArray(value) && value.every((one) => typeof one === 'number') ? value : undefined;
}
