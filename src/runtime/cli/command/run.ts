// `eisc run`: explores a draft, opens confirm once for a locked file, replays after that.
import { type Command, Option } from 'commander';
import type { RunOutcome } from '../app-api.js';
import { type Cli, collect } from '../cli.js';
import { addExecutionOptions, type ExecutionFlags, readExecution } from '../execution-options.js';
import { EXIT, type ExitCode } from '../exit.js';
import { observe } from '../observe.js';
import { parseSettings, parseWord } from '../option-values.js';
import { shellCommand } from '../shell-command.js';

const FAIL_ON = ['refuted', 'inconclusive'] as const;
type FailOn = (typeof FAIL_ON)[number];
type Flags = ExecutionFlags & { readonly failOn: readonly string[]; readonly tui: boolean };

export function addRun(program: Command, cli: Cli): void {
  const command = program
    .command('run <file>')
    .description('run an experiment; a locked file opens its confirm rows once')
    .addOption(
      new Option('--fail-on <verdict>', `exit 5 on a conclusion that is ${FAIL_ON.join(' or ')} (repeatable)`)
        .argParser(collect)
        .default([], 'none'),
    )
    .option('--no-tui', 'plain lines in a terminal, too');
  addExecutionOptions(command).action(
    cli.action(async (file: string, flags: Flags) => {
      const settings = parseSettings(flags.set);
      const failOn = flags.failOn.map((word) => parseWord('verdict', word, FAIL_ON));
      const execution = await readExecution(flags);
      const app = await cli.app();
      const resume = shellCommand(resumeWords(file, flags));
      const output = cli.output();
      const observer = await observe(cli.io, { json: output.json, tui: flags.tui });
      const stopping = new AbortController();
      const forget = cli.io.onStop(() => {
        if (stopping.signal.aborted) cli.io.leave(EXIT.interrupted);
        else if (!observer.drawsScreen) output.remark('stopping; once more ends at once');
        stopping.abort();
      });
      const answer = await app
        .run(file, { ...execution, settings, signal: stopping.signal, resume, emit: observer.emit })
        .finally(async () => {
          forget();
          await observer.close();
        });
      const code = output.diagnostics(answer);
      if (answer.interrupted === true) {
        if (!observer.toldInterrupted()) output.remark(`interrupted: nothing is lost; go on with ${resume}`);
        return EXIT.interrupted;
      }
      if (answer.failed === true) return EXIT.runFailed;
      if (code !== EXIT.done || answer.outcome === null) return code;
      const { outcome } = answer;
      output.result(outcomeText(outcome), { kind: 'outcome', file, ...outcome });
      return codeOf(outcome, failOn);
    }),
  );
}

/** The verdicts and the files are in the events before it. */
function outcomeText({ decisionDigest, outcomeDigest }: RunOutcome): string {
  return `decision ${decisionDigest}\noutcomes ${outcomeDigest}`;
}

/**
 * A failed check says that the machinery, not the claim, is at fault, and a replay with other verdicts that something else was
 * computed: the result is written in both cases. A conclusion that is invalid for a reason of its own decides nothing, so that
 * it counts as inconclusive here.
 */
function codeOf(outcome: RunOutcome, failOn: readonly FailOn[]): ExitCode {
  if (outcome.failedChecks.length > 0) return EXIT.runFailed;
  if (outcome.replay === 'neither') return EXIT.mismatch;
  const counts: Record<FailOn, number> = {
    refuted: outcome.refuted,
    inconclusive: outcome.inconclusive + outcome.invalid,
  };
  return failOn.some((verdict) => counts[verdict] > 0) ? EXIT.failOn : EXIT.done;
}

/** The command that goes on after an interruption: the same settings, and the same view. */
function resumeWords(file: string, flags: Flags): readonly string[] {
  return [
    'eisc',
    'run',
    file,
    ...flags.set.flatMap((pair) => ['--set', pair]),
    ...(flags.backend === 'ort:cpu' ? [] : ['--backend', flags.backend]),
    ...(flags.memory === '2GB' ? [] : ['--memory', flags.memory]),
    ...(flags.batch === undefined ? [] : ['--batch', flags.batch]),
    ...flags.withoutPass.flatMap((name) => ['--without-pass', name]),
    ...flags.failOn.flatMap((verdict) => ['--fail-on', verdict]),
    ...(flags.tui ? [] : ['--no-tui']),
  ];
}
