// `eisc lock`: seals what a file claims, before anybody looks at the rows that test it.
import type { Command } from 'commander';
import { type Cli, setOption } from '../cli.js';
import { EXIT } from '../exit.js';
import { parseSettings } from '../option-values.js';

type Flags = { readonly set: readonly string[]; readonly anchor?: boolean };

export function addLock(program: Command, cli: Cli): void {
  program
    .command('lock <file>')
    .description('seal claims and predictions before the confirm rows are opened')
    .option('--anchor', 'print the head of the ledger, to be kept somewhere else')
    .addOption(setOption())
    .action(
      cli.action(async (file: string, flags: Flags) => {
        const settings = parseSettings(flags.set);
        const app = await cli.app();
        const answer = await app.lock(file, { settings, anchor: flags.anchor === true });
        const output = cli.output();
        const code = output.diagnostics(answer);
        if (code === EXIT.done) {
          const { lines, lock } = answer;
          output.result(lines.join('\n'), { kind: 'locked', file, lock, lines });
        }
        return code;
      }),
    );
}
