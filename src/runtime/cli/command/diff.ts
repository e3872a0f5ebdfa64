// `eisc diff`: what differs between two files in meaning, not in text.
import type { Command } from 'commander';
import type { Cli } from '../cli.js';
import { EXIT } from '../exit.js';

export function addDiff(program: Command, cli: Cli): void {
  program
    .command('diff <a> <b>')
    .description('say what differs in meaning between two files, locks or results')
    .action(
      cli.action(async (left: string, right: string) => {
        const app = await cli.app();
        const answer = await app.diff(left, right);
        const output = cli.output();
        const code = output.diagnostics(answer);
        if (code === EXIT.done) {
          const { lines, equal } = answer;
          const text = equal && lines.length === 0 ? 'no difference in meaning' : lines.join('\n');
          output.result(text, { kind: 'difference', left, right, equal, lines });
        }
        return code;
      }),
    );
}
