// `eisc hooks MODEL`: the tensors of a model that can be read and written, with axes, shapes and bytes.
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { describeModel } from '../../compiler/model/describe.js';
import { modelDiagnostic } from '../../compiler/model/messages.js';
import type { ModelGraph } from '../../compiler/model/model-graph.js';
import { isFieldName } from '../../compiler/model/onnx-notes.js';
import type { App } from '../cli/app-api.js';
import { type LoadedModel, loadBundled } from '../model/load-model.js';
import { loadOnnx } from '../model/load-onnx.js';
import { loadGguf, loadHf } from '../model/load-source.js';
import { bundledNames, type Loaded } from '../model/model-files.js';
import { noSources, type World } from './world.js';

const shownPositions = 16;

export async function hooks(
  world: World,
  model: string,
  { grep }: Parameters<App['hooks']>[1],
): ReturnType<App['hooks']> {
  const none = { sources: noSources, text: null, json: null };
  const found = await load(world, model);
  if (found.kind === 'problem') return { ...none, diagnostics: [modelDiagnostic(found.problem)] };
  const { graph, warnings } = found.value;
  const { shown, left } = shortened(graph, grep ?? null);
  const listing = describeModel(shown, {
    grep: grep ?? null,
    positions: shownPositions,
    weights: false,
  });
  if (listing.kind === 'problem') return { ...none, diagnostics: [modelDiagnostic(listing.problem)] };
  const notes = [
    ...(graph.notes ?? []),
    ...warnings.map((one) => modelDiagnostic(one).message),
    ...(left === 0 ? [] : [`${left} more sites under the file's own names of tensors: --grep '**'`]),
  ];
  const text = [
    ...listing.text,
    ...(notes.length === 0 ? [] : ['']),
    ...notes.map((note) => `note: ${note}`),
  ];
  return { ...none, diagnostics: [], text: text.join('\n'), json: listing.data };
}

/** Where an imported file was recognised, its own names of tensors are shown only to those who ask. */
function shortened(
  graph: ModelGraph,
  grep: string | null,
): { readonly shown: ModelGraph; readonly left: number } {
  const isImported = graph.notes !== undefined;
  const named = graph.sites.filter(({ path }) => isFieldName(path));
  if (!isImported || grep !== null || named.length < 3) return { shown: graph, left: 0 };
  return { shown: { ...graph, sites: named }, left: graph.sites.length - named.length };
}

/** By its name if a bundled model has it, by its ending, and otherwise what `hf("…")` would read. Nothing is downloaded unpinned. */
async function load(world: World, model: string): Promise<Loaded<LoadedModel>> {
  const path = resolve(world.cwd, model);
  if (model.endsWith('.gguf')) return loadGguf(path, model);
  const isFolder = existsSync(path) && statSync(path).isDirectory();
  if (bundledNames().includes(model) || !(isFolder || model.includes('/') || model.endsWith('.onnx')))
    return loadBundled(model);
  if (model.endsWith('.onnx') || (existsSync(path) && !isFolder))
    return loadOnnx(path, model, { inputs: 'any' });
  return loadHf({ text: model, path, revision: null, environment: process.env });
}
