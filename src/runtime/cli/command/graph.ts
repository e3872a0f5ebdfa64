// `eisc graph`: the experiment's stages, or their drawing.
import type { Command } from 'commander';
import { type Cli, setOption } from '../cli.js';
import { EXIT } from '../exit.js';
import { parseSettings, parseWord } from '../option-values.js';

const FORMATS = ['text', 'dot', 'mermaid'] as const;
type Flags = { readonly set: readonly string[]; readonly format: string };

export function addGraph(program: Command, cli: Cli): void {
  program
    .command('graph <file>')
    .description('show the stages of an experiment and what each one needs')
    .option('--format <format>', FORMATS.join(', '), 'text')
    .addOption(setOption())
    .action(
      cli.action(async (file: string, flags: Flags) => {
        const settings = parseSettings(flags.set);
        const format = parseWord('graph format', flags.format, FORMATS);
        const app = await cli.app();
        const answer = await app.graph(file, { settings, format });
        const output = cli.output();
        const code = output.diagnostics(answer);
        if (code === EXIT.done && answer.text !== null) {
          output.result(answer.text, { kind: 'graph', file, format, text: answer.text });
        }
        return code;
      }),
    );
}
