// A project of its own in a temporary folder with the 60-row, 3-replicate copy of the induction pipeline, and the app on it.
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openApp } from '../../src/runtime/app.js';
import type { App, Execution, RunOutcome } from '../../src/runtime/cli/app-api.js';
import type { RunEvent } from '../../src/runtime/event.js';
import type { LedgerEntry } from '../../src/runtime/store/ledger-entry.js';
import { parseLedger } from '../../src/runtime/store/parse-ledger.js';

export const repository = join(import.meta.dirname, '../..');
export const program = join(repository, 'bin/eisc.js');
export const FILE = 'small-induction.eis';
const source = join(repository, 'test/pipelines', FILE);

export type Project = { readonly folder: string; readonly app: App };

export type Ran = {
  readonly outcome: RunOutcome | null;
  readonly interrupted: boolean;
  readonly events: readonly RunEvent[];
  /** Counted by the backend; 0 where everything came from the store. */
  readonly flops: number;
  readonly executions: number;
};

export class Projects {
  readonly #folders: string[] = [];

  make(change: (text: string) => string = (text) => text): Project {
    const folder = this.#folder();
    writeFileSync(join(folder, 'eis.project.json'), '{}\n');
    writeFileSync(join(folder, FILE), change(readFileSync(source, 'utf8')));
    return { folder, app: openApp(folder) };
  }

  /** What git would give another person: all but the cache. */
  clone({ folder }: Project): Project {
    const copy = this.#folder();
    cpSync(folder, copy, { recursive: true, filter: (path) => !path.endsWith('/.eis') });
    return { folder: copy, app: openApp(copy) };
  }

  #folder(): string {
    const made = mkdtempSync(join(tmpdir(), 'eis-small-'));
    this.#folders.push(made);
    return made;
  }

  remove(): void {
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true });
  }
}

export async function run(
  { app }: Project,
  options: Partial<Execution> & {
    readonly signal?: AbortSignal;
    readonly onEvent?: (event: RunEvent) => void;
  } = {},
): Promise<Ran> {
  const events: RunEvent[] = [];
  const { signal, onEvent, ...execution } = options;
  const answer = await app.run(FILE, {
    backend: 'ort:cpu',
    memoryBytes: 256e6,
    withoutPasses: [],
    ...execution,
    settings: new Map(),
    signal: signal ?? new AbortController().signal,
    resume: 'eisc run',
    emit: (event) => {
      events.push(event);
      onEvent?.(event);
    },
  });
  const errors = answer.diagnostics.filter((one) => one.severity === 'error');
  if (errors.length > 0) throw new Error(errors.map((one) => `${one.code} ${one.message}`).join('\n'));
  const end = events.find((one) => one.kind === 'run-finished');
  return {
    outcome: answer.outcome,
    interrupted: answer.interrupted === true,
    events,
    flops: end?.flops ?? Number.NaN,
    executions: end?.executions ?? Number.NaN,
  };
}

export function outcomeOf({ outcome }: Ran): RunOutcome {
  if (outcome === null) throw new Error('the run came to nothing');
  return outcome;
}

export async function lock({ app }: Project): Promise<void> {
  const { lock: path, diagnostics } = await app.lock(FILE, { settings: new Map(), anchor: false });
  if (path === null) throw new Error(diagnostics.map((one) => `${one.code} ${one.message}`).join('\n'));
}

/** States of the checks by name. */
export async function verify({ app }: Project): Promise<{
  readonly ok: boolean;
  readonly states: ReadonlyMap<string, string>;
  readonly texts: ReadonlyMap<string, string>;
}> {
  const { ok, checks } = await app.verify(FILE, { merge: false });
  return {
    ok,
    states: new Map(checks.map((one) => [one.name, one.state])),
    texts: new Map(checks.map((one) => [one.name, one.text])),
  };
}

/** The entries, each hash checked. */
export function ledgerOf({ folder }: Project): readonly LedgerEntry[] {
  const path = join(folder, 'eis.ledger.jsonl');
  const read = parseLedger(readFileSync(path, 'utf8'), path);
  if (read.kind === 'bad') throw new Error(JSON.stringify(read.problem));
  return read.entries;
}

export function kindsOf(project: Project): readonly string[] {
  return ledgerOf(project).map((one) => one.body.kind);
}

export type Ended = { readonly code: number | null; readonly signal: string | null; readonly output: string };

/** `eisc ARGUMENTS` as a process, killed after `killAfterMs` if that is given. */
export function eisc(
  { folder }: Project,
  argv: readonly string[],
  killAfterMs: number | null = null,
): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...argv], { cwd: folder });
  let output = '';
  child.stdout.on('data', (bytes: Buffer) => {
    output += bytes.toString();
  });
  child.stderr.on('data', (bytes: Buffer) => {
    output += bytes.toString();
  });
  const timer = killAfterMs === null ? null : setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      if (timer !== null) clearTimeout(timer);
      resolve({ code, signal, output });
    });
  });
}

/** The two digests that a run prints. */
export function digestsIn({ output }: Ended): { readonly decision: string; readonly outcomes: string } {
  const [, decision = ''] = /^decision:?\s+([0-9a-f]{64})$/m.exec(output) ?? [];
  const [, outcomes = ''] = /^outcomes:?\s+([0-9a-f]{64})$/m.exec(output) ?? [];
  if (decision === '' || outcomes === '') throw new Error(`no digests in: ${output}`);
  return { decision, outcomes };
}
