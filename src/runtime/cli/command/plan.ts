// `eisc plan`: what a run would do and cost, and what each claim can resolve.
import type { Command } from 'commander';
import type { Cli } from '../cli.js';
import { addExecutionOptions, type ExecutionFlags, readExecution } from '../execution-options.js';
import { EXIT } from '../exit.js';
import { parseSettings } from '../option-values.js';

type Flags = ExecutionFlags & { readonly explain?: boolean };

export function addPlan(program: Command, cli: Cli): void {
  const command = program
    .command('plan <file>')
    .description('show what a run would do, share and cost, and what it can resolve')
    .option('--explain', 'say why each step is there and what the passes saved');
  addExecutionOptions(command).action(
    cli.action(async (file: string, flags: Flags) => {
      const settings = parseSettings(flags.set);
      const execution = await readExecution(flags);
      const app = await cli.app();
      const answer = await app.plan(file, { ...execution, settings, explain: flags.explain === true });
      const output = cli.output();
      const code = output.diagnostics(answer);
      if (code === EXIT.done && answer.text !== null) {
        output.result(answer.text, { kind: 'plan', file, plan: answer.json });
      }
      return code;
    }),
  );
}
