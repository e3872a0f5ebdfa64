// The commit a run is made at, where there is one: recorded, never required.
import { execFileSync } from 'node:child_process';

export function gitState(folder: string): { readonly id: string; readonly dirty: boolean } | null {
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', folder, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 5_000,
    });
  try {
    const id = git('rev-parse', 'HEAD').trim();
    return { id, dirty: git('status', '--porcelain').trim() !== '' };
  } catch {
    return null; // no git, or no commit yet: there is nothing to record
  }
}
