// A project of its own in a temporary folder with one pipeline in it, run on the plain evaluator or on what a test puts in
// its place: no engine, no bundled pipeline.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openApp } from '../../src/runtime/app.js';
import { run as runFile } from '../../src/runtime/application/run.js';
import type { Backend } from '../../src/runtime/backend/backend.js';
import { type HostTensor, numbersOf, tensorOf } from '../../src/runtime/backend/host-tensor.js';
import { openReference } from '../../src/runtime/backend/reference.js';
import type { App, RunOutcome } from '../../src/runtime/cli/app-api.js';
import type { RunEvent } from '../../src/runtime/event.js';
import { realHost } from '../../src/runtime/host.js';
import type { LedgerEntry } from '../../src/runtime/store/ledger-entry.js';
import { parseLedger } from '../../src/runtime/store/parse-ledger.js';

export const FILE = 'x.eis';

export type Ran = {
  readonly outcome: RunOutcome | null;
  readonly errors: readonly { readonly code: string; readonly message: string }[];
  readonly events: readonly RunEvent[];
  readonly flops: number;
  readonly executions: number;
};

export type RunSettings = {
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: RunEvent) => void;
  readonly memoryBytes?: number;
};

export class ReferenceProject {
  readonly folder: string;
  readonly app: App;

  constructor(text: string) {
    this.folder = mkdtempSync(join(tmpdir(), 'eis-reference-'));
    writeFileSync(join(this.folder, 'eis.project.json'), '{}\n');
    this.app = openApp(this.folder);
    this.write(text);
  }

  write(text: string): void {
    writeFileSync(join(this.folder, FILE), text);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  async run(
    backend: Backend = openReference(),
    { signal, onEvent, memoryBytes = 256e6 }: RunSettings = {},
  ): Promise<Ran> {
    const events: RunEvent[] = [];
    const answer = await runFile(
      { cwd: this.folder, host: realHost() },
      FILE,
      {
        backend: 'reference',
        memoryBytes,
        withoutPasses: [],
        settings: new Map(),
        signal: signal ?? new AbortController().signal,
        resume: 'eisc run',
        emit: (event) => {
          events.push(event);
          onEvent?.(event);
        },
      },
      async () => backend,
    );
    const end = events.find((one) => one.kind === 'run-finished');
    return {
      outcome: answer.outcome,
      errors: answer.diagnostics.filter((one) => one.severity === 'error'),
      events,
      flops: end?.flops ?? Number.NaN,
      executions: end?.executions ?? Number.NaN,
    };
  }

  async lock(): Promise<void> {
    const { lock, diagnostics } = await this.app.lock(FILE, { settings: new Map(), anchor: false });
    if (lock === null) throw new Error(diagnostics.map((one) => `${one.code} ${one.message}`).join('\n'));
  }

  /** Texts of the checks that failed. */
  async faults(): Promise<readonly string[]> {
    const { checks } = await this.app.verify(FILE, { merge: false });
    return checks.filter((one) => one.state === 'failed').map((one) => `${one.name}: ${one.text}`);
  }

  ledger(): readonly LedgerEntry[] {
    const path = join(this.folder, 'eis.ledger.jsonl');
    const read = parseLedger(readFileSync(path, 'utf8'), path);
    if (read.kind === 'bad') throw new Error(JSON.stringify(read.problem));
    return read.entries;
  }

  report(): Report {
    return JSON.parse(readFileSync(join(this.folder, `${FILE}.result/report.json`), 'utf8')) as Report; // what the schema says
  }
}

export type Report = {
  readonly mode: Readonly<Record<string, unknown>>;
  readonly claims: readonly { readonly id: string; readonly verdict: string }[];
  readonly checks: readonly { readonly name: string; readonly state?: string; readonly text: string }[];
};

/** The plain evaluator, with something done to the outputs of some of its runs. */
export function changedReference(
  change: (inputs: ReadonlyMap<string, HostTensor>, name: string, output: HostTensor) => HostTensor,
  version = 'reference 1',
): Backend {
  const base = openReference();
  return {
    ...base,
    version,
    compile: async (graph, options) => {
      const executable = await base.compile(graph, options);
      return {
        ...executable,
        run: async (feeds, weights, more) => {
          const { outputs, ...rest } = await executable.run(feeds, weights, more);
          const changed = [...outputs].map(([name, one]) => [name, change(feeds, name, one)] as const);
          return { ...rest, outputs: new Map(changed) };
        },
      };
    },
  };
}

/** The same tensor with the lowest bit of its first number changed. */
export function withFlippedBit(tensor: HostTensor): HostTensor {
  if (!(tensor.data instanceof Float32Array)) throw new Error('only float32 has such a bit here');
  const data = tensor.data.slice();
  const bits = new Uint32Array(data.buffer);
  bits[0] = (bits[0] ?? 0) ^ 1;
  return { ...tensor, data };
}

export function scaled(tensor: HostTensor, by: number): HostTensor {
  return tensorOf(
    tensor.dtype,
    tensor.dims,
    numbersOf(tensor).map((one) => one * by),
  );
}
