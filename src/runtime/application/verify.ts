// `eisc verify`: chain, lock, opening, files, and every verdict again from the stored outcomes. Needs no model
// and no cache, but where rows are to be computed again.
import { dirname, join, relative, resolve } from 'node:path';
import type { App } from '../cli/app-api.js';
import { exists } from '../host.js';
import { joinLedger, ledgerPath, nameInProject, projectRoot } from '../store/ledger.js';
import { lockPath, type Meaning } from '../store/lock.js';
import { readResult } from '../store/result.js';
import { hasFailed, verifyProject } from '../store/verify.js';
import { decideStudy } from '../study/decide.js';
import type { StudyFacts } from '../study/facts.js';
import { type OpenStudy, openStudy } from '../study/open-study.js';
import { testedOtherwise } from '../study/tested-as-locked.js';
import { recompute } from './recompute.js';
import { diagnosticsOf, noSources, toolName, type World } from './world.js';

export async function verify(
  world: World,
  target: string,
  { anchor, merge, recompute: again }: Parameters<App['verify']>[1],
): ReturnType<App['verify']> {
  const { host } = world;
  try {
    const path = resolve(world.cwd, target);
    const files = pipelinesAt(world, path);
    if (files.length === 0) {
      return {
        diagnostics: [
          {
            code: 'EIS2024',
            severity: 'error',
            message: `there is nothing to verify at \`${target}\``,
            secondary: [],
            notes: ['a pipeline is verified by its lock and its result folder'],
            help: { text: 'run it first: `eisc run FILE`', edits: [] },
          },
        ],
        sources: noSources,
        checks: [],
        ok: false,
      };
    }
    const checks: Awaited<ReturnType<App['verify']>>['checks'][number][] = [];
    let ok = true;
    for (const file of files) {
      const root = projectRoot(host, file);
      const ledger = ledgerPath(root);
      if (merge && exists(host, ledger))
        joinLedger(host, ledger, { time: new Date(host.nowMs()).toISOString(), tool: toolName });
      let otherwise: string | null | undefined;
      const made = verifyProject({
        file: nameInProject(root, file),
        lock: bytesOrNull(world, lockPath(file)),
        ledger: bytesOrNull(world, ledger),
        result: readResult(host, file) ?? null,
        meaning: await meaningIfAny(world, file),
        anchor: anchor ?? null,
        recomputeVerdicts: ({ lock, report, outcomes }) => {
          const { basis } = report as { readonly basis?: StudyFacts }; // what the run wrote; a damaged one fails the digests first
          if (basis === undefined) return { cannot: 'the report does not say how its verdicts were reached' };
          if (lock !== null) otherwise = testedOtherwise(basis, lock);
          const decision = decideStudy(basis, new Map(outcomes.map((one) => [one.name, one] as const)));
          return {
            flips: basis.families.reduce((most, one) => Math.max(most, one.flips), 0),
            verdicts: decision.verdicts,
          };
        },
      });
      ok = ok && !hasFailed(made) && typeof otherwise !== 'string';
      const prefix = files.length === 1 ? '' : `${relative(world.cwd, file)}: `;
      for (const one of made)
        checks.push({
          name: `${prefix}${one.name}`,
          state: one.state === 'not-checked' ? 'not checked' : one.state,
          text: one.text,
        });
      if (again !== undefined) {
        const { state, text } = await recompute(await opened(world, file), again);
        ok = ok && state === 'ok';
        checks.push({ name: `${prefix}recomputed`, state, text });
      }
      if (otherwise !== undefined)
        checks.push({
          name: `${prefix}tested`,
          state: otherwise === null ? 'ok' : 'failed',
          text: otherwise ?? 'families, claims, margins and controls are those of the lock',
        });
    }
    return { diagnostics: [], sources: noSources, checks, ok };
  } catch (failure) {
    const found = diagnosticsOf(failure);
    if (found === null) throw failure;
    return { diagnostics: found, sources: noSources, checks: [], ok: false };
  }
}

/** The pipeline named, or all in a folder that have a lock or a result. */
function pipelinesAt(world: World, path: string): readonly string[] {
  const { host } = world;
  const stat = host.stat(path);
  if (stat?.kind === 'folder') {
    return host
      .list(path)
      .filter((name) => name.endsWith('.eis'))
      .map((name) => join(path, name))
      .filter((file) => exists(host, lockPath(file)) || readResult(host, file) !== undefined);
  }
  return exists(host, lockPath(path)) || readResult(host, path) !== undefined ? [path] : [];
}

function bytesOrNull(world: World, path: string): Uint8Array | null {
  return exists(world.host, path) ? world.host.readBytes(path) : null;
}

/** What the pipeline means now; null where it does not compile here (a model that is not at hand). */
async function meaningIfAny(world: World, file: string): Promise<Meaning | null> {
  return exists(world.host, file) ? (await opened(world, file)).meaning : null;
}

function opened(world: World, file: string): Promise<OpenStudy> {
  return openStudy({
    host: world.host,
    folder: dirname(file),
    file,
    settings: lockedSettings(world, file),
    asLock: false,
    everything: true,
  });
}

/** Parameters that were set when the file was locked. */
function lockedSettings(world: World, file: string): ReadonlyMap<string, string> {
  const bytes = bytesOrNull(world, lockPath(file));
  if (bytes === null) return new Map();
  try {
    const parsed = JSON.parse(new TextDecoder().decode(bytes)) as {
      meaning?: { parameters?: Record<string, string> };
    };
    return new Map(Object.entries(parsed.meaning?.parameters ?? {}));
  } catch {
    return new Map(); // the lock is damaged: `verify` says so in its own check
  }
}
