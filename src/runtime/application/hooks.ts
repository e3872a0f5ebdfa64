// `eisc hooks MODEL`: the tensors of a model that can be read and written, with axes, shapes and bytes.
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { describeModel } from '../../compiler/model/describe.js';
import { modelDiagnostic } from '../../compiler/model/messages.js';
import type { App } from '../cli/app-api.js';
import { type LoadedModel, loadBundled, loadOnnx } from '../model/load-model.js';
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
  const listing = describeModel(found.value.graph, {
    grep: grep ?? null,
    positions: shownPositions,
    weights: false,
  });
  if (listing.kind === 'problem') return { ...none, diagnostics: [modelDiagnostic(listing.problem)] };
  return { ...none, diagnostics: [], text: listing.text.join('\n'), json: listing.data };
}

/** By its name if a bundled model has it, by its ending, and otherwise what `hf("…")` would read. Nothing is downloaded unpinned. */
async function load(world: World, model: string): Promise<Loaded<LoadedModel>> {
  const path = resolve(world.cwd, model);
  if (model.endsWith('.gguf')) return loadGguf(path, model);
  const isFolder = existsSync(path) && statSync(path).isDirectory();
  if (bundledNames().includes(model) || !(isFolder || model.includes('/') || model.endsWith('.onnx')))
    return loadBundled(model);
  if (model.endsWith('.onnx') || (existsSync(path) && !isFolder)) return loadOnnx(path, model);
  return loadHf({ text: model, path, revision: null, environment: process.env });
}
