// `eisc explain`: the page of a diagnostic code, as plain text.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { codeNames, factsOf, findCode } from '../../../compiler/base/codes.js';
import { nearest } from '../../../compiler/base/suggest.js';
import { packageRoot } from '../../package-root.js';
import type { Cli } from '../cli.js';
import { EXIT } from '../exit.js';
import { UsageError } from '../usage-error.js';

export function addExplain(program: Command, cli: Cli): void {
  program
    .command('explain <code>')
    .description('explain a diagnostic code, with a failing and a repaired example')
    .action(
      cli.action(async (given: string) => {
        const code = findCode(given) ?? unknownCode(given);
        const page = readFileSync(join(packageRoot(), 'grammar/errors', `${code}.md`), 'utf8');
        const text = plainPage(page);
        cli.output().result(text, { kind: 'explanation', code, title: factsOf(code).title, text });
        return EXIT.done;
      }),
    );
}

function unknownCode(given: string): never {
  const codes = codeNames();
  const names = [...codes, ...codes.flatMap((code) => factsOf(code).aliases ?? [])];
  // A bare number is meant as one of our codes.
  const wanted = /^\d+$/.test(given) ? `EIS${given}` : given.toUpperCase();
  const near = names.find((one) => one === wanted) ?? nearest(wanted, names);
  throw new UsageError(
    `there is no diagnostic \`${given}\``,
    near === undefined
      ? 'codes look like `EIS1001`; a diagnostic shows its code in brackets'
      : `did you mean \`${near}\`?`,
  );
}

/** A page without its marks: headings underlined, examples indented. */
export function plainPage(page: string): string {
  const out: string[] = [];
  let inExample = false;
  for (const line of page.trimEnd().split('\n')) {
    const fence = /^```\s*\w*\s*(.*)$/.exec(line);
    if (fence !== null) {
      inExample = !inExample;
      if (inExample && fence[1] !== undefined && fence[1] !== '') out.push(`    (${fence[1]})`);
    } else if (inExample) {
      out.push(line === '' ? '' : `    ${line}`);
    } else {
      const heading = /^#+ (.*)$/.exec(line)?.[1];
      out.push(heading ?? line);
      if (heading !== undefined) out.push('-'.repeat(heading.length));
    }
  }
  return `${out.join('\n')}\n`;
}
