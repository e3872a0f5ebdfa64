// Plain lines for pipes and logs: no escape codes, one line for each finished step, check, claim, control and prediction.
import { visible } from '../../compiler/base/visible.js';
import type { ClaimOutline, RunEvent, RunStamp } from '../event.js';
import { countText, durationText, estimateText, flopsText, measuredText, plural } from '../quantity-text.js';
import { checkWord, controlWords, modeWords, stampText, tallyText, verdictWord } from '../run-words.js';
import type { Verdict } from '../stats/types.js';
import { pText } from '../stats/wording.js';

/** Supported members of one family that get a line of their own; the tally counts all. */
const NAMED = 20;

type Tally = { readonly outline: ClaimOutline; readonly counts: Record<Verdict, number> };
type EventOf<K extends RunEvent['kind']> = Extract<RunEvent, { readonly kind: K }>;

/** A reader of events that hands finished lines (without newline) to `write`. */
export function lineSink(write: (line: string) => void): (event: RunEvent) => void {
  const titles = new Map<string, string>();
  const tallies = new Map<string, Tally>();
  const run: { stamp: RunStamp | null } = { stamp: null };

  return (event) => {
    for (const line of linesOf(event)) write(line);
  };

  function linesOf(event: RunEvent): readonly string[] {
    switch (event.kind) {
      case 'run-started':
        return startLines(event);
      case 'step-started':
      case 'step-progress':
      case 'memory':
        return [];
      case 'step-finished': {
        const title = visible(titles.get(event.step) ?? event.step);
        return [`step ${title}: ${event.cached ? 'from the store' : durationText(event.timeMs)}`];
      }
      case 'check':
        return [`check ${visible(event.name)}: ${checkWord(event)}${tail(event.text)}`];
      case 'found': {
        const { circuit, members, split, evaluations } = event;
        const names = members.map(visible).join('; ');
        return [
          `found ${visible(circuit)} on ${visible(split)} (${plural(evaluations, 'evaluation')}): ${names}`,
        ];
      }
      case 'claim':
        return claimLines(event);
      case 'control': {
        const { name, claim, state, text } = event;
        return [`control ${visible(name)} of ${visible(claim)}: ${controlWords[state]}${tail(text)}`];
      }
      case 'prediction': {
        const { claim, predicted, got, hit } = event;
        const result = hit ? 'hit' : 'miss';
        return [
          `prediction ${visible(claim)}: ${stampText(run.stamp)}${result}, predicted ${visible(predicted)}, got ${visible(got)}`,
        ];
      }
      case 'warning':
        return [`warning: ${visible(event.text)}`];
      case 'run-finished':
        return endLines(event, run.stamp);
      case 'run-interrupted':
        return [`interrupted: nothing is lost; go on with ${visible(event.resume)}`];
      case 'run-failed':
        return [`run failed [${visible(event.code)}]: ${visible(event.text)}`];
    }
  }

  function startLines(event: EventOf<'run-started'>): readonly string[] {
    for (const { id, title } of event.steps) titles.set(id, title);
    for (const outline of event.claims) {
      const counts = { supported: 0, refuted: 0, inconclusive: 0, invalid: 0, 'not-run': 0 };
      tallies.set(outline.name, { outline, counts });
    }
    const { title, about } = modeWords[event.mode];
    run.stamp = title;
    const rows = event.dataRows.map(
      ({ data, split, rows: count, clusters, sealed }) =>
        `rows ${visible(data)}.${visible(split)}: ${countText(count)}, ${plural(clusters, 'cluster')}${sealed ? ' (sealed)' : ''}`,
    );
    const question = event.question === null ? [] : [`question: ${visible(event.question)}`];
    const waivers = (event.waivers ?? []).map(
      ({ what, because }) => `waived ${visible(what)}: ${visible(because)}`,
    );
    return [`${visible(event.file)}: ${title}, ${about}`, ...waivers, ...question, ...rows];
  }

  function claimLines(event: EventOf<'claim'>): readonly string[] {
    const { name, member, verdict } = event;
    const stamp = stampText(event.stamp ?? run.stamp);
    const line = (who: string, what: string): string => `claim ${who}: ${stamp}${what}`;
    if (member === null) return [line(visible(name), conclusionText(event))];
    const whose = `${visible(name)}, ${visible(member)}`;
    const tally = tallies.get(name);
    if (tally === undefined) return [line(whose, conclusionText(event))];
    tally.counts[verdict] += 1;
    const lines: string[] = [];
    if (verdict === 'supported' && tally.counts.supported <= NAMED)
      lines.push(line(whose, conclusionText(event)));
    const known = Object.values(tally.counts).reduce((sum, count) => sum + count, 0);
    if (known === tally.outline.members) lines.push(line(visible(name), tallyText(tally.counts)));
    return lines;
  }
}

function conclusionText({ verdict, reason, estimate, unit, interval, adjusted }: EventOf<'claim'>): string {
  const why = reason === '' ? '' : ` (${visible(reason)})`;
  const around = interval === null ? '' : ` [${estimateText(interval.low)}, ${estimateText(interval.high)}]`;
  const number =
    estimate === null ? '' : `, ${measuredText(estimate, unit === null ? null : visible(unit))}${around}`;
  const p = adjusted === null ? '' : `, adjusted p ${pText(adjusted)}`;
  return `${verdictWord(verdict)}${why}${number}${p}`;
}

function endLines(event: EventOf<'run-finished'>, stamp: RunStamp | null): readonly string[] {
  const { supported, refuted, inconclusive, invalid, files, timeMs, flops, executions } = event;
  const tally = tallyText({ supported, refuted, inconclusive, invalid, 'not-run': 0 });
  const cost = `${countText(executions)} model executions, ${flopsText(flops)}, ${durationText(timeMs)}`;
  return [
    ...files.map((file) => `wrote ${visible(file)}`),
    `${tally === '' ? 'no claims' : `${stampText(stamp)}${tally}`}; ${cost}`,
  ];
}

function tail(text: string): string {
  return text === '' ? '' : `, ${visible(text)}`;
}
