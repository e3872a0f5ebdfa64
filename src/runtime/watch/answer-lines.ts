// An answer as lines of text, for the terminal and for plain output alike: what changed is marked with `*` and says what stood
// there before. Eighty columns suffice.
import { visible } from '../../compiler/base/visible.js';
import { durationText, estimateText, flopsText, measuredText, plural } from '../quantity-text.js';
import type { ReportView } from '../report/view-data.js';
import { modeWords, tallyText, verdictWord } from '../run-words.js';
import type { Verdict } from '../stats/types.js';
import { pText } from '../stats/wording.js';
import { claimId, foundId, viewId } from './answer.js';
import type {
  AnswerCell,
  AnswerChange,
  AnswerClaim,
  AnswerConclusion,
  LookCost,
  WatchAnswer,
} from './watch-event.js';

export type AnswerLine = {
  readonly kind: 'head' | 'plain' | 'changed' | 'aside' | 'warning';
  readonly text: string;
};

/** Members or rows of one table that get a line: those that changed come before the others. */
const SHOWN = 24;

type Changes = ReadonlyMap<string, AnswerCell | null>;
type Row = { readonly id: string; readonly text: string; readonly ids: readonly string[] };

export function answerLines(answer: WatchAnswer, list: readonly AnswerChange[]): readonly AnswerLine[] {
  const changes: Changes = new Map(list.map(({ id, before }) => [id, before]));
  const lines: AnswerLine[] = [
    { kind: 'head', text: `${modeWords.explore.title}, ${modeWords.explore.about}` },
    ...answer.waivers.map(({ what, because }) => warning(`waived ${visible(what)}: ${visible(because)}`)),
    ...answer.failedChecks.map(({ name, text }) =>
      warning(`check ${visible(name)} FAILED: ${visible(text)}`),
    ),
  ];
  for (const { circuit, split, members } of answer.found) {
    const text = `found ${visible(circuit)} on ${visible(split)}: ${members.map(visible).join('; ')}`;
    lines.push(...rowsText([{ id: foundId(circuit), text, ids: [foundId(circuit)] }], changes, ''));
  }
  for (const claim of answer.claims) lines.push(...claimLines(claim, changes));
  for (const [at, view] of answer.views.entries()) lines.push(...viewLines(view, at, changes));
  if (answer.claims.length === 0 && answer.views.length === 0)
    lines.push(warning('nothing to show: declare a claim, or a view in `report { … }`'));
  if (answer.leftOut.length > 0) {
    const names = [...new Set(answer.leftOut.map(({ control }) => visible(control)))].join(', ');
    lines.push({ kind: 'aside', text: `without the controls ${names}: \`eisc run\` makes them` });
  }
  return lines;
}

export function costText({ timeMs, calls, computed, compiled, flops }: LookCost): string {
  const work =
    computed === 0
      ? 'all from the store'
      : `${computed} of ${plural(calls, 'call')} computed, ${flopsText(flops)}, ${plural(compiled, 'graph')} compiled`;
  return `${timeMs < 995 ? `${Math.round(timeMs)} ms` : durationText(timeMs)}: ${work}`;
}

function warning(text: string): AnswerLine {
  return { kind: 'warning', text };
}

function claimLines({ name, on, conclusions }: AnswerClaim, changes: Changes): readonly AnswerLine[] {
  const [only] = conclusions;
  const head = `claim ${visible(name)} on ${visible(on)}`;
  if (only !== undefined && conclusions.length === 1) {
    const id = claimId(name, only.member);
    return rowsText([{ id, text: `${head}: ${conclusionText(only)}`, ids: [id] }], changes, '');
  }
  const rows = conclusions.map((one): Row => {
    const id = claimId(name, one.member);
    return { id, text: `${visible(one.member ?? 'as a whole')}  ${conclusionText(one)}`, ids: [id] };
  });
  return [{ kind: 'plain', text: `${head}: ${tally(conclusions)}` }, ...rowsText(rows, changes, '  ')];
}

function tally(conclusions: readonly AnswerConclusion[]): string {
  const counts: Record<Verdict, number> = {
    supported: 0,
    refuted: 0,
    inconclusive: 0,
    invalid: 0,
    'not-run': 0,
  };
  for (const { member, verdict } of conclusions) if (member !== null) counts[verdict] += 1;
  return tallyText(counts);
}

function conclusionText({ verdict, reason, estimate, unit, interval, adjusted }: AnswerConclusion): string {
  const why = reason === '' ? '' : ` (${visible(reason)})`;
  const around = interval === null ? '' : ` [${estimateText(interval.low)}, ${estimateText(interval.high)}]`;
  const number =
    estimate === null ? '' : `, ${measuredText(estimate, unit === null ? null : visible(unit))}${around}`;
  const p = adjusted === null ? '' : `, adjusted p ${pText(adjusted)}`;
  return `${verdictWord(verdict)}${why}${number}${p}`;
}

