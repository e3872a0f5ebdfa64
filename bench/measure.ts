// One process from its start to its end: how long, how much processor time, how much memory, and what it printed.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';

export type Measured = {
  readonly wallSeconds: number;
  /** User and system time of all threads. */
  readonly cpuSeconds: number;
  readonly peakMegabytes: number;
  readonly stdout: string;
};

/** Runs a command of the built package in a folder. What it preloads to learn the usage costs about 0.03 s. Throws where it fails. */
export function measureNode(args: readonly string[], folder: string): Measured {
  const scratch = mkdtempSync(join(tmpdir(), 'eisc-bench-usage-'));
  const file = join(scratch, 'usage.json');
  const preload = `data:text/javascript,${encodeURIComponent(
    "import { writeFileSync } from 'node:fs';" +
      "process.on('exit', () => writeFileSync(process.env.EISC_BENCH_USAGE, JSON.stringify(process.resourceUsage())));",
  )}`;
  const from = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', preload, ...args], {
    cwd: folder,
    env: { ...process.env, EISC_BENCH_USAGE: file },
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const wallSeconds = (performance.now() - from) / 1000;
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}${stdout}`);
  const usage = JSON.parse(readFileSync(file, 'utf8')) as NodeJS.ResourceUsage; // written by the line above
  rmSync(scratch, { recursive: true });
  return {
    wallSeconds,
    cpuSeconds: (usage.userCPUTime + usage.systemCPUTime) / 1e6,
    peakMegabytes: usage.maxRSS / 1024,
    stdout,
  };
}

/** Wall time of one start with nothing loaded beside the command, in seconds. Throws where it fails. */
export function timeNode(args: readonly string[], folder: string): number {
  const from = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
  return (performance.now() - from) / 1000;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Processes that wanted to run during the last minute: above the number of cores, wall times say little. */
export function load(): number {
  return loadavg()[0] ?? Number.NaN;
}

/** The lines that `--json` prints, parsed. */
export function jsonLines(text: string): readonly Readonly<Record<string, unknown>>[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>); // one object a line
}
