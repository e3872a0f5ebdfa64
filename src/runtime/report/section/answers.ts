// The answer: for every claim one headline with its members counted and those supported named, and what it rests on.
import { countText, measuredText, plural } from '../../quantity-text.js';
import { controlWords, verdictOrder } from '../../run-words.js';
import type { Answer } from '../document.js';
import type { MemberVerdict, ReportClaim, ReportControl, ReportData, ReportMember } from '../report-data.js';
import { intervalText } from '../text.js';
import { conclusionText, sampleText } from '../wording.js';

/** Supported members named in the headline; the table lists all. */
const NAMED = 8;

export function answersOf(report: ReportData): readonly Answer[] {
  return report.claims.map((claim) => {
    const family = report.families.find(({ name }) => name === claim.family);
    const rate =
      family === undefined
        ? ''
        : `, error rate ${family.rate} by ${family.method} over ${plural(family.conclusions, 'conclusion')}`;
    const controls = report.controls.filter((control) => control.claim === claim.id);
    const predicted = report.predictions.find((one) => one.claim === claim.id);
    return {
      claim: claim.id,
      headline: headlineOf(claim),
      tone: toneOf(claim),
      tally: tallyOf(claim),
      lines: [
        `${claim.statement}`,
        `${sampleText(claim)}${rate}.`,
        controlLine(controls),
        ...(predicted === undefined
          ? []
          : [`Predicted before: ${predicted.predicted} (${predicted.hit ? 'hit' : 'miss'}).`]),
      ],
    };
  });
}

export function countVerdicts({ members }: ReportClaim): Readonly<Record<MemberVerdict, number>> {
  const counts = { supported: 0, refuted: 0, inconclusive: 0, invalid: 0, 'not-run': 0, 'with-claim': 0 };
  for (const { verdict } of members) counts[verdict] += 1;
  return counts;
}

function headlineOf(claim: ReportClaim): string {
  if (claim.verdict !== 'by-member') {
    const text = conclusionText(claim.verdict, claim.reason);
    const [part, ...others] = claim.members.length === 1 ? (claim.members[0]?.parts ?? []) : [];
    if (part === undefined || others.length > 0) return text;
    return `${text}: ${measuredText(part.estimate, part.unit)} ${intervalText(part.interval)}`;
  }
  const supported = claim.members.filter(({ verdict }) => verdict === 'supported');
  const of = plural(claim.members.length, 'member');
  if (supported.length === 0) return `supported for none of ${of}`;
  const names = supported.slice(0, NAMED).map(nameOf);
  const more = supported.length - names.length;
  const list = `${names.join('; ')}${more > 0 ? `; and ${countText(more)} more` : ''}`;
  return `supported for ${countText(supported.length)} of ${of}: ${list}`;
}

/** `layer 1, head 3 (0.620 nat)`; without the number where there are several. */
function nameOf({ label, id, parts }: ReportMember): string {
  const name = label === '' ? id : label;
  const [only] = parts;
  if (only === undefined || parts.length > 1 || only.kind === 'share' || only.estimate === null) return name;
  return `${name} (${measuredText(only.estimate, only.unit)})`;
}

function toneOf(claim: ReportClaim): MemberVerdict {
  if (claim.verdict !== 'by-member') return claim.verdict;
  const counts = countVerdicts(claim);
  return verdictOrder.find((verdict) => counts[verdict] > 0) ?? 'not-run';
}

function tallyOf(claim: ReportClaim): Answer['tally'] {
  if (claim.verdict !== 'by-member') return [];
  const counts = countVerdicts(claim);
  return verdictOrder
    .filter((verdict) => counts[verdict] > 0)
    .map((verdict) => ({ verdict, count: counts[verdict], text: conclusionText(verdict, null) }));
}

function controlLine(controls: readonly ReportControl[]): string {
  if (controls.length === 0) return 'Controls: none.';
  return `Controls: ${controls.map(({ name, state }) => `${name} ${controlWords[state]}`).join(', ')}.`;
}
