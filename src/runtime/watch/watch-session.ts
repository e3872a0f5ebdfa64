// What a watched file keeps between looks: the backend with what it has compiled, models, rows, checks, and the last answer.
import { basename, resolve } from 'node:path';
import type { Plain } from '../../compiler/base/canonical.js';
import type { Diagnostic } from '../../compiler/base/diagnostic.js';
import { type Digest, digest, plainSha256 } from '../../compiler/base/digest.js';
import { diagnosticToJson } from '../../compiler/base/json.js';
import { renderDiagnostic } from '../../compiler/base/render.js';
import { hasErrors } from '../../compiler/base/reporter.js';
import { diagnosticsOf, toolName, type World } from '../application/world.js';
import type { Backend } from '../backend/backend.js';
import type { Execution, Settings } from '../cli/app-api.js';
import { noModels, type OpenedModels } from '../compile-host.js';
import { exists } from '../host.js';
import { lockPath } from '../store/lock.js';
import { type OpenStudy, openStudy } from '../study/open-study.js';
import { computedCalls } from '../study/stage-runner.js';
import { changesBetween } from './answer.js';
import { type KeptBackend, keepBackend } from './kept-backend.js';
import { emptyMemory, runLook } from './run-look.js';
import type { WatchAnswer, WatchEvent, WatchFact } from './watch-event.js';

export type SessionRequest = {
  readonly world: World;
  readonly file: string;
  readonly execution: Execution & { readonly settings: Settings };
  readonly backend: Backend;
  readonly emit: (event: WatchEvent) => void;
};

export class WatchSession {
  readonly #request: SessionRequest;
  readonly #path: string;
  readonly #kept: KeptBackend;
  /** A run draws by the meaning of its file, which every save changes. */
  readonly #root: string;
  readonly #memory = emptyMemory();
  #models: OpenedModels = noModels();
  #modelPaths: ReadonlySet<string> = new Set();
  #files: ReadonlySet<string>;
  #seen: ReadonlyMap<string, Digest | null> = new Map();
  #answer: WatchAnswer | null = null;
  #looks = 0;
  /** A look that was stopped under way has shown nothing: the next one is due whatever the files say. */
  #isDue = true;

  constructor(request: SessionRequest) {
    this.#request = request;
    this.#path = resolve(request.world.cwd, request.file);
    this.#root = digest('watch', basename(this.#path));
    this.#kept = keepBackend(request.backend, { memoryBytes: request.execution.memoryBytes });
    this.#files = new Set([this.#path]);
  }

