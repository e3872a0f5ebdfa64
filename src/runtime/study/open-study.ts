// A pipeline opened: its text, what it compiles to, what it means, and how that stands to its lock.
import { dirname, resolve } from 'node:path';
import { bug } from '../../compiler/base/bug.js';
import type { Diagnostic } from '../../compiler/base/diagnostic.js';
import { hasErrors, sortDiagnostics } from '../../compiler/base/reporter.js';
import type { CheckedFile, CheckRequest } from '../../compiler/check/experiment.js';
import { checkFile } from '../../compiler/check/experiment.js';
import { readFile } from '../../compiler/compile.js';
import { type OpenedModels, openCompileHost, type RuntimeHost } from '../compile-host.js';
import { exists, type Host } from '../host.js';
import { diffMeaning } from '../store/diff-meaning.js';
import { ledgerPath, nameInProject, projectRoot } from '../store/ledger.js';
import { type Lock, type Meaning, meaningDigest, readLock } from '../store/lock.js';
import { diagnosticOf } from '../store/messages.js';
import { meaningOf } from './meaning.js';
import { folderForPipeline, missingPipeline } from './messages.js';
import { decodePipeline } from './pipeline-text.js';

export type LockState =
  | { readonly kind: 'draft' }
  | { readonly kind: 'locked'; readonly lock: Lock }
  | { readonly kind: 'changed'; readonly lock: Lock; readonly changes: readonly string[] };

export type OpenStudy = {
  /** Absolute path, and the name used in messages and files. */
  readonly path: string;
  readonly name: string;
  readonly inProject: string;
  readonly root: string;
  readonly ledger: string;
  readonly host: Host;
  readonly compileHost: RuntimeHost;
  readonly checked: CheckedFile | null;
  readonly diagnostics: readonly Diagnostic[];
  readonly sources: (file: string) => string | undefined;
  readonly meaning: Meaning | null;
  /** Digest of the meaning: the root of flips and of all that controls draw. */
  readonly digest: string;
  readonly lockState: LockState;
  /** The same file checked again: with searches that have run, with confirm rows, with every replicate. */
  recheck(
    options: Pick<CheckRequest, 'mode' | 'found' | 'replicates'>,
    everything?: 'everything',
  ): CheckedFile;
};

export type OpenRequest = {
  readonly host: Host;
  readonly folder: string;
  readonly file: string;
  readonly settings: ReadonlyMap<string, string>;
  readonly asLock: boolean;
  /** Evaluate what nothing asks for too: `check` does, `run` need not. */
  readonly everything: boolean;
  /** Replicates of controls that `checked` has; absent: one of each. */
  readonly replicates?: 'one' | 'none';
  /** Root of what controls draw while the file is checked; absent: the digest of its meaning. */
  readonly root?: string;
  /** Models that an earlier opening has read. */
  readonly models?: OpenedModels;
  /** What a run may use; absent: no model is too large. */
  readonly memoryBytes?: number;
};

const noRoot = '0'.repeat(64);

/** Waits for models that are opened in pieces or downloaded; everything else is at once. */
export async function openStudy(request: OpenRequest): Promise<OpenStudy> {
  const { host, file, settings } = request;
  const path = resolve(request.folder, file);
  const root = projectRoot(host, path);
  let digest = noRoot;
  const compileHost = openCompileHost({
    host,
    folder: dirname(path),
    controlRoot: () => request.root ?? digest,
    ...(request.models === undefined ? {} : { models: request.models }),
    ...(request.memoryBytes === undefined ? {} : { memoryBytes: request.memoryBytes }),
  });
  const base = {
    path,
    name: file,
    inProject: nameInProject(root, path),
    root,
    ledger: ledgerPath(root),
    host,
    compileHost,
  };
  const refused = (diagnostics: readonly Diagnostic[], sources: OpenStudy['sources']): OpenStudy => ({
    ...base,
    checked: null,
    diagnostics,
    sources,
    meaning: null,
    digest: noRoot,
    lockState: { kind: 'draft' },
    recheck: () => bug('a file with errors is not checked again'),
  });
  if (!exists(host, path)) return refused([missingPipeline(file)], () => undefined);
  if (host.stat(path)?.kind === 'folder') {
    const names = host.list(path).filter((one) => one.endsWith('.eis'));
    return refused([folderForPipeline(file, names)], () => undefined);
  }
  const decoded = decodePipeline(host.readBytes(path), file);
  if (decoded.kind === 'problem') return refused([decoded.diagnostic], () => undefined);
  const parsed = readFile({ text: decoded.text, file }, compileHost);
  const { bound } = parsed;
  if (bound === null) return refused(parsed.diagnostics, parsed.sources);
  const check = (
    options: Pick<CheckRequest, 'mode' | 'found' | 'replicates'>,
    everything: boolean,
  ): CheckedFile =>
    checkFile({ bound, host: compileHost, settings, asLock: request.asLock, everything, ...options });
  const explore = () =>
    check({ mode: 'explore', found: new Map(), replicates: request.replicates ?? 'one' }, request.everything);
  let checked = explore();
  while (await compileHost.settle()) checked = explore();
  const diagnostics = sortDiagnostics([
    ...parsed.diagnostics,
    ...checked.diagnostics,
    ...hostWarnings(compileHost),
  ]);
  if (hasErrors(diagnostics)) return refused(diagnostics, parsed.sources);
  const meaning = meaningOf(checked);
  digest = meaningDigest(meaning);
  const lock = readLock(host, path);
  if (lock.kind === 'bad') return refused([diagnosticOf(lock.problem)], parsed.sources);
  return {
    ...base,
    checked,
    diagnostics,
    sources: parsed.sources,
    meaning,
    digest,
    lockState: lockState(lock.kind === 'ok' ? lock.lock : null, meaning, digest),
    recheck: (options, everything) => check(options, everything !== undefined),
  };
}

function lockState(lock: Lock | null, meaning: Meaning, digest: string): LockState {
  if (lock === null) return { kind: 'draft' };
  if (lock.lock === digest) return { kind: 'locked', lock };
  return { kind: 'changed', lock, changes: diffMeaning(lock.meaning, meaning) };
}

function hostWarnings(host: RuntimeHost): readonly Diagnostic[] {
  return host.warnings.map((one) => ({
    code: 'EIS2023',
    severity: 'warning',
    message: one.text,
    secondary: [],
    notes: [],
    ...(one.help === undefined ? {} : { help: { text: one.help, edits: [] } }),
  }));
}
