// `eisc check`: everything that can be known about files without running them.
import type { Command } from 'commander';
import { backendNames } from '../../backend/registry.js';
import { plural } from '../../quantity-text.js';
import type { CheckSummary } from '../app-api.js';
import { type Cli, setOption } from '../cli.js';
import { EXIT, type ExitCode } from '../exit.js';
import { parseSettings, parseWord } from '../option-values.js';

type Flags = { readonly set: readonly string[]; readonly lock?: boolean; readonly backend?: string };

export function addCheck(program: Command, cli: Cli): void {
  program
    .command('check <file...>')
    .description('check files: names, shapes, units, evidence')
    .option('--lock', 'be as strict as `eisc lock`: missing evidence is an error')
    .option('--backend <name>', 'also check that this backend is here')
    .addOption(setOption())
    .action(
      cli.action(async (files: readonly string[], flags: Flags) => {
        const settings = parseSettings(flags.set);
        const asLock = flags.lock === true;
        const options =
          flags.backend === undefined
            ? { settings, asLock }
            : { settings, asLock, backend: parseWord('backend', flags.backend, backendNames()) };
        const app = await cli.app();
        const output = cli.output();
        let worst: ExitCode = EXIT.done;
        for (const file of files) {
          const answer = await app.check(file, options);
          const code = output.diagnostics(answer);
          if (code !== EXIT.done) worst = code;
          const { summary } = answer;
          if (summary !== null && code === EXIT.done) {
            output.result(summaryText(file, summary), { kind: 'checked', file, ...summary });
          }
        }
        return worst;
      }),
    );
}

function summaryText(file: string, { claims, members, controls, families, lines }: CheckSummary): string {
  const claimText =
    members === claims
      ? plural(claims, 'claim')
      : `${plural(claims, 'claim')} (${plural(members, 'member')})`;
  const counts = [claimText, plural(families, 'family', 'families'), plural(controls, 'control')].join(', ');
  return [`${file}: no errors; ${claims === 0 ? 'no claims' : counts}`, ...lines].join('\n');
}
