// How long `eisc check` takes from a cold start, in the built package.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BuiltPackage, makeProject } from './built-package.js';
import { densePipeline, repeatedPipeline } from './generate-pipelines.js';
import { load, measureNode, median, timeNode } from './measure.js';

const LINES = 200;
const STARTS = 7;

export type CheckSpeed = {
  readonly file: string;
  readonly lines: number;
  readonly starts: number;
  readonly medianSeconds: number;
  readonly fastestSeconds: number;
  readonly cpuSeconds: number;
  readonly load: number;
};

/** Medians of seven cold processes, file by file in turn. */
export function checkSpeed(root: string, built: BuiltPackage): readonly CheckSpeed[] {
  const pipeline = join(root, 'pipelines', 'induction.eis');
  const project = makeProject([pipeline]);
  const files = new Map([
    ['induction.eis', readFileSync(pipeline, 'utf8')],
    ['repeated.eis', repeatedPipeline(readFileSync(pipeline, 'utf8'), LINES)],
    ['dense.eis', densePipeline(LINES)],
  ]);
  for (const [name, text] of files) writeFileSync(join(project.folder, name), text);
  measureNode([built.command, 'check', 'induction.eis'], project.folder); // reads the files from disk once
  const results = [...files].map(([file, text]): CheckSpeed => {
    const walls = Array.from({ length: STARTS }, () =>
      timeNode([built.command, 'check', file], project.folder),
    );
    return {
      file,
      lines: text.trimEnd().split('\n').length,
      starts: STARTS,
      medianSeconds: median(walls),
      fastestSeconds: Math.min(...walls),
      cpuSeconds: measureNode([built.command, 'check', file], project.folder).cpuSeconds,
      load: load(),
    };
  });
  project.remove();
  return results;
}
