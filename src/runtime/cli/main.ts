// The command line: arguments to a command, a command to an exit code. Everything it touches is passed in.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command, CommanderError } from 'commander';
import { packageRoot } from '../package-root.js';
import type { App } from './app-api.js';
import type { Cli } from './cli.js';
import { addBackends } from './command/backends.js';
import { addCheck } from './command/check.js';
import { addDiff } from './command/diff.js';
import { addExplain } from './command/explain.js';
import { addFmt } from './command/fmt.js';
import { addGc } from './command/gc.js';
import { addGraph } from './command/graph.js';
import { addHooks } from './command/hooks.js';
import { addLock } from './command/lock.js';
import { addNew } from './command/new.js';
import { addPlan } from './command/plan.js';
import { addReport } from './command/report.js';
import { addRun } from './command/run.js';
import { addVerify } from './command/verify.js';
import { addWatch } from './command/watch.js';
import { EXIT, type ExitCode } from './exit.js';
import { describeFailure } from './failure.js';
import { configureHelp } from './help.js';
import type { Io } from './io.js';
import { Output } from './output.js';
import { UsageError } from './usage-error.js';

export type Environment = {
  readonly io: Io;
  /** Opens the application on a folder; called by the commands that need it. */
  readonly openApp: (cwd: string) => Promise<App>;
};

/** Runs one command. Never throws: our own mistakes exit 70. */
export async function main(argv: readonly string[], { io, openApp }: Environment): Promise<ExitCode> {
  let code: ExitCode = EXIT.done;
  let stage = 'command line';
  const program = new Command('eisc');
  const wantsJson = () => program.opts<{ json?: boolean }>().json === true;
  const cli: Cli = {
    io,
    output: () => new Output(io, wantsJson()),
    app: () => openApp(io.cwd),
    action:
      (work) =>
      async (...given) => {
        stage = program.args[0] ?? stage;
        code = await work(...given);
      },
  };
  declare(program, cli);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return commanderExit(error);
    if (error instanceof UsageError) {
      const help = error.help === undefined ? '' : `\n = help: ${error.help}`;
      io.err(`eisc ${stage}: ${error.message}${help}\n`);
      return EXIT.usage;
    }
    return describeFailure(error, { stage, words: argv, io, output: cli.output() });
  }
}

function declare(program: Command, cli: Cli): void {
  program
    .description('Honest interpretability experiments on neural networks: compiled, run, verified.')
    .option('--json', 'one JSON object per line, for programs')
    .version(`eisc ${version()}`, '--version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeOut: (text) => cli.io.out(text), writeErr: (text) => cli.io.err(text) })
    .showHelpAfterError(false);
  configureHelp(program);
  addNew(program, cli);
  addCheck(program, cli);
  addHooks(program, cli);
  addPlan(program, cli);
  addRun(program, cli);
  addWatch(program, cli);
  addLock(program, cli);
  addVerify(program, cli);
  addReport(program, cli);
  addDiff(program, cli);
  addExplain(program, cli);
  addFmt(program, cli);
  addGraph(program, cli);
  addBackends(program, cli);
  addGc(program, cli);
}

/** Commander has printed its message by now. */
function commanderExit({ code }: CommanderError): ExitCode {
  return code === 'commander.helpDisplayed' || code === 'commander.version' ? EXIT.done : EXIT.usage;
}

function version(): string {
  const facts: unknown = JSON.parse(readFileSync(join(resolve(packageRoot()), 'package.json'), 'utf8'));
  return typeof facts === 'object' && facts !== null && 'version' in facts
    ? String(facts.version)
    : 'unknown';
}
