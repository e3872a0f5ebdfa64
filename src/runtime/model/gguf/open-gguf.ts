// A GGUF file as a model source: tensors under their Hugging Face names and in that layout, config.json and tokenizer.json as
// its fields say them.
import { failed, fileProblem, type Loaded, loaded } from '../model-files.js';
import type { FileTensor, ModelFiles } from '../model-source.js';
import { storedTensor } from '../stored-tensor.js';
import { sameLayout } from '../tensor-layout.js';
import { budgetFault, float32Bytes } from '../weight-budget.js';
import { ArchitectureFields, hfConfig } from './hf-config.js';
import { type GgufEntry, type GgufHeader, readGgufHeader } from './read-header.js';
import { architectureNames, architectureOf, type GgufArchitecture, hfTensor } from './tensor-names.js';
import { ggufTokenizer } from './tokenizer-json.js';

/** Frequencies of the rotary embedding, which the configuration states instead. */
const FACTORS = 'rope_freqs.weight';

/** Opens a GGUF file. Every tensor's bytes are read once; none is kept, and none is read where all are more than `memoryBytes`. */
export async function openGguf(
  path: string,
  shown: string,
  memoryBytes = Number.POSITIVE_INFINITY,
): Promise<Loaded<ModelFiles>> {
  const header = await readGgufHeader(path, shown);
  if (header.kind === 'problem') return header;
  const { fields } = header.value;
  const bad = (text: string) => failed({ kind: 'gguf-file', path: shown, text });
  if (Number(fields.get('split.count') ?? 1) > 1)
    return bad('it is one of several parts; `llama-gguf-split --merge` makes one file of them');
  const name = fields.get('general.architecture');
  const architecture = typeof name === 'string' ? architectureOf(name) : undefined;
  if (architecture === undefined)
    return bad(`it has the architecture ${String(name)}; read are ${architectureNames().join(', ')}`);
  const large = budgetFault(shown, float32Bytes(header.value.entries), memoryBytes);
  if (large !== undefined) return large;
  try {
    const file = { path, shown };
    const asked = new ArchitectureFields(fields, architecture);
    const entries = droppedCopy(architecture, header.value, path);
    const factors = entries.get(FACTORS);
    const config = hfConfig(
      architecture,
      asked,
      entries,
      factors === undefined ? null : storedTensor({ ...factors, file, layout: sameLayout }).read(),
    );
    if (config.kind === 'problem') return bad(config.text);
    const query = asked.number('attention.head_count');
    const heads = { query, keyValue: asked.optional('attention.head_count_kv') ?? query };
    const tensors = new Map<string, FileTensor>();
    const quantisation: { [tensor: string]: string } = {};
    for (const entry of entries.values()) {
      if (entry.name === FACTORS) continue;
      const place = hfTensor(architecture, entry.name, heads);
      if (place === undefined) return bad(`${architecture} has no tensor \`${entry.name}\``);
      const perHead = { 'rotary-pairs': 2, 'interleaved-qkv': 3, same: 0, transposed: 0 }[place.layout.kind];
      if (
        perHead > 0 &&
        ((entry.dims[0] ?? 0) === 0 || (entry.dims[0] ?? 0) % (place.layout.heads * perHead) !== 0)
      )
        return bad(`\`${entry.name}\` has ${entry.dims[0]} rows for ${place.layout.heads} heads`);
      if (place.layout.kind === 'transposed' && entry.dims.length !== 2)
        return bad(`\`${entry.name}\` is no matrix`);
      tensors.set(place.name, storedTensor({ ...entry, file, layout: place.layout }));
      quantisation[place.name] = entry.codec.name;
    }
    const tokenizer = ggufTokenizer(fields);
    if (tokenizer.kind === 'problem')
      return failed({ kind: 'tokenizer-file', path: shown, text: tokenizer.text });
    const isQuantised = Object.values(quantisation).some((type) => type.startsWith('Q'));
    return loaded({
      kind: 'gguf',
      config: config.value,
      tensors,
      undecoded: new Map(),
      tokenizer: tokenizer.value,
      quantisation: isQuantised ? quantisation : null,
      origin: { kind: 'gguf', path: shown },
    });
  } catch (error) {
    return fileProblem(error, shown);
  }
}

/** Old converters wrote GPT-2's embedding a second time as its head; an equal copy says that the two are tied. */
function droppedCopy(
  architecture: GgufArchitecture,
  { entries }: GgufHeader,
  path: string,
): ReadonlyMap<string, GgufEntry> {
  const byName = new Map(entries.map((one) => [one.name, one]));
  const head = byName.get('output.weight');
  const embedding = byName.get('token_embd.weight');
  if (architecture !== 'gpt2' || head === undefined || embedding === undefined) return byName;
  const digestOf = (entry: GgufEntry): string =>
    storedTensor({ ...entry, file: { path, shown: path }, layout: sameLayout }).digest;
  if (digestOf(head) === digestOf(embedding)) byName.delete('output.weight');
  return byName;
}
