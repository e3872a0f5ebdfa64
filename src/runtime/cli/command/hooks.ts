// `eisc hooks`: the sites of a model, with axes and sizes.
import type { Command } from 'commander';
import type { Cli } from '../cli.js';
import { EXIT } from '../exit.js';

export function addHooks(program: Command, cli: Cli): void {
  program
    .command('hooks <model>')
    .description('list the sites of a model (bundled, a file or a folder)')
    .option('--grep <text>', 'only sites whose path holds this text')
    .action(
      cli.action(async (model: string, flags: { readonly grep?: string }) => {
        const app = await cli.app();
        const answer = await app.hooks(model, flags.grep === undefined ? {} : { grep: flags.grep });
        const output = cli.output();
        const code = output.diagnostics(answer);
        if (code === EXIT.done && answer.text !== null) {
          output.result(answer.text, { kind: 'hooks', model, hooks: answer.json });
        }
        return code;
      }),
    );
}
