// A model of GPT-2 small's shapes with random weights, as a Hugging Face folder: the cost of a run does not depend on what the weights
// are. Written once into an ignored folder; a tokenizer of whole words comes with it, so that rows are written as for a real model.
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { InitialiserRule } from '../../src/compiler/model/manifest.js';
import { drawTensor } from '../../src/runtime/model/draw-tensor.js';
import { streamKey } from '../../src/runtime/stats/rng.js';
import { wordsOfRows } from './sweeps.js';

const WIDTH = 768;
const LAYERS = 12;
const HEADS = 12;
const VOCAB = 50257;
const CONTEXT = 1024;
const ROOT = '0'.repeat(64);
/** Twice GPT-2's own: what single heads do then stands out of float32's noise. */
const STD = 0.04;

type Tensor = { readonly name: string; readonly dims: readonly number[]; readonly rule: InitialiserRule };

/** The folder of the model below `folder`, written if it is not there. */
export function randomGpt2(folder: string): string {
  const target = join(folder, 'gpt2-random');
  if (existsSync(target)) return target;
  const unfinished = `${target}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  writeFileSync(join(unfinished, 'config.json'), JSON.stringify(config(), null, 2));
  writeFileSync(join(unfinished, 'tokenizer.json'), JSON.stringify(tokenizer()));
  writeWeights(join(unfinished, 'model.safetensors'));
  renameSync(unfinished, target);
  return target;
}

function config(): object {
  return {
    architectures: ['GPT2LMHeadModel'],
    model_type: 'gpt2',
    vocab_size: VOCAB,
    n_positions: CONTEXT,
    n_embd: WIDTH,
    n_layer: LAYERS,
    n_head: HEADS,
    n_inner: null,
    activation_function: 'gelu_new',
    layer_norm_epsilon: 1e-5,
    scale_attn_weights: true,
    tie_word_embeddings: true,
    bos_token_id: 0,
    eos_token_id: 0,
    torch_dtype: 'float32',
  };
}

function tokenizer(): object {
  const words = ['[UNK]', ...wordsOfRows()];
  while (words.length < VOCAB) words.push(`unused${words.length}`);
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: null,
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(words.map((word, id) => [word, id])),
    },
  };
}

function tensors(): readonly Tensor[] {
  const weight = (name: string, ...dims: number[]): Tensor => ({
    name,
    dims,
    rule: { distribution: 'normal', mean: 0, std: STD },
  });
  const norm = (name: string): readonly Tensor[] => [
    { name: `${name}.weight`, dims: [WIDTH], rule: { distribution: 'constant', value: 1 } },
    weight(`${name}.bias`, WIDTH),
  ];
  const linear = (name: string, rows: number, columns: number): readonly Tensor[] => [
    weight(`${name}.weight`, rows, columns),
    weight(`${name}.bias`, columns),
  ];
  const block = (layer: number): readonly Tensor[] => [
    ...norm(`h.${layer}.ln_1`),
    ...linear(`h.${layer}.attn.c_attn`, WIDTH, 3 * WIDTH),
    ...linear(`h.${layer}.attn.c_proj`, WIDTH, WIDTH),
    ...norm(`h.${layer}.ln_2`),
    ...linear(`h.${layer}.mlp.c_fc`, WIDTH, 4 * WIDTH),
    ...linear(`h.${layer}.mlp.c_proj`, 4 * WIDTH, WIDTH),
  ];
  return [
    weight('wte.weight', VOCAB, WIDTH),
    weight('wpe.weight', CONTEXT, WIDTH),
    ...Array.from({ length: LAYERS }, (_, layer) => block(layer)).flat(),
    ...norm('ln_f'),
  ];
}

/** The safetensors format: the length of the header, the header as JSON, the numbers. One tensor at a time is in memory. */
function writeWeights(path: string): void {
  const all = tensors();
  const header: Record<string, object> = { __metadata__: { format: 'pt' } };
  let end = 0;
  for (const { name, dims } of all) {
    const start = end;
    end += 4 * dims.reduce((a, b) => a * b, 1);
    header[name] = { dtype: 'F32', shape: dims, data_offsets: [start, end] };
  }
  const text = JSON.stringify(header);
  const json = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const file = openSync(path, 'wx');
  writeSync(file, length);
  writeSync(file, json);
  for (const { name, dims, rule } of all) {
    const { data } = drawTensor(rule, dims, { key: streamKey(ROOT, `bench/${name}`), replicate: 0 });
    writeSync(file, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  closeSync(file);
}
