// A Python for tests that ask an independent script or library.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from './small-project.js';

/** The first Python that has these modules: the one asked for, the checkout's own, the system's. */
export function pythonWith(modules: string): string | null {
  const local = join(repository, '.venv/bin/python');
  const asked = process.env.EIS_PYTHON;
  const candidates = [
    ...(asked === undefined ? [] : [asked]),
    ...(existsSync(local) ? [local] : []),
    'python3',
  ];
  return candidates.find((one) => spawnSync(one, ['-c', `import ${modules}`]).status === 0) ?? null;
}
