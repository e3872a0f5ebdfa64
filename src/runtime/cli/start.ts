// The process around `main`: real terminal, real signals, and an exit code once everything is written.
import { EXIT } from './exit.js';
import { describeFailure } from './failure.js';
import type { Io } from './io.js';
import { main } from './main.js';
import { Output } from './output.js';

/** Runs the command that the arguments name and ends the process. */
export async function start(argv: readonly string[]): Promise<void> {
  const io = processIo();
  const json = argv.includes('--json');
  const surprise = (error: unknown) => {
    void describeFailure(error, {
      stage: argv[0] ?? 'start',
      words: argv,
      io,
      output: new Output(io, json),
    }).then(
      (code) => process.exit(code),
      () => process.exit(EXIT.internal),
    );
  };
  process.on('uncaughtException', surprise);
  process.on('unhandledRejection', surprise);
  const code = await main(argv, {
    io,
    openApp: async (cwd) => (await import('../app.js')).openApp(cwd),
  });
  await Promise.all([drain(process.stdout), drain(process.stderr)]);
  process.exit(code);
}

function processIo(): Io {
  const out = quietWriter(process.stdout);
  const err = quietWriter(process.stderr);
  const { isTTY, columns } = process.stdout;
  return {
    cwd: process.cwd(),
    env: process.env,
    out,
    err,
    terminal: { isTerminal: isTTY === true, columns: columns ?? 0 },
    screen: { stdout: process.stdout, stdin: process.stdin },
    readInput: readAll,
    onStop: (listener) => {
      process.on('SIGINT', listener);
      process.on('SIGTERM', listener);
      return () => {
        process.off('SIGINT', listener);
        process.off('SIGTERM', listener);
      };
    },
    leave: (code) => process.exit(code),
  };
}

/** Writes until the reader goes away; what comes after that is dropped. */
function quietWriter(stream: NodeJS.WriteStream): (text: string) => void {
  let gone = false;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
    gone = true;
  });
  return (text) => {
    if (!gone) stream.write(text);
  };
}

function drain(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.destroyed || stream.writableLength === 0) return Promise.resolve();
  return new Promise((resolve) => {
    stream.once('error', () => resolve());
    stream.write('', () => resolve());
  });
}

async function readAll(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array); // no encoding is set, so chunks are bytes
  return Buffer.concat(chunks);
}
