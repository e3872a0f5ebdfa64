// Help that fits a screen of 80 columns and 24 lines: all commands in one list, each command's own options behind it.
import { type Command, Help } from 'commander';

const WIDTH = 80;

/** Must be called before commands are added, which inherit it. */
export function configureHelp(program: Command): void {
  program.configureHelp({
    helpWidth: WIDTH,
    visibleGlobalOptions: () => program.options.filter((option) => option.long === '--json'),
    formatHelp: (command, helper) =>
      command === program ? mainHelp(program) : new Help().formatHelp(command, helper),
  });
}

function mainHelp(program: Command): string {
  const commands = program.commands.map((one) => [one.name(), one.summary() || one.description()] as const);
  const options = [
    ['--json', 'one JSON object per line, for programs'],
    ['--version', 'print the version'],
  ] as const;
  const line = ([name, about]: readonly [string, string]) => `  ${name.padEnd(11)}${about}`;
  return [
    'Usage: eisc <command> [options]',
    '',
    program.description(),
    '',
    ...commands.map(line),
    '',
    ...options.map(line),
    '',
    '`eisc <command> --help` tells more; `eisc explain <code>` explains a diagnostic.',
    '',
  ].join('\n');
}
