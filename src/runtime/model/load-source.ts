// `hf("…")` and `gguf("…")`: the files of a model to its graph, with weights that are read when a backend asks for them. A model
// whose weights are more than `memoryBytes` is refused by its headers.
import { buildModel, withTokenizer } from '../../compiler/model/architectures/build.js';
import { parseHfConfig } from '../../compiler/model/architectures/parse-hf-config.js';
import type { HostTensor } from '../backend/host-tensor.js';
import { codecNames } from './element-codec.js';
import { openGguf } from './gguf/open-gguf.js';
import { type HfRequest, locateModel } from './hf/locate.js';
import { openModelFolder } from './hf/model-folder.js';
import type { LoadedModel, WeightTable } from './load-model.js';
import { failed, type Loaded, loaded } from './model-files.js';
import type { FileTensor, ModelFiles } from './model-source.js';

/** A folder, a cached model of the hub, or one that is downloaded at its pinned revision. */
export async function loadHf(request: HfRequest, memoryBytes?: number): Promise<Loaded<LoadedModel>> {
  const place = await locateModel(request);
  if (place.kind === 'problem') return place;
  const files = openModelFolder(place.value, memoryBytes);
  return files.kind === 'problem'
    ? files
    : modelFromFiles(files.value, request.text, `${request.text}/config.json`);
}

/** `shown` is the path as the pipeline writes it. */
export async function loadGguf(
  path: string,
  shown: string,
  memoryBytes?: number,
): Promise<Loaded<LoadedModel>> {
  const files = await openGguf(path, shown, memoryBytes);
  return files.kind === 'problem' ? files : modelFromFiles(files.value, shown, shown);
}

function modelFromFiles(files: ModelFiles, name: string, configPath: string): Loaded<LoadedModel> {
  const config = parseHfConfig(files.config);
  if (config.kind === 'problem')
    return failed({ kind: 'architecture', path: configPath, problem: config.problem });
  const built = buildModel(config.config, files.tensors, name);
  if (built.kind === 'problem') {
    const { problem } = built;
    const missing = problem.kind === 'missing-tensors' ? problem.names : [];
    for (const tensor of missing) {
      const found = files.undecoded.get(tensor);
      if (found === undefined) continue;
      const { path, stored: type } = found;
      return failed({ kind: 'element-type', path, tensor, type, known: codecNames() });
    }
    return failed({ kind: 'architecture', path: configPath, problem });
  }
  const unused = new Set(built.unused);
  const used = [...files.tensors].filter(([tensor]) => !unused.has(tensor));
  for (const [tensor, { notFinite, path }] of used) {
    if (notFinite !== null) return failed({ kind: 'not-finite', path, tensor, ...notFinite });
  }
  return loaded({
    graph: withTokenizer(built.model, files.tokenizer),
    weights: lazyWeights(used.map(([, tensor]) => tensor)),
    manifest: null,
    fixtures: null,
    warnings: [],
    files: { origin: files.origin, quantisation: files.quantisation },
  });
}

/** A tensor that someone still holds is given again, any other is read: nothing is kept for its own sake. */
function lazyWeights(tensors: readonly FileTensor[]): WeightTable {
  const byDigest = new Map(tensors.map((one) => [one.digest, one]));
  const held = new Map<string, WeakRef<HostTensor>>();
  return {
    get: (digest) => {
      const tensor = byDigest.get(digest);
      if (tensor === undefined) return undefined;
      const again = held.get(digest)?.deref();
      if (again !== undefined) return again;
      const read: HostTensor = { dtype: 'f32', dims: tensor.dims, data: tensor.read() };
      held.set(digest, new WeakRef(read));
      return read;
    },
  };
}
