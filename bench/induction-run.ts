// Program 2.1 run by the built package beside a plain PyTorch loop over the same rows, and what share of the machine it uses.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type BuiltPackage, makeProject } from './built-package.js';
import { inductionRows } from './induction-rows.js';
import { jsonLines, load, measureNode } from './measure.js';

const THREADS = 2;
/** Harm per head must agree within this before times are compared. */
const TOLERANCE = 1e-4;

export type RunCost = {
  readonly executions: number;
  readonly gigaflops: number;
  /** Whole process: start, compilation, checks, statistics, report, files. */
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  readonly peakMegabytes: number;
  /** The steps that execute models for claims, searches and controls. */
  readonly executingSeconds: number;
  readonly load: number;
};
export type OwnRun = RunCost & { readonly harm: ReadonlyMap<string, number> };
export type TorchRun = {
  readonly torch: string;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  /** After the import, with the rows and the weights in memory. */
  readonly executingSeconds: number;
  readonly largestDifference: number;
};

/** One run from an empty store. */
export function runPipeline(root: string, built: BuiltPackage, files: readonly string[]): OwnRun {
  const [file = ''] = files;
  const project = makeProject(files.map((name) => join(root, 'pipelines', name)));
  const measured = measureNode([built.command, 'run', file, '--json'], project.folder);
  project.remove();
  const events = jsonLines(measured.stdout);
  const finished = events.find((one) => one.kind === 'run-finished');
  const executing = events.filter(
    (one) => one.kind === 'step-finished' && /^(search|claims|control|views)/.test(String(one.step)),
  );
  const claims = events.filter((one) => one.kind === 'claim' && typeof one.estimate === 'number');
  return {
    executions: Number(finished?.executions),
    gigaflops: Number(finished?.flops) / 1e9,
    wallSeconds: measured.wallSeconds,
    cpuSeconds: measured.cpuSeconds,
    peakMegabytes: measured.peakMegabytes,
    executingSeconds: executing.reduce((sum, one) => sum + Number(one.timeMs), 0) / 1000,
    load: load(),
    harm: new Map(claims.map((one) => [String(one.member), Number(one.estimate)])),
  };
}

/** Null where there is no Python with PyTorch: set EISC_BENCH_PYTHON to one. */
export async function runTorch(root: string, own: OwnRun): Promise<TorchRun | null> {
  const python = process.env.EISC_BENCH_PYTHON ?? join(root, '.venv', 'bin', 'python');
  if (!existsSync(python)) return null;
  const model = join(root, 'models', 'attn2');
  const task = {
    models: join(root, 'models'),
    manifest: join(model, 'manifest.json'),
    weights: join(model, 'model.safetensors'),
    threads: THREADS,
    seeds: 19,
    ...(await inductionRows(root)),
  };
  const from = performance.now();
  const { status, stdout, stderr } = spawnSync(
    python,
    [join(root, 'bench', 'rivals', 'induction_torch.py')],
    {
      input: JSON.stringify(task),
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    },
  );
  const wallSeconds = (performance.now() - from) / 1000;
  if (status !== 0) throw new Error(`the PyTorch loop ended with ${status}: ${stderr}`);
  const found = JSON.parse(stdout) as {
    torch: string;
    harm: Record<string, number>;
    claim_seconds: number;
    control_seconds: number;
    cpu_seconds: number;
  }; // what the script prints
  const differences = [...own.harm].map(([member, value]) =>
    Math.abs(value - (found.harm[member] ?? Number.NaN)),
  );
  const largestDifference = Math.max(...differences);
  if (differences.length === 0 || !(largestDifference < TOLERANCE))
    throw new Error(`harm differs from PyTorch's by ${largestDifference}: times are not compared`);
  return {
    torch: found.torch,
    wallSeconds,
    cpuSeconds: found.cpu_seconds,
    executingSeconds: found.claim_seconds + found.control_seconds,
    largestDifference,
  };
}
