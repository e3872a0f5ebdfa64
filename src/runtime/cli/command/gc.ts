// `eisc gc`: empties the cache of what no result needs.
import type { Command } from 'commander';
import type { Cli } from '../cli.js';
import { EXIT } from '../exit.js';
import { parseDays } from '../option-values.js';

type Flags = { readonly dryRun?: boolean; readonly olderThan?: string };

export function addGc(program: Command, cli: Cli): void {
  program
    .command('gc')
    .description('remove cached values that no result needs')
    .option('--dry-run', 'say what would be removed')
    .option('--older-than <days>', 'only values older than this')
    .action(
      cli.action(async (flags: Flags) => {
        const age =
          flags.olderThan === undefined ? {} : { olderThanDays: parseDays('--older-than', flags.olderThan) };
        const app = await cli.app();
        const answer = await app.gc({ dryRun: flags.dryRun === true, ...age });
        const output = cli.output();
        const code = output.diagnostics(answer);
        if (code === EXIT.done)
          output.result(answer.lines.join('\n'), { kind: 'collected', lines: answer.lines });
        return code;
      }),
    );
}
