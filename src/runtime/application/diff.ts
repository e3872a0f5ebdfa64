// `eisc diff A B`: in what two pipelines differ in meaning; layout, names, prose and views do not count.
import type { App } from '../cli/app-api.js';
import { diffMeaning } from '../store/diff-lock.js';
import { openStudy } from '../study/open-study.js';
import type { World } from './world.js';

export async function diff(world: World, left: string, right: string): ReturnType<App['diff']> {
  const open = (file: string) =>
    openStudy({
      host: world.host,
      folder: world.cwd,
      file,
      settings: new Map(),
      asLock: false,
      everything: false,
    });
  const a = open(left);
  const b = open(right);
  const diagnostics = [...a.diagnostics, ...b.diagnostics].filter((one) => one.severity === 'error');
  const sources = (file: string): string | undefined => a.sources(file) ?? b.sources(file);
  if (a.meaning === null || b.meaning === null) return { diagnostics, sources, lines: [], equal: false };
  const lines = diffMeaning(a.meaning, b.meaning);
  return {
    diagnostics,
    sources,
    lines: lines.length === 0 ? ['both mean the same'] : lines,
    equal: lines.length === 0,
  };
}
