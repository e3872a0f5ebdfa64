// tokenizer.json of a model folder.
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Plain } from '../../../compiler/base/canonical.js';
import type { Tokenizer } from '../../../compiler/model/manifest.js';
import { failed, type Loaded, loaded, parseJson, readModelFile } from '../model-files.js';
import { describeTokenizer } from './describe-tokenizer.js';

/** 64 MiB: the largest vocabularies in use take a third of it. */
const MOST = 2 ** 26;

/** The tokenizer of a folder; `none` where it has no tokenizer.json, as for models that read images. */
export function readTokenizer(folder: string, shown: string): Loaded<Tokenizer> {
  const path = join(folder, 'tokenizer.json');
  if (!existsSync(path)) return loaded({ kind: 'none' });
  const bad = (text: string) => failed({ kind: 'tokenizer-file', path: `${shown}/tokenizer.json`, text });
  const { size } = statSync(path);
  if (size > MOST) return bad(`it has ${size} bytes`);
  const json = readPlain(path, `${shown}/tokenizer.json`);
  if (json.kind === 'problem') return json;
  const made = describeTokenizer(json.value);
  return made.kind === 'problem' ? bad(made.text) : loaded(made.value);
}

function readPlain(path: string, shown: string): Loaded<Plain> {
  const bytes = readModelFile(path, shown);
  return bytes.kind === 'problem' ? bytes : parseJson(bytes.value, shown);
}
