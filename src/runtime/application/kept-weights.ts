// The weights that a backend keeps as files from run to run (`.eis/weights`), and which of them `eisc gc` removes: those that no run
// has used for a while. Nothing else says that a weight is needed, since a run writes again what it misses.
import { join } from 'node:path';
import type { Host } from '../host.js';
import { isFileProblem } from '../store/problem.js';

/** Inside the project's `.eis`, which git ignores. */
export function keptWeightsFolder(projectRoot: string): string {
  return join(projectRoot, '.eis', 'weights');
}

type KeptFile = { readonly path: string; readonly bytes: number };

export type WeightGcPlan = { readonly remove: readonly KeptFile[]; readonly staying: readonly KeptFile[] };

/** Files in `folder` that were last used at least `minimumAgeMs` ago, and the others. Changes nothing. */
export function planWeightGc(host: Host, folder: string, minimumAgeMs: number): WeightGcPlan {
  const now = host.nowMs();
  const remove: KeptFile[] = [];
  const staying: KeptFile[] = [];
  for (const name of host.list(folder)) {
    const path = join(folder, name);
    const facts = name.endsWith('.weight') ? host.stat(path) : undefined;
    if (facts?.kind !== 'file') continue;
    const one = { path, bytes: facts.bytes };
    if (now - facts.modifiedMs >= minimumAgeMs) remove.push(one);
    else staying.push(one);
  }
  return { remove, staying };
}

/** Removes what the plan says and returns what really went: some systems do not give up a file that a run has mapped. */
export function runWeightGc(host: Host, { remove, staying }: WeightGcPlan): WeightGcPlan {
  const gone = remove.filter(({ path }) => {
    try {
      host.remove(path);
      return true;
    } catch (error) {
      if (isFileProblem(error, 'no-permission') || isFileProblem(error, 'read-only')) return false;
      throw error;
    }
  });
  return { remove: gone, staying: [...staying, ...remove.filter((one) => !gone.includes(one))] };
}
