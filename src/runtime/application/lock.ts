// `eisc lock`: what may be missing in a draft is an error now; the meaning, the environment and the predictions are sealed.

import { relative } from 'node:path';
import { hasErrors } from '../../compiler/base/reporter.js';
import type { App } from '../cli/app-api.js';
import { appendEntry, headOf, requireLedger, stamped } from '../store/ledger.js';
import { lockPath, makeLock, writeLock } from '../store/lock.js';
import { spentBy } from '../store/looks.js';
import { diagnosticOf } from '../store/messages.js';
import { environmentOf } from '../study/environment.js';
import { confirmLooks } from '../study/looks.js';
import { openStudy } from '../study/open-study.js';
import { gitState } from './git-state.js';
import { diagnosticsOf, toolName, type World } from './world.js';

export async function lock(
  world: World,
  file: string,
  { settings, anchor }: Parameters<App['lock']>[1],
): ReturnType<App['lock']> {
  const { host } = world;
  const study = await openStudy({ host, folder: world.cwd, file, settings, asLock: true, everything: true });
  const { checked, diagnostics, sources, meaning } = study;
  const refused = (more: typeof diagnostics): Awaited<ReturnType<App['lock']>> => ({
    diagnostics: [...diagnostics, ...more],
    sources,
    lines: [],
    lock: null,
  });
  if (checked === null || meaning === null || hasErrors(diagnostics)) return refused([]);
  if (checked.claims.length === 0) {
    return refused([
      {
        code: 'EIS3016',
        severity: 'error',
        message: 'there is nothing to lock: this file makes no claim',
        secondary: [],
        notes: ['a file without claims explores, as often as you like'],
      },
    ]);
  }
  try {
    const path = relative(world.cwd, lockPath(study.path));
    if (study.lockState.kind === 'locked') {
      return {
        diagnostics,
        sources,
        lines: [
          `${path} already holds this meaning`,
          ...(anchor ? [anchorLine(headOf(requireLedger(host, study.ledger)))] : []),
        ],
        lock: path,
      };
    }
    const entries = requireLedger(host, study.ledger);
    for (const look of confirmLooks(checked)) {
      const spent = spentBy(entries, look, study.digest);
      if (spent !== undefined) return refused([diagnosticOf(spent)]);
    }
    const state = gitState(study.root);
    const made = makeLock({ meaning, environment: environmentOf(toolName), head: headOf(entries) });
    writeLock(host, study.path, made);
    const time = new Date(host.nowMs()).toISOString();
    const entry = appendEntry(
      host,
      study.ledger,
      stamped(
        {
          kind: 'lock',
          lock: made.lock,
          seal: made.seal,
          claims: checked.claims.length,
          predictions: checked.predictions.length,
          ...(state === null ? {} : { commit: state.id, dirty: state.dirty }),
        },
        { time, tool: toolName, file: study.inProject },
      ),
    );
    const tries = entries.filter(
      (one) => one.body.kind === 'lock' && one.body.file === study.inProject,
    ).length;
    const lines = [
      `locked ${file}: ${checked.claims.length} claim${checked.claims.length === 1 ? '' : 's'}, ${checked.predictions.length} prediction${checked.predictions.length === 1 ? '' : 's'} sealed`,
      `${path} (${made.lock.slice(0, 16)}), ledger entry ${entry.seq}`,
      ...(tries > 0 ? [`this is lock ${tries + 1} of this file: the report says so`] : []),
      ...(state?.dirty === true
        ? ['the git tree has changes that are not committed: recorded in the lock']
        : []),
      ...(anchor ? [anchorLine(entry.hash)] : ['`eisc run` opens the confirm rows, once']),
    ];
    return { diagnostics, sources, lines, lock: path };
  } catch (failure) {
    const found = diagnosticsOf(failure);
    if (found === null) throw failure;
    return refused(found);
  }
}

function anchorLine(head: string): string {
  return `anchor: commit, post or time-stamp this line elsewhere: eis-ledger ${head}`;
}
