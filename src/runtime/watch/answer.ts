// What a look shows, from what it computed; and what differs between two answers.
import { type Digest, digest } from '../../compiler/base/digest.js';
import type { ControlSpec } from '../../compiler/check/claim-spec.js';
import type { CheckedFile } from '../../compiler/check/experiment.js';
import type { ReportView } from '../report/view-data.js';
import { memberId } from '../study/collect.js';
import { type Concluded, conclusions } from '../study/conclusions.js';
import { reportViews, type Viewed } from '../study/report-views.js';
import type { RunCheck } from '../study/run-check.js';
import type { SearchResult } from '../study/settle-searches.js';
import type { AnswerCell, AnswerChange, AnswerClaim, WatchAnswer } from './watch-event.js';

export type Looked = Viewed &
  Concluded & {
    readonly checked: CheckedFile;
    readonly checks: readonly RunCheck[];
    readonly searches: readonly SearchResult[];
    readonly leftOut: readonly ControlSpec[];
  };

export function answerOf(looked: Looked): WatchAnswer {
  const { checked, checks, searches, leftOut } = looked;
  return {
    title: checked.study.title,
    waivers: [...checked.waivers].map(([what, because]) => ({ what, because })),
    failedChecks: checks.filter((one) => one.state === 'failed').map(({ name, text }) => ({ name, text })),
    found: searches.map(({ circuit, split, members }) => ({
      circuit,
      split,
      members: members.map((one) => `[${memberId(one)}]`),
    })),
    claims: claimsOf(looked),
    views: reportViews(looked),
    leftOut: leftOut.map(({ name, claim }) => ({ control: name, claim })),
  };
}

function claimsOf(looked: Looked): readonly AnswerClaim[] {
  const events = conclusions(looked);
  return looked.checked.claims.map((claim) => ({
    name: claim.name,
    on: `${claim.data.declared}.${claim.readSplit}`,
    conclusions: events.flatMap((event) => {
      if (event.kind !== 'claim' || event.name !== claim.name) return [];
      const { member, verdict, reason, estimate, unit, interval, adjusted } = event;
      return [{ member, verdict, reason, estimate, unit, interval, adjusted }];
    }),
  }));
}

/** Everything an answer shows, by its place: `claim/learnt/[0,1]`, `view/0/0,1`. */
export function cellsOf({ claims, views, found }: WatchAnswer): ReadonlyMap<string, AnswerCell> {
  const cells = new Map<string, AnswerCell>();
  for (const { circuit, members } of found)
    cells.set(foundId(circuit), { value: null, word: members.join(' ') });
  for (const { name, conclusions: own } of claims) {
    for (const { member, verdict, estimate } of own)
      cells.set(claimId(name, member), { value: estimate, word: verdict });
  }
  for (const [at, view] of views.entries()) {
    for (const [place, value] of placesOf(view)) cells.set(viewId(at, place), { value, word: '' });
  }
  return cells;
}

/** The numbers of a view by where they stand in it. */
function placesOf(view: ReportView): readonly (readonly [string, number | null])[] {
  switch (view.kind) {
    case 'heatmap':
      return view.cells.map(({ x, y, value }) => [`${y},${x}`, value] as const);
    case 'scatter':
      return view.points.flatMap(
        ({ label, x, y }) =>
          [
            [`${label} 0`, x],
            [`${label} 1`, y],
          ] as const,
      );
    case 'table':
      return view.rows.flatMap(({ label, values }) =>
        values.map((value, column) => [`${label} ${column}`, value] as const),
      );
    case 'curve':
      return view.series.flatMap(({ points }, column) =>
        points.map(({ x, y }) => [`${x} ${column}`, y] as const),
      );
  }
}

/** Equal digests show the same. */
export function answerDigest(answer: WatchAnswer): Digest {
  const cells = [...cellsOf(answer)].map(([id, { value, word }]) => [id, String(value), word]);
  return digest('watch-answer', cells);
}

export function claimId(claim: string, member: string | null): string {
  return `claim/${claim}/${member ?? ''}`;
}

export function foundId(circuit: string): string {
  return `found/${circuit}`;
}

export function viewId(view: number, place: string): string {
  return `view/${view}/${place}`;
}

/** In the order in which they are shown. Nothing is marked in a first answer, where everything is new. */
export function changesBetween(before: WatchAnswer | null, now: WatchAnswer): readonly AnswerChange[] {
  if (before === null) return [];
  const old = cellsOf(before);
  return [...cellsOf(now)].flatMap(([id, cell]) => {
    const was = old.get(id) ?? null;
    return was !== null && Object.is(was.value, cell.value) && was.word === cell.word
      ? []
      : [{ id, before: was }];
  });
}
