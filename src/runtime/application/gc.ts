// `eisc gc`: removes from the cache what no result of the project uses, and weights that no run has used lately.
import { join } from 'node:path';
import type { Digest } from '../../compiler/base/digest.js';
import type { App } from '../cli/app-api.js';
import { decodeText, listFilesUnder } from '../host.js';
import { openStore } from '../store/cas.js';
import { planGc, runGc } from '../store/gc.js';
import { projectRoot } from '../store/ledger.js';
import { keptWeightsFolder, planWeightGc, runWeightGc, type WeightGcPlan } from './kept-weights.js';
import { diagnosticsOf, noSources, type World } from './world.js';

const day = 24 * 3600 * 1000;
/** Another run may be about to use what is younger than this. */
const youngestMs = 3600 * 1000;

export async function gc(
  world: World,
  { dryRun, olderThanDays }: Parameters<App['gc']>[0],
): ReturnType<App['gc']> {
  try {
    const root = projectRoot(world.host, join(world.cwd, 'x.eis'));
    const store = openStore(world.host, root);
    const live = new Set<Digest>();
    for (const path of listFilesUnder(world.host, root)) {
      if (!path.endsWith('.eis.result/manifest.json')) continue;
      const text = decodeText(world.host.readBytes(join(root, path)));
      for (const key of keysIn(text ?? '')) live.add(key);
    }
    const minimumAgeMs = olderThanDays === undefined ? youngestMs : olderThanDays * day;
    const plan = planGc(store, { live, minimumAgeMs });
    if (!dryRun) runGc(store, plan);
    const planned = planWeightGc(world.host, keptWeightsFolder(root), minimumAgeMs);
    const weights = dryRun ? planned : runWeightGc(world.host, planned);
    const verb = dryRun ? 'would free' : 'freed';
    return {
      diagnostics: [],
      sources: noSources,
      lines: [
        `${verb} ${(plan.freedBytes / 1e6).toFixed(1)} MB in ${plan.remove.length + plan.leftovers.length} files; ${plan.keptObjects} objects (${(plan.keptBytes / 1e6).toFixed(1)} MB) stay`,
        ...weightLines(verb, weights),
      ],
    };
  } catch (failure) {
    const found = diagnosticsOf(failure);
    if (found === null) throw failure;
    return { diagnostics: found, sources: noSources, lines: [] };
  }
}

/** Nothing where no backend has kept weights. */
function weightLines(verb: string, { remove, staying }: WeightGcPlan): readonly string[] {
  if (remove.length + staying.length === 0) return [];
  const megabytes = (files: WeightGcPlan['staying']): string =>
    `${(files.reduce((sum, one) => sum + one.bytes, 0) / 1e6).toFixed(1)} MB`;
  return [
    `weights of models: ${verb} ${megabytes(remove)} in ${remove.length} files; ${staying.length} that were used lately (${megabytes(staying)}) stay`,
  ];
}

function keysIn(text: string): readonly Digest[] {
  try {
    const { keys } = JSON.parse(text) as { keys?: Digest[] };
    return keys ?? [];
  } catch {
    return []; // a damaged manifest protects nothing; `verify` reports it
  }
}
