// A folder of the Hugging Face format: config.json, model.safetensors or shards with their index, tokenizer.json.
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Plain } from '../../../compiler/base/canonical.js';
import { failed, fileProblem, type Loaded, loaded, parseJson, readModelFile } from '../model-files.js';
import type { FileTensor, ModelFiles, Origin } from '../model-source.js';
import { readTokenizer } from '../tokenizer/tokenizer-files.js';
import { budgetFault } from '../weight-budget.js';
import { openSafetensors, safetensorsBytes, type TensorFile } from './safetensors-file.js';

export type FolderPlace = { readonly path: string; readonly shown: string; readonly origin: Origin };

/** Opens a model folder. Every tensor's bytes are read once; none is kept, and none is read where all are more than `memoryBytes`. */
export function openModelFolder(
  { path, shown, origin }: FolderPlace,
  memoryBytes = Number.POSITIVE_INFINITY,
): Loaded<ModelFiles> {
  const isFolder = existsSync(path) && statSync(path).isDirectory();
  if (!isFolder)
    return incomplete(shown, 'there is no such folder', 'check the path; it is relative to the pipeline');
  if (!existsSync(join(path, 'config.json')))
    return incomplete(shown, 'it has no config.json', 'name the folder that `save_pretrained` wrote');
  const config = readJson(join(path, 'config.json'), `${shown}/config.json`);
  if (config.kind === 'problem') return config;
  const tensors = openTensors({ path, shown, memoryBytes });
  if (tensors.kind === 'problem') return tensors;
  const tokenizer = readTokenizer(path, shown);
  if (tokenizer.kind === 'problem') return tokenizer;
  return loaded({
    kind: 'hf',
    config: config.value,
    ...tensors.value,
    tokenizer: tokenizer.value,
    quantisation: null,
    origin,
  });
}

const INDEX = 'model.safetensors.index.json';

type Folder = { readonly path: string; readonly shown: string; readonly memoryBytes: number };

function openTensors({ path, shown, memoryBytes }: Folder): Loaded<TensorFile> {
  const single = join(path, 'model.safetensors');
  if (existsSync(single)) {
    const large = budgetFault(shown, safetensorsBytes(single), memoryBytes);
    return large ?? openSafetensors(single, `${shown}/model.safetensors`);
  }
  if (existsSync(join(path, INDEX))) return openShards({ path, shown, memoryBytes });
  if (existsSync(join(path, 'pytorch_model.bin')) || existsSync(join(path, 'pytorch_model.bin.index.json'))) {
    return incomplete(
      shown,
      'its weights are a pickle (pytorch_model.bin), which can run any code when it is opened',
      'load it with transformers where you trust it and save it with `save_pretrained(…, safe_serialization=True)`',
    );
  }
  return incomplete(shown, 'it has no model.safetensors', 'get the weights of the model');
}

function openShards({ path, shown, memoryBytes }: Folder): Loaded<TensorFile> {
  const indexShown = `${shown}/${INDEX}`;
  const index = readJson(join(path, INDEX), indexShown);
  if (index.kind === 'problem') return index;
  const damaged = (text: string) => failed({ kind: 'damaged-weights', path: indexShown, text });
  const places = isRecord(index.value) ? index.value.weight_map : undefined;
  if (!isRecord(places)) return damaged('it has no `weight_map`');
  const named = new Map<string, Set<string>>();
  for (const [tensor, file] of Object.entries(places)) {
    // A shard lies beside its index; anything else could be any file of the machine.
    if (typeof file !== 'string' || !/^[\w.-]+\.safetensors$/.test(file))
      return damaged(`\`${tensor}\` should be in \`${String(file)}\`, which is no file of this folder`);
    named.set(file, (named.get(file) ?? new Set()).add(tensor));
  }
  const bytes = [...named.keys()].reduce((sum, file) => sum + safetensorsBytes(join(path, file)), 0);
  const large = budgetFault(shown, bytes, memoryBytes);
  if (large !== undefined) return large;
  const tensors = new Map<string, FileTensor>();
  const undecoded = new Map<string, { readonly stored: string; readonly path: string }>();
  for (const [file, wanted] of named) {
    const shard = openSafetensors(join(path, file), `${shown}/${file}`);
    if (shard.kind === 'problem') return shard;
    const found = new Set([...shard.value.tensors.keys(), ...shard.value.undecoded.keys()]);
    const missing = [...wanted].find((name) => !found.has(name));
    if (missing !== undefined) return damaged(`\`${missing}\` should be in \`${file}\` and is not`);
    const extra = [...found].find((name) => !wanted.has(name));
    if (extra !== undefined)
      return damaged(`\`${file}\` holds \`${extra}\`, which the index does not list there`);
    for (const [name, tensor] of shard.value.tensors) tensors.set(name, tensor);
    for (const [name, type] of shard.value.undecoded) undecoded.set(name, type);
  }
  return loaded({ tensors, undecoded });
}

/** A JSON file of at most 64 MiB: no file of this kind comes near it. */
export function readJson(path: string, shown: string): Loaded<Plain> {
  try {
    const { size } = statSync(path);
    if (size > 2 ** 26) return failed({ kind: 'malformed', path: shown, text: `it has ${size} bytes` });
  } catch (error) {
    return fileProblem(error, shown);
  }
  const bytes = readModelFile(path, shown);
  return bytes.kind === 'problem' ? bytes : parseJson(bytes.value, shown);
}

function incomplete(path: string, text: string, help: string): ReturnType<typeof failed> {
  return failed({ kind: 'incomplete-folder', path, text, help });
}

function isRecord(value: Plain | undefined): value is { readonly [key: string]: Plain } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
