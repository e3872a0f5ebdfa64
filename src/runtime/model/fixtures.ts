// The stored outputs of a bundled model (fixtures.json, format eis-fixtures-1): PyTorch's own numbers for a few inputs.
import type { Plain } from '../../compiler/base/canonical.js';
import { failed, type Loaded, loaded, parseJson, readModelFile } from './model-files.js';

export type StoredActivation = {
  /** As the training scripts call it; an alias of a site. */
  readonly name: string;
  readonly dims: readonly number[];
  readonly values: readonly number[];
};
export type FixtureCase = {
  readonly tokens: readonly number[];
  /** Row-major [pos, vocab], float32. */
  readonly logits: readonly number[];
  /** The same computed in float64. */
  readonly exact: readonly number[];
  readonly activations: readonly StoredActivation[];
};

/** Reads and checks a fixtures file. `vocab`: the width of each row of logits. */
export function readFixtures(path: string, shown: string, vocab: number): Loaded<readonly FixtureCase[]> {
  const bytes = readModelFile(path, shown);
  if (bytes.kind === 'problem') return bytes;
  const json = parseJson(bytes.value, shown);
  if (json.kind === 'problem') return json;
  const malformed = (text: string) => failed({ kind: 'malformed', path: shown, text });
  const document = record(json.value);
  if (document?.format !== 'eis-fixtures-1') return malformed('`format` is not eis-fixtures-1');
  const list = document.cases;
  if (!isList(list) || list.length === 0) return malformed('it has no cases');
  const cases: FixtureCase[] = [];
  for (const [index, item] of list.entries()) {
    const one = readCase(record(item) ?? {}, vocab);
    if (typeof one === 'string') return malformed(`case ${index}: ${one}`);
    cases.push(one);
  }
  return loaded(cases);
}

function readCase(fields: { readonly [key: string]: Plain }, vocab: number): FixtureCase | string {
  const tokens = numbers(fields.tokens);
  if (tokens === undefined || tokens.length === 0) return '`tokens` is not a list of ids';
  const size = tokens.length * vocab;
  const logits = numbers(fields.logits);
  const exact = numbers(fields.logits_float64);
  if (logits?.length !== size || exact?.length !== size)
    return `\`logits\` are not ${tokens.length} rows of ${vocab}`;
  const activations: StoredActivation[] = [];
  for (const [name, value] of Object.entries(record(fields.activations ?? {}) ?? {})) {
    const entry = record(value) ?? {};
    const dims = numbers(entry.shape);
    const values = numbers(entry.values);
    if (dims === undefined || values?.length !== dims.reduce((a, b) => a * b, 1)) {
      return `\`${name}\` does not fit its shape`;
    }
    activations.push({ name, dims, values });
  }
  return { tokens, logits, exact, activations };
}

/** Nested lists of numbers, flattened; undefined where something else is among them. */
function numbers(value: Plain | undefined): readonly number[] | undefined {
  if (!isList(value)) return undefined;
  const flat: number[] = [];
  const stack: Plain[] = [...value].reverse();
  while (stack.length > 0) {
    const top = stack.pop();
    if (typeof top === 'number') flat.push(top);
    else if (isList(top)) for (let i = top.length - 1; i >= 0; i--) stack.push(top[i] ?? null);
    else return undefined;
  }
  return flat;
}

function isList(value: Plain | undefined): value is readonly Plain[] {
  return Array.isArray(value);
}

function record(value: Plain): { readonly [key: string]: Plain } | undefined {
  if (typeof value !== 'object' || value === null || isList(value)) return undefined;
  return value;
}
