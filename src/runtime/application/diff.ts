// `eisc diff A B`: in what two pipelines, locks or results differ in meaning; layout, names, prose and views do not count.
import { resolve } from 'node:path';
import type { Diagnostic } from '../../compiler/base/diagnostic.js';
import type { App } from '../cli/app-api.js';
import { diffMeaning, isAboutProgram } from '../store/diff-meaning.js';
import { type Meaning, meaningDigest, readLock } from '../store/lock.js';
import { diagnosticOf } from '../store/messages.js';
import { checkResult } from '../store/read-result.js';
import { readResult } from '../store/result.js';
import { openStudy } from '../study/open-study.js';
import { declarationChanges, type PipelineText } from './declaration-changes.js';
import { noSources, type World } from './world.js';

/** What one of the two means. A result names the digest of its lock; what that lock says is in the lock file beside it. */
type Side =
  | {
      readonly kind: 'ok';
      readonly digest: string;
      readonly meaning: Meaning | null;
      /** Of a pipeline its text; a lock has none. */
      readonly text: PipelineText | null;
      readonly sources: (file: string) => string | undefined;
    }
  | {
      readonly kind: 'refused';
      readonly diagnostics: readonly Diagnostic[];
      readonly sources: (file: string) => string | undefined;
    };

export async function diff(world: World, left: string, right: string): ReturnType<App['diff']> {
  const a = await open(world, left);
  const b = await open(world, right);
  const sources = (file: string): string | undefined => a.sources(file) ?? b.sources(file);
  if (a.kind === 'refused' || b.kind === 'refused') {
    const diagnostics = [a, b].flatMap((one) => (one.kind === 'refused' ? one.diagnostics : []));
    return { diagnostics, sources, lines: [], equal: false };
  }
  const none: readonly Diagnostic[] = [];
  if (a.digest === b.digest)
    return { diagnostics: none, sources, lines: ['both mean the same'], equal: true };
  if (a.meaning === null || b.meaning === null) {
    const [missing, digest] = a.meaning === null ? [left, a.digest] : [right, b.digest];
    const line = `they do not mean the same; in what cannot be said: the lock of ${missing} (${digest.slice(0, 16)}) is not at hand`;
    return { diagnostics: none, sources, lines: [line], equal: false };
  }
  const lines = diffMeaning(a.meaning, b.meaning);
  if (a.text === null || b.text === null) return { diagnostics: none, sources, lines, equal: false };
  const known = lines.filter((line) => !isAboutProgram(line));
  const changes = declarationChanges(a.text, b.text, known);
  const all = [...known, ...changes];
  return { diagnostics: none, sources, lines: all.length === 0 ? lines : all, equal: false };
}

async function open(world: World, name: string): Promise<Side> {
  const plain = name.replace(/\/+$/, '');
  if (plain.endsWith('.lock')) return openLock(world, plain.slice(0, -'.lock'.length), name);
  if (plain.endsWith('.result')) return openResult(world, plain.slice(0, -'.result'.length), name);
  const study = await openStudy({
    host: world.host,
    folder: world.cwd,
    file: name,
    settings: new Map(),
    asLock: false,
    everything: true,
  });
  const { checked, meaning, digest, sources, diagnostics } = study;
  if (meaning !== null && checked !== null)
    return { kind: 'ok', digest, meaning, text: { file: checked.bound.file, sources }, sources };
  return {
    kind: 'refused',
    diagnostics: diagnostics.filter((one) => one.severity === 'error'),
    sources,
  };
}

function openLock(world: World, pipeline: string, name: string): Side {
  const read = readLock(world.host, resolve(world.cwd, pipeline));
  if (read.kind === 'absent') return refused(missing(name, `there is no lock \`${name}\``, 'eisc lock'));
  if (read.kind === 'bad') return refused(diagnosticOf(read.problem));
  const { lock, meaning } = read.lock;
  return { kind: 'ok', digest: lock, meaning, text: null, sources: noSources };
}

function openResult(world: World, pipeline: string, name: string): Side {
  const path = resolve(world.cwd, pipeline);
  const files = readResult(world.host, path);
  if (files === undefined) return refused(missing(name, `there is no result \`${name}\``, 'eisc run'));
  const checked = checkResult(files);
  if (checked.kind === 'bad') {
    const text = `the result is incomplete or was changed: ${checked.path}: ${checked.text}`;
    return refused({ code: 'EIS5401', severity: 'error', message: text, secondary: [], notes: [] });
  }
  const { lock } = checked.report;
  if (typeof lock !== 'string') {
    return refused({
      code: 'EIS2024',
      severity: 'error',
      message: `\`${name}\` was explored without a lock: it does not say what it meant`,
      secondary: [],
      notes: [],
      help: { text: `compare the pipeline itself: \`eisc diff ${pipeline} …\``, edits: [] },
    });
  }
  const beside = readLock(world.host, path);
  const meaning =
    beside.kind === 'ok' && meaningDigest(beside.lock.meaning) === lock ? beside.lock.meaning : null;
  return { kind: 'ok', digest: lock, meaning, text: null, sources: noSources };
}

function refused(diagnostic: Diagnostic): Side {
  return { kind: 'refused', diagnostics: [diagnostic], sources: noSources };
}

function missing(name: string, message: string, command: string): Diagnostic {
  return {
    code: 'EIS2024',
    severity: 'error',
    message,
    secondary: [],
    notes: [],
    help: { text: `make it first: \`${command} ${name.replace(/\.(lock|result)\/*$/, '')}\``, edits: [] },
  };
}
