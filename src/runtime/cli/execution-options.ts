// Options of the commands that plan or execute graphs. None of them changes a verdict.
import { type Command, Option } from 'commander';
import { DEFAULT_BACKEND } from '../backend/registry.js';
import type { Execution } from './app-api.js';
import { collect, setOption } from './cli.js';
import { parseCount, parseMemory, parseWord } from './option-values.js';
import { parseBackend } from './parse-backend.js';

export type ExecutionFlags = {
  readonly set: readonly string[];
  readonly backend: string;
  readonly memory: string;
  readonly batch?: string;
  readonly withoutPass: readonly string[];
};

/** Adds `--set`, `--backend`, `--memory`, `--batch` and `--without-pass`. */
export function addExecutionOptions(command: Command): Command {
  return command
    .addOption(setOption())
    .option('--backend <name>', 'what executes the graphs; `eisc backends` lists those here', DEFAULT_BACKEND)
    .option('--memory <size>', 'what the run may use; sizes the batches', '2GB')
    .option('--batch <rows>', 'rows of a batch, instead of what fits')
    .addOption(
      new Option('--without-pass <name>', 'leave out an optimising pass or way of batching (repeatable)')
        .argParser(collect)
        .default([], 'none'),
    );
}

/** The options as values. A name that no backend or pass has is a usage error. */
export async function readExecution(flags: ExecutionFlags): Promise<Execution> {
  const backend = parseBackend(flags.backend, process.env);
  const memoryBytes = parseMemory(flags.memory);
  const withoutPasses = await knownPasses(flags.withoutPass);
  const execution = { backend, memoryBytes, withoutPasses };
  return flags.batch === undefined ? execution : { ...execution, batch: parseCount('--batch', flags.batch) };
}

async function knownPasses(names: readonly string[]): Promise<readonly string[]> {
  if (names.length === 0) return [];
  const { PIPELINE } = await import('../../compiler/pass/pipeline.js');
  const { PARTITION_CHOICES } = await import('../../compiler/plan/partition.js');
  const known = [...PIPELINE.map((pass) => pass.name), ...Object.keys(PARTITION_CHOICES)];
  return names.map((name) => parseWord('pass', name, known));
}
