// `eisc new`: a short pipeline that runs at once.
import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import { exists, realHost, writeAtomic } from '../../host.js';
import type { Cli } from '../cli.js';
import { EXIT } from '../exit.js';
import * as messages from '../messages.js';
import { parseWord } from '../option-values.js';
import { shellCommand } from '../shell-command.js';
import { exampleText, TEMPLATE_NAMES, type TemplateName, templates } from '../templates.js';
import { UsageError } from '../usage-error.js';

const DEFAULT_TEMPLATE: TemplateName = 'patching';

export function addNew(program: Command, cli: Cli): void {
  program
    .command('new [template] [path]')
    .summary('write a short pipeline that runs at once')
    .description(`write a short pipeline that runs at once: ${TEMPLATE_NAMES.join(', ')}`)
    .option('--force', 'replace a file that is there')
    .action(
      cli.action(
        async (
          first: string | undefined,
          second: string | undefined,
          flags: { readonly force?: boolean },
        ) => {
          const { name, path } = readArguments(first, second);
          const template = templates[name];
          const output = cli.output();
          if (template.kind === 'later') {
            return output.diagnostics({
              diagnostics: [messages.templateNotExecutable(name, template.needs)],
              sources: () => undefined,
            });
          }
          const host = realHost();
          const target = resolve(cli.io.cwd, path);
          if (exists(host, target) && flags.force !== true) {
            throw new UsageError(`\`${path}\` exists`, 'name another path, or replace it with `--force`');
          }
          writeAtomic(host, target, exampleText(template.file));
          const next = shellCommand(['eisc', 'run', path]);
          output.result(`wrote ${path}: ${template.about}\nnow: ${next}`, {
            kind: 'created',
            template: name,
            path,
            next,
          });
          return EXIT.done;
        },
      ),
    );
}

/** `eisc new x.eis` means the default template at that path. */
function readArguments(
  first: string | undefined,
  second: string | undefined,
): { readonly name: TemplateName; readonly path: string } {
  if (first?.endsWith('.eis') === true && second === undefined)
    return { name: DEFAULT_TEMPLATE, path: first };
  const name = first === undefined ? DEFAULT_TEMPLATE : parseWord('template', first, TEMPLATE_NAMES);
  const path = second ?? `${name}.eis`;
  if (!path.endsWith('.eis') || basename(path) === '.eis') {
    throw new UsageError(`\`${path}\` is not the name of a pipeline`, 'pipelines end in `.eis`');
  }
  return { name, path };
}
