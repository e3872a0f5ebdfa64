// `eisc verify`: whether lock, ledger, result and report belong together, without model or cache.
import type { Command } from 'commander';
import { visible } from '../../../compiler/base/visible.js';
import { DEFAULT_BACKEND } from '../../backend/registry.js';
import type { VerifyCheck } from '../app-api.js';
import type { Cli } from '../cli.js';
import { EXIT } from '../exit.js';
import { parseCount, parseMemory } from '../option-values.js';
import { parseBackend } from '../parse-backend.js';

type Flags = {
  readonly anchor?: string;
  readonly merge?: boolean;
  readonly recompute?: string;
  readonly backend: string;
  readonly memory: string;
};

export function addVerify(program: Command, cli: Cli): void {
  program
    .command('verify [path]')
    .description('recompute verdicts from stored outcomes; check lock and ledger')
    .option('--anchor <hash>', 'head of the ledger as it was kept somewhere else')
    .option('--merge', 'first join the histories of a ledger with a merge conflict')
    .option('--recompute <rows>', 'also compute so many confirm rows again, and compare')
    .option('--backend <name>', 'what computes them', DEFAULT_BACKEND)
    .option('--memory <size>', 'what that may use', '2GB')
    .action(
      cli.action(async (path: string | undefined, flags: Flags) => {
        const app = await cli.app();
        const anchor = flags.anchor === undefined ? {} : { anchor: flags.anchor };
        const recompute =
          flags.recompute === undefined
            ? {}
            : {
                recompute: {
                  rows: parseCount('--recompute', flags.recompute),
                  backend: parseBackend(flags.backend, process.env),
                  memoryBytes: parseMemory(flags.memory),
                },
              };
        const answer = await app.verify(path ?? '.', {
          ...anchor,
          ...recompute,
          merge: flags.merge === true,
        });
        const output = cli.output();
        const code = output.diagnostics(answer);
        for (const check of answer.checks) output.result(checkText(check), { kind: 'verified', ...check });
        if (answer.ok && code === EXIT.done) return EXIT.done;
        // Without a single check there was nothing to compare: the path was wrong.
        return answer.checks.length === 0 && code !== EXIT.done ? code : EXIT.mismatch;
      }),
    );
}

function checkText({ name, state, text }: VerifyCheck): string {
  const rest = text === '' ? '' : `: ${visible(text)}`;
  return `${state.padEnd(11)} ${visible(name)}${rest}`;
}