  /** The pipeline, what it imports and reads, its models, and its lock. */
  get paths(): readonly string[] {
    return [...this.#files, ...this.#modelPaths];
  }

  /** Whether these changes are any: a file that was saved as it was is none. Forgets models whose files were touched. */
  hasChanged(paths: ReadonlySet<string>): boolean {
    const isModel = (path: string): boolean =>
      [...this.#modelPaths].some((one) => path === one || path.startsWith(`${one}/`));
    if ([...paths].some(isModel)) {
      this.#models = noModels();
      return true;
    }
    return this.#isDue || [...this.#files].some((path) => this.#seen.get(path) !== this.#digestOf(path));
  }

  /** Whether what a look goes by has changed since it began. */
  isStale(paths: ReadonlySet<string>): boolean {
    return [...paths].some((path) => this.#files.has(path) && this.#seen.get(path) !== this.#digestOf(path));
  }

  /**
   * Checks the file and, unless it is locked or has errors, shows what it comes to. Rejects with what `signal` was aborted with
   * when it is, and with our own mistakes.
   */
  async look(changed: readonly string[], signal: AbortSignal): Promise<void> {
    const { world, file, execution } = this.#request;
    const fromMs = world.host.nowMs();
    this.#looks += 1;
    this.#isDue = true;
    this.#tell({ kind: 'watch-look', look: this.#looks, changed });
    this.#seen = new Map([...this.#files].map((path) => [path, this.#digestOf(path)] as const));
    const study = await openStudy({
      host: world.host,
      folder: world.cwd,
      file,
      settings: execution.settings,
      asLock: false,
      everything: false, // see `#refuseUnused`
      replicates: 'none',
      root: this.#root,
      models: this.#models,
      memoryBytes: execution.memoryBytes,
    });
    this.#remember(study);
    signal.throwIfAborted();
    await this.#answerTo(study, fromMs, signal);
    this.#isDue = false;
  }

  async dispose(): Promise<void> {
    await this.#kept.dispose();
  }

  async #answerTo(study: OpenStudy, fromMs: number, signal: AbortSignal): Promise<void> {
    const { checked, lockState, diagnostics, sources } = study;
    if (checked === null) return this.#refuse('errors', diagnostics, sources);
    if (lockState.kind === 'locked')
      return this.#tell({ kind: 'watch-locked', look: this.#looks, lock: lockState.lock.lock });
    try {
      await this.#show(study, fromMs, signal);
      await new Promise((drawn) => setImmediate(drawn));
      signal.throwIfAborted();
      this.#refuseUnused(study);
    } catch (failure) {
      if (signal.aborted) throw signal.reason;
      const found = diagnosticsOf(failure);
      if (found === null) throw failure;
      this.#refuse('failed', found, sources);
    }
  }

  async #show(study: OpenStudy, fromMs: number, signal: AbortSignal): Promise<void> {
    const { world, execution, backend } = this.#request;
    const { host } = world;
    const look = this.#looks;
    const compiledBefore = this.#kept.compilations();
    const { answer, counts } = await runLook({
      study,
      root: this.#root,
      memory: this.#memory,
      backend,
      kept: this.#kept,
      memoryBytes: execution.memoryBytes,
      batch: execution.batch,
      skip: execution.withoutPasses,
      stamp: { time: '', tool: toolName },
      signal,
      nowMs: () => host.nowMs(),
      emit: (event) => {
        if (event.kind !== 'step-progress') return;
        const { step, doneCalls, totalCalls } = event;
        this.#tell({ kind: 'watch-progress', look, step, doneCalls, totalCalls });
      },
    });
    const changes = changesBetween(this.#answer, answer);
    this.#answer = answer;
    this.#tell({
      kind: 'watch-answer',
      look,
      answer,
      warnings: warningsOf(study),
      changes,
      cost: {
        timeMs: host.nowMs() - fromMs,
        calls: counts.calls,
        computed: computedCalls(counts),
        flops: counts.flops,
        compiled: this.#kept.compilations() - compiledBefore,
      },
    });
  }

  /** Errors in what no claim and no view asks for; they are looked for once the answer is there. */
  #refuseUnused(study: OpenStudy): void {
    const whole = study.recheck({ mode: 'explore', found: new Map(), replicates: 'one' }, 'everything');
    if (hasErrors(whole.diagnostics)) this.#refuse('errors', whole.diagnostics, study.sources);
  }

  #remember({ compileHost }: OpenStudy): void {
    const { touched } = compileHost;
    this.#modelPaths = touched.models;
    this.#files = new Set([this.#path, lockPath(this.#path), ...touched.files]);
    for (const path of this.#files)
      if (!this.#seen.has(path)) this.#seen = new Map([...this.#seen, [path, this.#digestOf(path)]]);
    // A model that could not be opened may be there the next time.
    for (const [key, one] of [...this.#models.bySource])
      if (one.kind === 'problem') this.#models.bySource.delete(key);
  }

  #refuse(why: 'errors' | 'failed', diagnostics: readonly Diagnostic[], sources: OpenStudy['sources']): void {
    this.#tell({
      kind: 'watch-refused',
      look: this.#looks,
      why,
      texts: diagnostics.map((one) => renderDiagnostic(one, sources)),
      diagnostics: diagnostics.map((one) => JSON.parse(diagnosticToJson(one, sources)) as Plain), // it is JSON
    });
  }

  #digestOf(path: string): Digest | null {
    const { host } = this.#request.world;
    return exists(host, path) && host.stat(path)?.kind === 'file' ? plainSha256(host.readBytes(path)) : null;
  }

  #tell(fact: WatchFact): void {
    this.#request.emit({ ...fact, at: this.#request.world.host.nowMs() } as WatchEvent); // `at` completes it
  }
}

function warningsOf({ diagnostics, lockState }: OpenStudy): readonly string[] {
  const changed = lockState.kind === 'changed' ? ['changed since the lock: this explores'] : [];
  return [...changed, ...diagnostics.map((one) => one.message)];
}
