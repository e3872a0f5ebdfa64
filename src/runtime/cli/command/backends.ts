// `eisc backends`: what can compute here, and why something cannot.
import type { Command } from 'commander';
import type { Cli } from '../cli.js';
import { EXIT } from '../exit.js';

export function addBackends(program: Command, cli: Cli): void {
  program
    .command('backends')
    .description('list what can compute here, and what is missing for the rest')
    .option('--probe', 'also open each one and run a small graph')
    .action(
      cli.action(async (flags: { readonly probe?: boolean }) => {
        const app = await cli.app();
        const answer = await app.backends({ probe: flags.probe === true });
        const output = cli.output();
        const code = output.diagnostics(answer);
        if (code === EXIT.done && answer.text !== null) {
          output.result(answer.text, { kind: 'backends', backends: answer.json });
        }
        return code;
      }),
    );
}
