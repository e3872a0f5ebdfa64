// `eisc watch`: shows what a draft comes to, again after every save. Stops with Ctrl-C.
import type { Command } from 'commander';
import type { WatchEvent } from '../../watch/watch-event.js';
import type { Cli } from '../cli.js';
import { addExecutionOptions, type ExecutionFlags, readExecution } from '../execution-options.js';
import { EXIT } from '../exit.js';
import type { Io } from '../io.js';
import { canDraw } from '../observe.js';
import { parseSettings } from '../option-values.js';

type Flags = ExecutionFlags & { readonly tui: boolean };
type Reader = { readonly read: (event: WatchEvent) => void; readonly close: () => Promise<void> };

export function addWatch(program: Command, cli: Cli): void {
  const command = program
    .command('watch <file>')
    .description('look at a draft again after every save; never opens confirm rows')
    .option('--no-tui', 'plain lines in a terminal, too');
  addExecutionOptions(command).action(
    cli.action(async (file: string, flags: Flags) => {
      const settings = parseSettings(flags.set);
      const execution = await readExecution(flags);
      const app = await cli.app();
      const output = cli.output();
      const reader = await openReader(cli.io, { json: output.json, tui: flags.tui });
      const stopping = new AbortController();
      const forget = cli.io.onStop(() => {
        if (stopping.signal.aborted) cli.io.leave(EXIT.interrupted);
        stopping.abort();
      });
      const answer = await app
        .watch(file, { ...execution, settings, signal: stopping.signal, emit: reader.read })
        .finally(async () => {
          forget();
          await reader.close();
        });
      const code = output.diagnostics(answer);
      if (code !== EXIT.done) return EXIT.runFailed;
      return stopping.signal.aborted ? EXIT.interrupted : EXIT.done;
    }),
  );
}

async function openReader(
  io: Io,
  wanted: { readonly json: boolean; readonly tui: boolean },
): Promise<Reader> {
  const close = () => Promise.resolve();
  if (wanted.json) {
    const { eventLine } = await import('../../sink/ndjson.js');
    return { read: (event) => io.out(eventLine(event)), close };
  }
  if (wanted.tui && io.screen !== null && canDraw(io)) {
    const { startWatchTui } = await import('../../tui/start-watch-tui.js');
    const tui = startWatchTui({ ...io.screen, now: () => Date.now() });
    return { read: tui.read, close: tui.stop };
  }
  const { watchLines } = await import('../../sink/watch-lines.js');
  return { read: watchLines((line) => io.out(`${line}\n`)), close };
}
