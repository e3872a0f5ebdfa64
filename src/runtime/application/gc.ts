// `eisc gc`: removes from the cache what no result of the project uses.
import { join } from 'node:path';
import type { Digest } from '../../compiler/base/digest.js';
import type { App } from '../cli/app-api.js';
import { decodeText, listFilesUnder } from '../host.js';
import { openStore } from '../store/cas.js';
import { planGc, runGc } from '../store/gc.js';
import { projectRoot } from '../store/ledger.js';
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
    const plan = planGc(store, {
      live,
      minimumAgeMs: olderThanDays === undefined ? youngestMs : olderThanDays * day,
    });
    if (!dryRun) runGc(store, plan);
    const verb = dryRun ? 'would free' : 'freed';
    return {
      diagnostics: [],
      sources: noSources,
      lines: [
        `${verb} ${(plan.freedBytes / 1e6).toFixed(1)} MB in ${plan.remove.length + plan.leftovers.length} files; ${plan.keptObjects} objects (${(plan.keptBytes / 1e6).toFixed(1)} MB) stay`,
      ],
    };
  } catch (failure) {
    const found = diagnosticsOf(failure);
    if (found === null) throw failure;
    return { diagnostics: found, sources: noSources, lines: [] };
  }
}

function keysIn(text: string): readonly Digest[] {
  try {
    const { keys } = JSON.parse(text) as { keys?: Digest[] };
    return keys ?? [];
  } catch {
    return []; // a damaged manifest protects nothing; `verify` reports it
  }
}
