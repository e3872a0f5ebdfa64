// What a run is about to do, told before it does anything.
import type { CheckedFile } from '../../compiler/check/experiment.js';
import type { RunMode, StepOutline } from '../event.js';
import type { EventFact } from './journal.js';
import type { OpenStudy } from './open-study.js';
import { stageGroups } from './stage-groups.js';

/** The first events of a run: its outline, and for a file that changed since its lock, what changed. */
export function outlineEvents(study: OpenStudy, checked: CheckedFile, mode: RunMode): readonly EventFact[] {
  const circuits = [...new Set(checked.searches.map((one) => one.circuit.name))];
  const started: EventFact = {
    kind: 'run-started',
    file: study.name,
    mode,
    title: checked.study.title,
    question: checked.study.question,
    waivers: [...checked.waivers].map(([what, because]) => ({ what, because })),
    claims: checked.claims.map((claim) => {
      const family = checked.families.find((one) => one.claims.includes(claim.name));
      return {
        name: claim.name,
        quantifier: claim.quantity,
        members: claim.family.members.length,
        family: family?.name ?? '',
        method: family?.method ?? 'holm',
        rate: family?.rate ?? '0.05',
      };
    }),
    controls: checked.controls.map((one) => ({ name: one.name, claim: one.claim })),
    steps: [
      outline('models', 'models against stored outputs', 'check'),
      ...circuits.map((name, i) => outline(`search:${i + 1}`, `search for ${name}`, 'search')),
      outline('manipulation', 'manipulation checks', 'check'),
      ...(mode === 'confirm' ? [outline('before-opening', 'what needs no confirm row', 'check')] : []),
      ...stageGroups(checked).map((one) => outline(one.id, one.title, one.kind)),
      outline('statistics', 'statistics', 'statistics'),
    ],
    dataRows: checked.data.flatMap((data) =>
      data.facts.splits.map((split) => ({
        data: data.declared,
        split: split.name,
        rows: split.rows,
        clusters: split.clusters,
        sealed: split.sealed && mode === 'explore',
      })),
    ),
  };
  const { lockState } = study;
  if (lockState.kind !== 'changed') return [started];
  return [started, { kind: 'warning', text: changedText(lockState.changes) }];
}

function outline(id: string, title: string, kind: StepOutline['kind']): StepOutline {
  return { id, title, kind, calls: 0, rows: 0, flops: 0 };
}

/** Why a file that has a lock explores. */
function changedText(changes: readonly string[]): string {
  const more = changes.length > 4 ? ` and ${changes.length - 4} more` : '';
  return `changed since the lock: ${changes.slice(0, 4).join('; ')}${more}; this run explores`;
}
