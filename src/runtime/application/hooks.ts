// `eisc hooks MODEL`: the tensors of a model that can be read and written, with axes, shapes and bytes.
import { resolve } from 'node:path';
import { describeModel } from '../../compiler/model/describe.js';
import { modelDiagnostic } from '../../compiler/model/messages.js';
import type { App } from '../cli/app-api.js';
import { loadBundled, loadOnnx } from '../model/load-model.js';
import { noSources, type World } from './world.js';

const shownPositions = 16;

export async function hooks(
  world: World,
  model: string,
  { grep }: Parameters<App['hooks']>[1],
): ReturnType<App['hooks']> {
  const none = { sources: noSources, text: null, json: null };
  const isFile = model.includes('/') || model.endsWith('.onnx');
  const found = isFile ? loadOnnx(resolve(world.cwd, model), model) : loadBundled(model);
  if (found.kind === 'problem') return { ...none, diagnostics: [modelDiagnostic(found.problem)] };
  const listing = describeModel(found.value.graph, {
    grep: grep ?? null,
    positions: shownPositions,
    weights: false,
  });
  if (listing.kind === 'problem') return { ...none, diagnostics: [modelDiagnostic(listing.problem)] };
  return { ...none, diagnostics: [], text: listing.text.join('\n'), json: listing.data };
}
