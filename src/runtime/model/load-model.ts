// Models of the package: `bundled("attn2")`. Everything is checked before it is offered: the manifest against its
// schema, the weight file against its digest, each tensor against the architecture, every number for being finite.
import { join } from 'node:path';
import type { Digest } from '../../compiler/base/digest.js';
import { buildTransformer } from '../../compiler/model/build-transformer.js';
import { type Manifest, type Tokenizer, tensorShapes } from '../../compiler/model/manifest.js';
import type { ModelGraph } from '../../compiler/model/model-graph.js';
import type { ModelProblem } from '../../compiler/model/problem.js';
import type { HostTensor } from '../backend/host-tensor.js';
import { schemaFault } from '../store/schema.js';
import {
  bundledFolder,
  bundledNames,
  failed,
  type Loaded,
  loaded,
  parseJson,
  readModelFile,
  sha256Of,
  weightDigest,
} from './model-files.js';
import type { ModelFiles, Origin } from './model-source.js';
import { readSafetensors } from './safetensors.js';

export type LoadedModel = {
  readonly graph: ModelGraph;
  /** By the digest that the graph's weights carry. */
  readonly weights: WeightTable;
  /** Null for imported models. */
  readonly manifest: Manifest | null;
  /** Where the fixtures are; null where there are none. */
  readonly fixtures: string | null;
  /** What does not prevent the model from being listed, but some runs of it. */
  readonly warnings: readonly ModelProblem[];
  /** Null where the files are those of this package or one ONNX file. */
  readonly files: { readonly origin: Origin; readonly quantisation: ModelFiles['quantisation'] } | null;
};

/** Weights by digest: a map, or something that reads them when they are asked for. */
export type WeightTable = { readonly get: (digest: string) => HostTensor | undefined };

/** A model that ships with the package. `folder`: where the bundled models lie. */
export function loadBundled(name: string, folder: string = bundledFolder()): Loaded<LoadedModel> {
  const known = bundledNames(folder);
  if (!known.includes(name)) return failed({ kind: 'no-such-model', name, known });
  const place = join(folder, name);
  const shown = `models/${name}`;
  const manifest = readManifest(place, shown);
  if (manifest.kind === 'problem') return manifest;
  const { architecture, tokenizer, initialiser, weights: stated, fixtures } = manifest.value;
  const path = `${shown}/${stated.file}`;
  const bytes = readModelFile(join(place, stated.file), path);
  if (bytes.kind === 'problem') return bytes;
  const actual = sha256Of(bytes.value);
  // Read before the digest is compared: "cut short" helps more than "changed".
  const file = readSafetensors(bytes.value);
  if (file.kind === 'problem') return failed({ kind: 'damaged-weights', path, text: file.text });
  if (actual !== stated.sha256)
    return failed({ kind: 'digest-mismatch', path, stated: stated.sha256, actual });
  const text = fitFault(manifest.value, file.tensors);
  if (text !== undefined) return failed({ kind: 'weights-mismatch', path, text });
  const fault = finiteFault(file.tensors, path);
  if (fault !== undefined) return failed(fault);
  // The graph knows a weight by its content; the brand is what `weightDigest` computes.
  const digests = new Map([...file.tensors].map(([tensor, data]) => [tensor, weightDigest(data) as Digest]));
  return loaded({
    graph: buildTransformer({
      name,
      architecture,
      weights: digests,
      tokenizer: withoutNote(tokenizer),
      initialiser,
    }),
    weights: new Map([...file.tensors].map(([tensor, data]) => [digests.get(tensor) ?? '', data])),
    manifest: manifest.value,
    fixtures: join(place, fixtures),
    warnings: [],
    files: null,
  });
}

/** The note is prose and must not change the model's identity. */
function withoutNote(tokenizer: Manifest['tokenizer']): Tokenizer {
  if (tokenizer.kind === 'none') return { kind: 'none' };
  return { kind: 'words', vocab: tokenizer.vocab, bos: tokenizer.bos };
}

function readManifest(place: string, shown: string): Loaded<Manifest> {
  const path = `${shown}/manifest.json`;
  const bytes = readModelFile(join(place, 'manifest.json'), path);
  if (bytes.kind === 'problem') return bytes;
  const value = parseJson(bytes.value, path);
  if (value.kind === 'problem') return value;
  const text = schemaFault('model-manifest', value.value);
  if (text !== undefined) return failed({ kind: 'malformed', path, text });
  const manifest = value.value as unknown as Manifest; // the schema has just said so
  const { architecture: arch, tokenizer, initialiser } = manifest;
  const malformed = (fault: string) => failed({ kind: 'malformed', path, text: fault });
  if ((arch.d_mlp === 0) !== (arch.act === 'none')) {
    return malformed('`act` must be `none` exactly if `d_mlp` is 0');
  }
  if (tokenizer.kind === 'words') {
    const { vocab, bos } = tokenizer;
    if (vocab.length !== arch.vocab) {
      return malformed(
        `the tokenizer has ${vocab.length} words and the architecture a vocabulary of ${arch.vocab}`,
      );
    }
    if (bos !== null && !vocab.includes(bos)) return malformed(`\`bos\` is not in the vocabulary`);
  }
  const wanted = new Set(tensorShapes(arch).keys());
  const missing = [...wanted].find((name) => !Object.hasOwn(initialiser, name));
  if (missing !== undefined) return malformed(`\`initialiser\` lacks \`${missing}\``);
  const extra = Object.keys(initialiser).find((name) => !wanted.has(name));
  if (extra !== undefined)
    return malformed(`\`initialiser\` has \`${extra}\`, which is no tensor of the architecture`);
  return loaded(manifest);
}

/** How the file's tensors differ from those of the architecture, or undefined. */
function fitFault({ architecture }: Manifest, tensors: ReadonlyMap<string, HostTensor>): string | undefined {
  const shapes = tensorShapes(architecture);
  for (const [name, shape] of shapes) {
    const tensor = tensors.get(name);
    if (tensor === undefined) return `\`${name}\` is missing`;
    const dims = shape.map(([, size]) => size).join(', ');
    const found = tensor.dims.join(', ');
    if (found !== dims) return `\`${name}\` has the shape [${found}] instead of [${dims}]`;
    if (tensor.dtype !== 'f32') return `\`${name}\` has the element type ${tensor.dtype} instead of f32`;
  }
  const extra = [...tensors.keys()].find((name) => !shapes.has(name));
  return extra === undefined ? undefined : `\`${extra}\` is no tensor of the architecture`;
}

/** The first tensor that holds a number that is not finite, or undefined. */
export function finiteFault(
  tensors: ReadonlyMap<string, HostTensor>,
  path: string,
): ModelProblem | undefined {
  for (const [tensor, { dtype, data }] of tensors) {
    if (dtype !== 'f32' && dtype !== 'f64') continue;
    let count = 0;
    let first = -1;
    for (let i = 0; i < data.length; i++) {
      if (Number.isFinite(data[i])) continue;
      count += 1;
      if (first < 0) first = i;
    }
    if (count > 0) return { kind: 'not-finite', path, tensor, count, first };
  }
  return undefined;
}
