// How a replay compares with what was confirmed: by the digests in the ledger, and value by value with the result that stands.
// Within the locked environment outcomes are equal to the byte; elsewhere the verdicts must be, and the largest deviation is told.
import type { Backend } from '../backend/backend.js';
import { isObject, jcs, type PlainObject } from '../store/json.js';
import type { BodyOf } from '../store/ledger-entry.js';
import type { Lock } from '../store/lock.js';
import type { OutcomeTable } from '../store/outcome-table.js';
import { reportedVerdicts } from '../store/verify.js';
import { environmentOf } from '../study/environment.js';
import type { StudyRun } from '../study/run-study.js';
import type { StandingResult } from './standing-result.js';
import { toolName } from './world.js';

export type Agreement = 'outcomes' | 'decision' | 'neither';
type Digests = { readonly outcome: string; readonly decision: string };

export type ReplayComparison = {
  readonly agrees: Agreement;
  readonly sameEnvironment: boolean;
  /** Of an outcome, absolute; null where there is no result to compare with, or it holds other rows. */
  readonly largestDeviation: number | null;
  /** `needed/0,3 supported, was refuted`; empty where there is no result to compare with. */
  readonly otherVerdicts: readonly string[];
};

export type ReplayRequest = {
  readonly confirmed: BodyOf<'confirm'>;
  readonly standing: StandingResult | null;
  readonly lock: Lock;
  readonly run: Pick<StudyRun, 'tables' | 'decision'>;
  readonly own: Digests;
  readonly backend: Backend;
  readonly batch: string;
};

export function agreementOf(own: Digests, confirmed: Digests): Agreement {
  if (own.outcome === confirmed.outcome) return 'outcomes';
  return own.decision === confirmed.decision ? 'decision' : 'neither';
}

export function compareReplay(request: ReplayRequest): ReplayComparison {
  const { confirmed, standing, run, own } = request;
  const agrees = agreementOf(own, confirmed);
  return {
    agrees,
    sameEnvironment: isSameEnvironment(request),
    largestDeviation:
      agrees === 'outcomes' ? 0 : standing === null ? null : largestDeviation(run.tables, standing.outcomes),
    otherVerdicts: standing === null ? [] : otherVerdicts(run, standing.report),
  };
}

/** The check as a run tells it. A deviation by itself is no alarm; other verdicts are. */
export function replayCheck({ agrees, sameEnvironment, largestDeviation, otherVerdicts }: ReplayComparison): {
  readonly name: string;
  readonly state: 'passed' | 'failed';
  readonly passed: boolean;
  readonly text: string;
} {
  const name = 'replay against the confirmed result';
  const where = sameEnvironment ? '' : ', computed in another environment';
  const deviation =
    largestDeviation === null
      ? 'outcomes differ, and there is no result to compare their values with'
      : `outcomes differ by at most ${largestDeviation.toExponential(1)}`;
  switch (agrees) {
    case 'outcomes':
      return { name, state: 'passed', passed: true, text: `every outcome is equal, byte for byte${where}` };
    case 'decision':
      return { name, state: 'passed', passed: true, text: `every verdict is equal; ${deviation}${where}` };
    case 'neither': {
      const shown = otherVerdicts.slice(0, 4).join('; ');
      const more = otherVerdicts.length > 4 ? ` and ${otherVerdicts.length - 4} more` : '';
      const which = shown === '' ? '' : `: ${shown}${more}`;
      const text = `verdicts differ from those that were confirmed${which}; ${deviation}${where}`;
      return { name, state: 'failed', passed: false, text };
    }
  }
}

/** Compiler, precision and platform are in the lock; backend and partition in the result, since a run chooses them. */
function isSameEnvironment({ lock, standing, backend, batch }: ReplayRequest): boolean {
  if (jcs(lock.environment) !== jcs(environmentOf(toolName))) return false;
  const then = standing?.report.environment;
  if (then === undefined || !isObject(then)) return true;
  return then.backend === backend.name && then.backendVersion === backend.version && then.batch === batch;
}

/** Null where the tables hold other parts or items. Equal infinite values do not differ, nor do two that do not exist. */
export function largestDeviation(
  own: readonly OutcomeTable[],
  stored: readonly OutcomeTable[],
): number | null {
  if (own.length !== stored.length) return null;
  let largest = 0;
  for (const table of own) {
    const other = stored.find((one) => one.name === table.name);
    if (other === undefined || other.parts.length !== table.parts.length) return null;
    if (itemsOf(other) !== itemsOf(table)) return null;
    for (const part of table.parts) {
      const values = other.parts.find((one) => one.id === part.id)?.values;
      if (values === undefined) return null;
      for (const [i, value] of part.values.entries()) {
        const then = values[i] ?? Number.NaN;
        if (Object.is(value, then)) continue;
        const gap = Math.abs(value - then);
        if (!Number.isFinite(gap)) return null;
        largest = Math.max(largest, gap);
      }
    }
  }
  return largest;
}

function itemsOf({ items }: OutcomeTable): string {
  return items.map((one) => one.hash).join();
}

function otherVerdicts({ decision }: Pick<StudyRun, 'decision'>, report: PlainObject): readonly string[] {
  const then = new Map(reportedVerdicts(report).map(({ id, verdict }) => [id, verdict] as const));
  return decision.verdicts.flatMap(({ id, verdict }) => {
    const before = then.get(id) ?? 'absent';
    return before === verdict ? [] : [`${id} ${verdict}, was ${before}`];
  });
}
