// `eisc report`: writes the report of the last run again, in a format of one's choice.
import type { Command } from 'commander';
import type { Cli } from '../cli.js';
import { EXIT } from '../exit.js';
import { parseWord } from '../option-values.js';

const FORMATS = ['html', 'md', 'json'] as const;

export function addReport(program: Command, cli: Cli): void {
  program
    .command('report <file>')
    .description('write the report of the last run')
    .option('--format <format>', FORMATS.join(', '), 'html')
    .action(
      cli.action(async (file: string, flags: { readonly format: string }) => {
        const format = parseWord('report format', flags.format, FORMATS);
        const app = await cli.app();
        const answer = await app.report(file, { format });
        const output = cli.output();
        const code = output.diagnostics(answer);
        if (code === EXIT.done) {
          const { path, text } = answer;
          output.result(text ?? (path === null ? '' : `wrote ${path}`), {
            kind: 'report',
            file,
            format,
            path,
            text,
          });
        }
        return code;
      }),
    );
}
