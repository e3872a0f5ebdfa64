// `eisc check`: everything that can be known before anything runs.
import { backendProblem } from '../backend/inventory.js';
import { backendDiagnostic } from '../backend/messages.js';
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
  const absent = backend === undefined ? null : backendProblem(backend, process.env);
  const diagnostics = absent === null ? study.diagnostics : [...study.diagnostics, backendDiagnostic(absent)];
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
