// `eisc check`: everything that can be known about files without running them.
import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { plural } from '../../quantity-text.js';
import type { CheckSummary } from '../app-api.js';
import { type Cli, setOption } from '../cli.js';
import { EXIT, type ExitCode } from '../exit.js';
import { parseSettings } from '../option-values.js';
import { parseBackend } from '../parse-backend.js';

type Flags = { readonly set: readonly string[]; readonly lock?: boolean; readonly backend?: string };

export function addCheck(program: Command, cli: Cli): void {
  program
    .command('check <file...>')
    .description('check files, or those of a folder: names, shapes, units, evidence')
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
            : { settings, asLock, backend: parseBackend(flags.backend, cli.io.env) };
        const app = await cli.app();
        const output = cli.output();
        let worst: ExitCode = EXIT.done;
        for (const file of files.flatMap((one) => pipelinesIn(one, cli.io.cwd))) {
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

/** A folder stands for the pipelines in it; one that holds none is left to the check, which says so. */
function pipelinesIn(name: string, cwd: string): readonly string[] {
  const path = resolve(cwd, name);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return [name];
  const found = readdirSync(path)
    .filter((one) => one.endsWith('.eis'))
    .toSorted();
  return found.length === 0 ? [name] : found.map((one) => join(name, one));
}

function summaryText(file: string, { claims, members, controls, families, lines }: CheckSummary): string {
  const claimText =
    members === claims
      ? plural(claims, 'claim')
      : `${plural(claims, 'claim')} (${plural(members, 'member')})`;
  const counts = [claimText, plural(families, 'family', 'families'), plural(controls, 'control')].join(', ');
  return [`${file}: no errors; ${claims === 0 ? 'no claims' : counts}`, ...lines].join('\n');
}
