// Controls, families, predictions and searches: what the claims were compared with, and how many things were tried.
import { countText, measuredText, plural } from '../../quantity-text.js';
import { controlWords } from '../../run-words.js';
import { type Block, cell, type Section } from '../document.js';
import type { ReportControl, ReportData } from '../report-data.js';
import { NONE, pOrNone } from '../text.js';
import { methodMeanings } from '../wording.js';

const left = (title: string) => ({ title, align: 'left' }) as const;
const right = (title: string) => ({ title, align: 'right' }) as const;

const kinds = {
  paired: 'another intervention on the same rows',
  reinitialised: 'the claim again on models with new weights',
  circuits: 'the claim for other circuits',
  manipulation: 'a check of the intervention itself',
} as const satisfies Record<ReportControl['kind'], string>;

export function controlSection(report: ReportData): Section {
  const { controls } = report;
  const numbers = {
    observed: controls.some(({ observed }) => observed !== null),
    largest: controls.some(({ largest }) => largest !== null),
    replicates: controls.some(({ replicates }) => replicates !== null),
  };
  const blocks: Block[] = [];
  if (controls.length === 0) blocks.push({ kind: 'paragraph', text: 'No control was run.' });
  else {
    blocks.push({
      kind: 'table',
      caption: plural(controls.length, 'control'),
      folded: false,
      columns: [
        left('Control'),
        left('Of claim'),
        left('State'),
        left('What was compared'),
        ...(numbers.observed ? [right('Observed')] : []),
        ...(numbers.largest ? [right('Largest replicate')] : []),
        right('p'),
        ...(numbers.replicates ? [right('Replicates')] : []),
      ],
      rows: controls.map((one) => [
        cell(one.name),
        cell(one.claim),
        cell(controlWords[one.state]),
        cell(aboutOf(one)),
        ...(numbers.observed
          ? [cell(one.observed === null ? NONE : measuredText(one.observed, one.unit))]
          : []),
        ...(numbers.largest ? [cell(one.largest === null ? NONE : measuredText(one.largest, one.unit))] : []),
        cell(pOrNone(one.p)),
        ...(numbers.replicates ? [cell(replicatesOf(one))] : []),
      ]),
    });
  }
  const smoke = controls.some(({ state }) => state === 'smoke');
  const loose = controls.some(({ state }) => state === 'not-binding');
  const mute = controls.some(({ state }) => state === 'not-informative');
  const notes = [
    ...(smoke
      ? [
          'A smoke control has too few replicates to reach the level. It can fail a claim; it cannot support one.',
        ]
      : []),
    ...(loose
      ? ['A control that lies far below the margin is not binding: almost any effect would have passed it.']
      : []),
    ...(mute
      ? [
          'A control whose replicates are all equal, or that can reach nothing, is not informative and does not count as the required one: what it was to let pass stays inconclusive.',
        ]
      : []),
  ];
  if (notes.length > 0) blocks.push({ kind: 'list', items: notes });
  return { id: 'controls', title: 'Controls', blocks };
}

function aboutOf({ kind, inserted, text, waived }: ReportControl): string {
  const origin = inserted ? ' (inserted by the compiler)' : '';
  const words = waived === null ? text : `waived: ${waived}`;
  return `${kinds[kind]}${origin}${words === '' ? '' : `: ${words}`}`;
}

function replicatesOf({ replicates, replicatesNeeded }: ReportControl): string {
  if (replicates === null) return NONE;
  if (replicatesNeeded === null) return countText(replicates);
  return `${countText(replicates)} (${countText(replicatesNeeded)} needed)`;
}

export function familySection({ families }: ReportData): Section {
  return {
    id: 'families',
    title: 'Families and error rates',
    blocks: [
      {
        kind: 'table',
        caption: 'Claims that are corrected together',
        folded: false,
        columns: [
          left('Family'),
          left('Claims'),
          left('Method'),
          right('Error rate'),
          right('Conclusions'),
          right('One-sided columns'),
          right('Sign flips'),
          right('Borderline flips'),
        ],
        rows: families.map((family) => [
          cell(family.name),
          cell(family.claims.join(', ')),
          cell(methodMeanings[family.method]),
          cell(family.rate),
          cell(countText(family.conclusions)),
          cell(countText(family.columns)),
          cell(`${countText(family.flips)}${family.enumerated ? ' (all there are)' : ' (random)'}`),
          cell(countText(family.borderline)),
        ]),
      },
      {
        kind: 'paragraph',
        text: 'p = c / N: of N sign flips (the observed one among them), c have a statistic at least as large. A count may differ between backends by no more than the borderline flips.',
      },
    ],
  };
}

export function predictionSection({ predictions }: ReportData): Section {
  if (predictions.length === 0) {
    return {
      id: 'predictions',
      title: 'Predictions',
      blocks: [{ kind: 'paragraph', text: 'None were made.' }],
    };
  }
  const hits = predictions.filter(({ hit }) => hit).length;
  return {
    id: 'predictions',
    title: 'Predictions',
    blocks: [
      {
        kind: 'table',
        caption: `${countText(hits)} of ${plural(predictions.length, 'prediction')} hit`,
        folded: false,
        columns: [left('Claim'), left('Predicted'), left('Came out'), left('Score')],
        rows: predictions.map(({ claim, predicted, got, hit }) => [
          cell(claim),
          cell(predicted),
          cell(got),
          cell(hit ? 'hit' : 'miss'),
        ]),
      },
    ],
  };
}

export function searchSection({ searches }: ReportData): Section | null {
  if (searches.length === 0) return null;
  return {
    id: 'searches',
    title: 'Searches',
    blocks: [
      {
        kind: 'table',
        caption: 'What was chosen by looking at data, on which split, out of how many',
        folded: false,
        columns: [left('Circuit'), left('Found by'), left('On'), right('Evaluations'), left('Members')],
        rows: searches.map(({ circuit, statement, split, evaluations, members }) => [
          cell(circuit),
          cell(statement),
          cell(split),
          cell(countText(evaluations)),
          cell(members.length === 0 ? 'none' : members.join('; ')),
        ]),
      },
    ],
  };
}

/** How often anything was looked at before. From the ledger. */
export function historySection({ history }: ReportData): Section {
  const { explorations, searches, evaluations, locks, opened, confirmed, replays, orphans, splits } = history;
  const { predictions = 0, hits = 0 } = history;
  return {
    id: 'history',
    title: 'What was tried before',
    blocks: [
      {
        kind: 'facts',
        items: [
          { name: 'Explorations', value: countText(explorations) },
          { name: 'Searches', value: countText(searches) },
          { name: 'Evaluations', value: countText(evaluations) },
          { name: 'Locks', value: countText(locks) },
          { name: 'Confirm rows opened', value: plural(opened, 'time') },
          { name: 'Confirm runs', value: countText(confirmed) },
          { name: 'Replays', value: countText(replays) },
          ...(predictions === 0
            ? []
            : [
                {
                  name: 'Predictions in this ledger',
                  value: `${countText(hits)} of ${plural(predictions, 'prediction')} hit`,
                },
              ]),
          ...(orphans === 0
            ? []
            : [{ name: 'Opened without a result', value: `${countText(orphans)} (they count as looks)` }]),
        ],
      },
      {
        kind: 'table',
        caption: 'Looks by split, this run included',
        folded: false,
        columns: [left('Data'), left('Split'), right('Looks')],
        rows: splits.map(({ data, split, looks }) => [cell(data), cell(split), cell(countText(looks))]),
      },
    ],
  };
}
