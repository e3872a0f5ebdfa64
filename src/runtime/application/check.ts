// `eisc check`: everything that can be known before anything runs.
import type { Diagnostic } from '../../compiler/base/diagnostic.js';
import type { App } from '../cli/app-api.js';
import { openStudy } from '../study/open-study.js';
import type { World } from './world.js';

export async function check(
  world: World,
  file: string,
  { settings, asLock, backend }: Parameters<App['check']>[1],
): ReturnType<App['check']> {
  const study = await openStudy({
    host: world.host,
    folder: world.cwd,
    file,
    settings,
    asLock,
    everything: true,
  });
  const { checked, sources } = study;
  const diagnostics = [...study.diagnostics, ...(backend === undefined ? [] : await withoutBackend(backend))];
  if (checked === null) return { diagnostics, sources, summary: null };
  const lines: string[] = [];
  if (study.lockState.kind === 'locked') lines.push('locked: `eisc run` uses the confirm rows');
  if (study.lockState.kind === 'changed')
    lines.push(`changed since the lock: ${study.lockState.changes.slice(0, 3).join('; ')}`);
  return {
    diagnostics,
    sources,
    summary: {
      claims: checked.claims.length,
      members: checked.claims.reduce((sum, one) => sum + one.family.members.length, 0),
      controls: checked.controls.length,
      families: checked.families.length,
      lines,
    },
  };
}

/** What says that a backend is not here. Loaded where one is named, for a check looks at no machine. */
async function withoutBackend(
  backend: NonNullable<Parameters<App['check']>[1]['backend']>,
): Promise<readonly Diagnostic[]> {
  const { backendProblem } = await import('../backend/inventory.js');
  const absent = backendProblem(backend, process.env);
  if (absent === null) return [];
  const { backendDiagnostic } = await import('../backend/messages.js');
  return [backendDiagnostic(absent)];
}
