// A family of 100,000 members, checked and planned: time and memory of one cold process.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BuiltPackage, makeProject } from './built-package.js';
import { largeFamily } from './generate-pipelines.js';
import { jsonLines, load, measureNode, median } from './measure.js';

const STARTS = 5;

export type LargeFamily = {
  readonly members: number;
  readonly medianSeconds: number;
  readonly fastestSeconds: number;
  readonly medianCpuSeconds: number;
  readonly peakMegabytes: number;
  readonly load: number;
};

/** `eisc plan` checks the file, expands the family and plans every call. */
export function planLargeFamily(built: BuiltPackage): LargeFamily {
  const project = makeProject([]);
  writeFileSync(join(project.folder, 'large.eis'), largeFamily());
  const starts = Array.from({ length: STARTS }, () =>
    measureNode([built.command, 'plan', 'large.eis', '--json'], project.folder),
  );
  const [first] = starts;
  const plan = jsonLines(first?.stdout ?? '').at(-1)?.plan as
    | { claims: readonly { members: number }[] }
    | undefined; // as `eisc plan --json` prints it
  project.remove();
  const walls = starts.map((one) => one.wallSeconds);
  return {
    members: plan?.claims.reduce((sum, one) => sum + one.members, 0) ?? 0,
    medianSeconds: median(walls),
    fastestSeconds: Math.min(...walls),
    medianCpuSeconds: median(starts.map((one) => one.cpuSeconds)),
    peakMegabytes: Math.max(...starts.map((one) => one.peakMegabytes)),
    load: load(),
  };
}
