// `eisc fmt`: files in the canonical layout, in place; `-` reads standard input and prints.
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { decodeText, readText, realHost, writeAtomic } from '../../host.js';
import { fail } from '../../store/problem.js';
import type { Cli } from '../cli.js';
import { EXIT, type ExitCode } from '../exit.js';
import { UsageError } from '../usage-error.js';

export function addFmt(program: Command, cli: Cli): void {
  program
    .command('fmt <file...>')
    .description('lay files out in the canonical form, in place (`-`: standard input)')
    .option('--check', 'change nothing; exit 1 when a file is not laid out so')
    .action(
      cli.action(async (files: readonly string[], flags: { readonly check?: boolean }) => {
        if (files.includes('-') && files.length > 1) {
          throw new UsageError('`-` stands alone', 'format standard input in a command of its own');
        }
        let worst: ExitCode = EXIT.done;
        for (const file of files) {
          const code = await formatOne(cli, file, flags.check === true);
          if (code !== EXIT.done) worst = code;
        }
        return worst;
      }),
    );
}

async function formatOne(cli: Cli, file: string, checkOnly: boolean): Promise<ExitCode> {
  const { format } = await import('../../../compiler/syntax/format.js');
  const host = realHost();
  const isInput = file === '-';
  const name = isInput ? '<stdin>' : file;
  const path = resolve(cli.io.cwd, file);
  const text = isInput ? await inputText(cli) : readText(host, path);
  const { text: laidOut, diagnostics } = format(text, name);
  const output = cli.output();
  const code = output.diagnostics({ diagnostics, sources: () => text });
  if (code !== EXIT.done) return code;
  const changed = laidOut !== text;
  if (checkOnly) {
    output.result(changed ? `${name} is not in the canonical layout` : '', {
      kind: 'formatted',
      file: name,
      changed,
    });
    return changed ? EXIT.diagnostics : EXIT.done;
  }
  if (isInput) {
    output.result(laidOut, { kind: 'formatted', file: name, changed, text: laidOut });
    return EXIT.done;
  }
  if (changed) writeAtomic(host, path, laidOut);
  output.result(changed ? `formatted ${name}` : '', { kind: 'formatted', file: name, changed });
  return EXIT.done;
}

async function inputText(cli: Cli): Promise<string> {
  const text = decodeText(await cli.io.readInput());
  if (text !== undefined) return text;
  return fail({ kind: 'file', why: 'not-text', action: 'read', path: '<stdin>', detail: 'not UTF-8' });
}
