// `eisc watch`: looks at a file whenever it, or something that it reads, is saved. Between looks nothing is closed.
import { basename, resolve } from 'node:path';
import type { Backend } from '../backend/backend.js';
import { openBackend } from '../backend/registry.js';
import type { App } from '../cli/app-api.js';
import { projectRoot } from '../store/ledger.js';
import { type OpenFileWatch, watchFiles } from '../watch/file-watcher.js';
import { WatchSession } from '../watch/watch-session.js';
import { keptWeightsFolder } from './kept-weights.js';
import { diagnosticsOf, isAbort, noSources, type World } from './world.js';

type Options = Parameters<App['watch']>[1];

export type WatchTools = {
  readonly open: typeof openBackend;
  readonly files: OpenFileWatch;
  /** Waits for the other writes of one save; editors make several. */
  readonly settle: () => Promise<void>;
};

const SETTLE_MS = 40;

const realTools: WatchTools = {
  open: openBackend,
  files: watchFiles,
  settle: () => new Promise((done) => setTimeout(done, SETTLE_MS)),
};

/** Ends when the signal is aborted, or where the backend cannot be opened. A save while a look goes on begins it anew. */
export async function watch(
  world: World,
  file: string,
  options: Options,
  tools: WatchTools = realTools,
): ReturnType<App['watch']> {
  const { signal, emit } = options;
  let backend: Backend;
  try {
    const root = projectRoot(world.host, resolve(world.cwd, file));
    backend = await tools.open(options.backend, { weightsFolder: keptWeightsFolder(root) });
  } catch (failure) {
    const found = diagnosticsOf(failure);
    if (found === null) throw failure;
    return { diagnostics: found, sources: noSources };
  }
  const pending = new Changes();
  const stop = (): void => pending.wake();
  signal.addEventListener('abort', stop);
  const session = new WatchSession({ world, file, execution: options, backend, emit });
  const files = tools.files((path) => pending.add(path));
  try {
    emit({ kind: 'watch-started', file, backend: backend.name, at: world.host.nowMs() });
    files.watch([resolve(world.cwd, file)]);
    for (let changed: readonly string[] = []; !signal.aborted; ) {
      await lookOnce(session, changed, pending, signal);
      files.watch(session.paths);
      changed = await nextChange(session, pending, tools, signal);
    }
    emit({ kind: 'watch-stopped', at: world.host.nowMs() });
    return { diagnostics: [], sources: noSources };
  } finally {
    signal.removeEventListener('abort', stop);
    files.close();
    await session.dispose();
    await backend.dispose();
  }
}

async function lookOnce(
  session: WatchSession,
  changed: readonly string[],
  pending: Changes,
  signal: AbortSignal,
): Promise<void> {
  const own = new AbortController();
  const forget = pending.onWake(() => {
    if (signal.aborted || session.isStale(pending.paths)) own.abort();
  });
  try {
    await session.look(
      changed.map((path) => basename(path)),
      own.signal,
    );
  } catch (failure) {
    if (!isAbort(failure, own.signal)) throw failure;
  } finally {
    forget();
  }
}

/** What was saved since the last look began, once it has settled and is a change. Empty when the watch is stopped. */
async function nextChange(
  session: WatchSession,
  pending: Changes,
  { settle }: WatchTools,
  signal: AbortSignal,
): Promise<readonly string[]> {
  while (!signal.aborted) {
    await pending.any(signal);
    if (signal.aborted) break;
    await settle();
    const paths = pending.take();
    if (session.hasChanged(paths)) return [...paths];
  }
  return [];
}

/** Paths that were reported and not yet looked at. */
class Changes {
  #paths = new Set<string>();
  readonly #listeners = new Set<() => void>();

  get paths(): ReadonlySet<string> {
    return this.#paths;
  }

  add(path: string): void {
    this.#paths.add(path);
    this.wake();
  }

  wake(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  onWake(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  any(signal: AbortSignal): Promise<void> {
    if (this.#paths.size > 0 || signal.aborted) return Promise.resolve();
    return new Promise((done) => {
      const forget = this.onWake(() => {
        forget();
        done();
      });
    });
  }

  take(): ReadonlySet<string> {
    const taken = this.#paths;
    this.#paths = new Set();
    return taken;
  }
}
