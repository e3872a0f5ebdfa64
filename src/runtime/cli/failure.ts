// The edge of the process: failures of the world become diagnostics; anything else that was thrown is our own mistake.
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Diagnostic } from '../../compiler/base/diagnostic.js';
import { plainSha256 } from '../../compiler/base/digest.js';
import { EXIT, type ExitCode } from './exit.js';
import type { Io } from './io.js';
import * as messages from './messages.js';
import type { Output } from './output.js';

const LARGEST_INPUT = 10_000_000;

/** Prints what was thrown and says what the process exits with. */
export async function describeFailure(
  error: unknown,
  where: {
    readonly stage: string;
    readonly words: readonly string[];
    readonly io: Io;
    readonly output: Output;
  },
): Promise<ExitCode> {
  const { stage, words, io, output } = where;
  const paths = words.map((word) => resolve(io.cwd, word));
  const world = await worldFailure(error);
  if (world !== undefined) {
    output.diagnostics({ diagnostics: [world.diagnostic], sources: () => undefined });
    // A run that could not even read its file has not begun.
    return stage === 'run' && !paths.includes(world.path ?? '') ? EXIT.runFailed : EXIT.diagnostics;
  }
  const debug = io.env.EISC_DEBUG === '1';
  const text = error instanceof Error ? error.message : String(error);
  const inputs = words.flatMap((word) =>
    digestOf(resolve(io.cwd, word)).map((hash) => `${word}, SHA-256 ${hash}`),
  );
  const diagnostic = messages.internalError({ text, stage, inputs, debug });
  output.diagnostics({ diagnostics: [diagnostic], sources: () => undefined });
  if (debug && error instanceof Error) io.err(`${error.stack ?? ''}\n`);
  return EXIT.internal;
}

type WorldFailure = { readonly diagnostic: Diagnostic; readonly path?: string };

/** What a typed failure of files, ledger, store or backend says; undefined for anything else. */
async function worldFailure(error: unknown): Promise<WorldFailure | undefined> {
  const { RunFailure } = await import('../store/problem.js');
  if (error instanceof RunFailure) {
    const diagnostic = (await import('../store/messages.js')).diagnosticOf(error.problem);
    return 'path' in error.problem ? { diagnostic, path: error.problem.path } : { diagnostic };
  }
  const { BackendFailure } = await import('../backend/backend.js');
  if (error instanceof BackendFailure) {
    return { diagnostic: (await import('../backend/messages.js')).backendDiagnostic(error.problem) };
  }
  return undefined;
}

/** Words of the command line that name files: which input it was can be told without sending it. */
function digestOf(path: string): readonly string[] {
  const facts = statSync(path, { throwIfNoEntry: false });
  if (facts === undefined || !facts.isFile() || facts.size > LARGEST_INPUT) return [];
  return [plainSha256(readFileSync(path))];
}
