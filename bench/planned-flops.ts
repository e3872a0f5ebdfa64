// What the plan of a pipeline does against a loop that runs the whole model once for every member and row.
import { join } from 'node:path';
import { type BuiltPackage, makeProject } from './built-package.js';
import { jsonLines, measureNode } from './measure.js';

export type PlannedFlops = {
  readonly file: string;
  readonly executions: number;
  readonly gigaflops: number;
  readonly loopGigaflops: number;
  /** Where a search has not run, numbers are upper bounds. */
  readonly bound: string;
};

export function plannedFlops(root: string, built: BuiltPackage, files: readonly string[]): PlannedFlops {
  const [file = ''] = files;
  const project = makeProject(files.map((name) => join(root, 'pipelines', name)));
  const { stdout } = measureNode([built.command, 'plan', file, '--json'], project.folder);
  project.remove();
  const plan = jsonLines(stdout).at(-1)?.plan as {
    bound: string;
    total: { executions: number; flops: number; loopFlops: number };
  }; // as `eisc plan --json` prints it
  return {
    file,
    executions: plan.total.executions,
    gigaflops: plan.total.flops / 1e9,
    loopGigaflops: plan.total.loopFlops / 1e9,
    bound: plan.bound,
  };
}
