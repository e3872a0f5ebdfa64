// `eisc explain`: the page of a diagnostic code, as plain text.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { codeNames, factsOf, findCode } from '../../../compiler/base/codes.js';
import { nearest } from '../../../compiler/base/suggest.js';
import { packageRoot } from '../../package-root.js';
import { TEXT_WIDTH, wrapText } from '../../wrap-text.js';
import type { Cli } from '../cli.js';
import { EXIT } from '../exit.js';
import { UsageError } from '../usage-error.js';

export function addExplain(program: Command, cli: Cli): void {
  program
    .command('explain <code>')
    .description('explain a diagnostic code, with a failing and a repaired example')
    .action(
      cli.action(async (given: string) => {
        const code = findCode(given) ?? findCode(`EIS${given}`) ?? unknownCode(given);
        const page = readFileSync(join(packageRoot(), 'grammar/errors', `${code}.md`), 'utf8');
        const { columns } = cli.io.terminal;
        const text = plainPage(page, columns > 0 ? Math.min(columns, TEXT_WIDTH) : TEXT_WIDTH);
        cli.output().result(text, { kind: 'explanation', code, title: factsOf(code).title, text });
        return EXIT.done;
      }),
    );
}

function unknownCode(given: string): never {
  const codes = codeNames();
  const names = [...codes, ...codes.flatMap((code) => factsOf(code).aliases ?? [])];
  const wanted = given.toUpperCase();
  const near = nearest(/^\d+$/.test(wanted) ? `EIS${wanted}` : wanted, names);
  throw new UsageError(
    `there is no diagnostic \`${given}\``,
    near === undefined
      ? 'codes look like `EIS1001`; a diagnostic shows its code in brackets'
      : `did you mean \`${near}\`?`,
  );
}

/** A page without its marks: headings underlined, examples indented, prose broken for a terminal of `width` columns. */
export function plainPage(page: string, width: number): string {
  const out: string[] = [];
  let prose: string[] = [];
  let inExample = false;
  const endProse = (): void => {
    if (prose.length > 0) out.push(...wrapText(prose.join(' '), width, hangingIndent(prose[0] ?? '')));
    prose = [];
  };
  for (const line of page.trimEnd().split('\n')) {
    const fence = /^```\s*\w*\s*(.*)$/.exec(line);
    if (fence !== null) {
      endProse();
      inExample = !inExample;
      if (inExample && fence[1] !== undefined && fence[1] !== '') out.push(`    (${fence[1]})`);
    } else if (inExample) {
      out.push(line === '' ? '' : `    ${line}`);
    } else {
      const heading = /^#+ (.*)$/.exec(line)?.[1];
      // A list item, a row of a table and a blank line each end what stands before them.
      if (heading !== undefined || line === '' || /^(- |\d+\. |\|)/.test(line)) endProse();
      if (heading !== undefined)
        out.push(...wrapText(heading, width, ''), '-'.repeat(Math.min(heading.length, width)));
      else if (line === '' || line.startsWith('|')) out.push(line);
      else prose.push(prose.length === 0 ? line : line.trim());
    }
  }
  endProse();
  return `${out.join('\n')}\n`;
}

function hangingIndent(line: string): string {
  return ' '.repeat(/^(- |\d+\. )/.exec(line)?.[0].length ?? 0);
}