function viewLines(view: ReportView, at: number, changes: Changes): readonly AnswerLine[] {
  const id = (place: string): string => viewId(at, place);
  const head: AnswerLine = {
    kind: 'plain',
    text: `${view.kind} ${visible(view.title)} on ${visible(view.stamp.on)}${unitOf(view)}`,
  };
  switch (view.kind) {
    case 'heatmap':
      return [head, ...gridLines(view, id, changes)];
    case 'scatter':
      return [
        head,
        ...rowsText(
          view.points.map(({ label, x, y }) =>
            numbersRow(label, [x, y], (column) => id(`${label} ${column}`)),
          ),
          changes,
          '  ',
        ),
      ];
    case 'table':
      return [
        head,
        ...rowsText(
          view.rows.map(({ label, values }) =>
            numbersRow(label, values, (column) => id(`${label} ${column}`)),
          ),
          changes,
          '  ',
        ),
      ];
    case 'curve': {
      const [first] = view.series;
      const rows = (first?.points ?? []).map(({ x }) =>
        numbersRow(
          String(x),
          view.series.map(({ points }) => points.find((one) => one.x === x)?.y ?? null),
          (column) => id(`${x} ${column}`),
        ),
      );
      return [head, ...rowsText(rows, changes, '  ')];
    }
  }
}

function unitOf(view: ReportView): string {
  const of = (units: readonly (string | null)[]): string => {
    const known = [...new Set(units.filter((one) => one !== null))];
    return known.length === 0 ? '' : ` (${known.map(visible).join(', ')})`;
  };
  switch (view.kind) {
    case 'heatmap':
      return of([view.value.unit]);
    case 'scatter':
      return of([view.x.unit, view.y.unit]);
    case 'table':
      return of(view.columns.map((one) => one.unit));
    case 'curve':
      return of([view.y.unit]);
  }
}

function numbersRow(label: string, values: readonly (number | null)[], id: (column: number) => string): Row {
  const ids = values.map((_, column) => id(column));
  return { id: ids[0] ?? '', text: `${visible(label)}  ${values.map(numberText).join('  ')}`, ids };
}

function numberText(value: number | null): string {
  return value === null ? 'undefined' : estimateText(value);
}

/** The grid of a heatmap, y down and x across; `*` before a number that changed. Wide ones become a list. */
function gridLines(
  { x, y, cells }: Extract<ReportView, { readonly kind: 'heatmap' }>,
  id: (place: string) => string,
  changes: Changes,
): readonly AnswerLine[] {
  const left = Math.max(4, ...y.labels.map((one) => visible(one).length));
  const longest = Math.max(
    ...x.labels.map((one) => visible(one).length),
    ...cells.map((one) => numberText(one.value).length),
  );
  const width = longest + 2; // a mark, and a space before it
  const numbers = new Map<string, number | null>(cells.map((one) => [`${one.y},${one.x}`, one.value]));
  if (left + x.labels.length * width > 78 || y.labels.length > SHOWN) {
    const rows = cells.map((one): Row => {
      const place = id(`${one.y},${one.x}`);
      const label = `${visible(y.title)} ${visible(one.y)}, ${visible(x.title)} ${visible(one.x)}`;
      return { id: place, text: `${label}  ${numberText(one.value)}`, ids: [place] };
    });
    return rowsText(rows, changes, '  ');
  }
  const cell = (place: string): string => {
    const value = numbers.get(place);
    const mark = changes.has(id(place)) ? '*' : '';
    return `${mark}${value === undefined ? '' : numberText(value)}`.padStart(width);
  };
  const axis = `${visible(y.title)} ↓ ${visible(x.title)} →`;
  return [
    { kind: 'aside', text: `  ${axis}` },
    {
      kind: 'aside',
      text: `  ${''.padStart(left)}${x.labels.map((one) => visible(one).padStart(width)).join('')}`,
    },
    ...y.labels.map((row): AnswerLine => {
      const places = x.labels.map((column) => `${row},${column}`);
      const isChanged = places.some((place) => changes.has(id(place)));
      return {
        kind: isChanged ? 'changed' : 'plain',
        text: `  ${visible(row).padStart(left)}${places.map(cell).join('')}`,
      };
    }),
  ];
}

function rowsText(rows: readonly Row[], changes: Changes, indent: string): readonly AnswerLine[] {
  const isChanged = (row: Row): boolean => row.ids.some((id) => changes.has(id));
  const chosen = new Set(
    [...rows.filter(isChanged), ...rows.filter((row) => !isChanged(row))].slice(0, SHOWN),
  );
  const lines = rows
    .filter((row) => chosen.has(row))
    .map((row): AnswerLine => {
      if (!isChanged(row)) return { kind: 'plain', text: `${indent}${row.text}` };
      const was = row.ids.flatMap((id) => (changes.has(id) ? [beforeText(changes.get(id) ?? null)] : []));
      return { kind: 'changed', text: `${indent}* ${row.text}  ${was.join('; ')}` };
    });
  const more = rows.length - chosen.size;
  return more === 0 ? lines : [...lines, { kind: 'aside', text: `${indent}… and ${more} more` }];
}

function beforeText(before: AnswerCell | null): string {
  if (before === null) return '(new)';
  const number = before.value === null ? [] : [estimateText(before.value)];
  const word = before.word === '' ? [] : [visible(before.word)];
  return `(was ${[...word, ...number].join(', ') || 'undefined'})`;
}
