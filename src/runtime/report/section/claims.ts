// One section per claim: what it says, a plot of every member against the margin, and a table of every member.
import { countText, plural, shareText } from '../../quantity-text.js';
import { controlWords, verdictOrder } from '../../run-words.js';
import { forestChart } from '../chart/forest-chart.js';
import { type Block, type Cell, cell, FOLD_ROWS, type Section, type TableBlock } from '../document.js';
import type { ReportClaim, ReportControl, ReportData, ReportMember, ReportPart } from '../report-data.js';
import { intervalKind, intervalText, NONE, numberText, pOrNone, withUnit } from '../text.js';
import {
  caveatOf,
  conclusionText,
  evidenceMeanings,
  quantifierMeanings,
  sampleText,
  verdictMeanings,
  verdictSigns,
} from '../wording.js';
import { countVerdicts } from './answers.js';

export function claimSections(report: ReportData): readonly Section[] {
  return report.claims.map((claim) => ({
    id: `claim-${claim.id}`,
    title: `Claim: ${claim.id}`,
    blocks: claimBlocks(claim, report),
  }));
}

function claimBlocks(claim: ReportClaim, report: ReportData): readonly Block[] {
  const caveat = caveatOf(claim);
  const controls = report.controls.filter((control) => control.claim === claim.id && control.waived === null);
  return [
    { kind: 'code', text: claim.statement },
    { kind: 'facts', items: factsOf(claim, controls) },
    ...(claim.nil === null
      ? []
      : [
          {
            kind: 'notice' as const,
            title: 'Margin zero',
            text: `This tests only whether the mean effect is exactly zero. Reason given: ${claim.nil}`,
          },
        ]),
    ...forestBlocks(claim, report),
    { kind: 'list', items: readingOf(claim) },
    ...(caveat === null ? [] : [{ kind: 'paragraph' as const, text: caveat }]),
    mainTable(claim),
    detailTable(claim),
  ];
}

function factsOf(claim: ReportClaim, controls: readonly ReportControl[]): readonly { name: string; value: string }[] {
  const facts = [
    { name: 'Conclusion', value: claim.verdict === 'by-member' ? quantifierMeanings.each : conclusionText(claim.verdict, claim.reason) },
    { name: 'Asked of', value: claim.on === claim.readOn ? sampleText(claim) : `${claim.on}, but read on ${sampleText(claim)}` },
    { name: 'Evidence', value: evidenceMeanings[claim.evidence] },
  ];
  if (claim.verdict !== 'by-member') {
    facts.splice(1, 0, { name: 'Kind', value: quantifierMeanings[claim.quantifier].replace(' k ', ` ${claim.k ?? 'k'} `) });
    const { adjusted } = claim;
    if (adjusted !== null) {
      facts.push({ name: 'Adjusted p', value: `support ${pOrNone(adjusted.support)}; refute ${pOrNone(adjusted.refute)}` });
    }
  }
  const numbers = controls.map(({ name, state, text }) => `${name}: ${controlWords[state]}${text === '' ? '' : ` (${text})`}`);
  facts.push({ name: 'Controls', value: numbers.length === 0 ? 'none' : numbers.join('; ') });
  if (claim.assay !== null) facts.push({ name: 'Assay', value: claim.assay });
  if (claim.because !== null) facts.push({ name: 'Margin because', value: claim.because });
  if (claim.detectable !== null) {
    const unit = claim.members[0]?.parts[0]?.unit ?? null;
    facts.push({ name: 'Detectable', value: `${withUnit(numberText(claim.detectable), null)} ${unit ?? ''} beyond the margin, with 80 % power` });
  }
  return facts;
}

/** One plot per part: parts have margins and units of their own. */
function forestBlocks(claim: ReportClaim, report: ReportData): readonly Block[] {
  const names = [...new Set(claim.members.flatMap(({ parts }) => parts.map(({ name }) => name)))];
  return names.flatMap((name): readonly Block[] => {
    const lines = claim.members.flatMap((member) => {
      const part = member.parts.find((one) => one.name === name);
      return part === undefined ? [] : [{ member, part }];
    });
    const [first] = lines;
    if (first === undefined) return [];
    const { marginText } = first.part;
    const missing = claim.members.length - lines.length;
    const shown = `${plural(lines.length, 'member')}${missing > 0 ? ` (${countText(missing)} without a number)` : ''}`;
    const what = names.length === 1 ? claim.id : `${claim.id}, ${name}`;
    return [
      {
        kind: 'figure',
        name: `${claim.id}-${name}`,
        caption: `${what}: ${shown} with ${intervalKind(lines.map(({ part }) => part.interval)).toLowerCase().replace('bca', 'BCa')}s; the dashed line is the margin, ${marginText}.`,
        stamp: report.state === 'exploratory' ? `EXPLORATORY · ${claim.readOn}` : claim.readOn,
        chart: forestChart(lines),
        numbers: null,
      },
    ];
  });
}

/** The verdicts that occur, with what each of them says. */
function readingOf(claim: ReportClaim): readonly string[] {
  const counts = countVerdicts(claim);
  const occurring = claim.verdict === 'by-member' ? verdictOrder.filter((one) => counts[one] > 0) : [claim.verdict];
  return occurring.map((verdict) => `${verdictSigns[verdict]} ${conclusionText(verdict, null)}: ${verdictMeanings[verdict]}.`);
}

function partRows<T>(claim: ReportClaim, row: (member: ReportMember, part: ReportPart | null) => T): readonly T[] {
  return claim.members.flatMap((member) =>
    member.parts.length === 0 ? [row(member, null)] : member.parts.map((part) => row(member, part)),
  );
}

const left = (title: string) => ({ title, align: 'left' }) as const;
const right = (title: string) => ({ title, align: 'right' }) as const;

function mainTable(claim: ReportClaim): TableBlock {
  const parts = claim.members.flatMap((member) => member.parts);
  const hasParts = claim.members.some((member) => member.parts.length > 1);
  const units = new Set(parts.map(({ unit }) => unit));
  const unit = units.size === 1 ? (parts[0]?.unit ?? null) : null;
  const controls = [...new Set(claim.members.flatMap((member) => member.controls.map(({ name }) => name)))];
  const hasGate = claim.members.some(({ gated }) => gated !== null);
  return {
    kind: 'table',
    caption: claim.members.length === 1 ? 'The numbers' : `Every member: ${countText(claim.members.length)}`,
    folded: claim.members.length > FOLD_ROWS,
    columns: [
      ...(claim.binders.length === 0 ? [] : [left('Member')]),
      left('Verdict'),
      ...(hasParts ? [left('Part')] : []),
      right(withUnit('Estimate', unit)),
      right(intervalKind(parts.map(({ interval }) => interval))),
      right('Margin'),
      right('Adjusted p, support'),
      right('Adjusted p, refute'),
      ...controls.map((name) => right(`Control: ${name}`)),
      ...(hasGate ? [right('p with paired controls')] : []),
      right('Writes that changed something'),
      right('Undefined'),
    ],
    rows: partRows(claim, (member, part): readonly Cell[] => [
      ...(claim.binders.length === 0 ? [] : [cell(member.label)]),
      verdictCell(member, claim),
      ...(hasParts ? [cell(part?.name ?? NONE)] : []),
      cell(part === null ? NONE : estimateCell(part, unit)),
      cell(part === null ? NONE : intervalText(part.interval)),
      cell(part === null ? NONE : `${part.direction === 'above' ? '>' : '<'} ${part.marginText}`),
      cell(pOrNone(member.adjusted?.support ?? null)),
      cell(pOrNone(member.adjusted?.refute ?? null)),
      ...controls.map((name) => cell(controlCell(member, name))),
      ...(hasGate ? [cell(pOrNone(member.gated))] : []),
      cell(member.writesChanged === null ? NONE : shareText(member.writesChanged)),
      cell(countText(member.undefinedCount)),
    ]),
  };
}

function verdictCell(member: ReportMember, claim: ReportClaim): Cell {
  if (claim.members.length === 1 && claim.verdict !== 'by-member') {
    return cell(conclusionText(claim.verdict, claim.reason), claim.verdict);
  }
  return cell(conclusionText(member.verdict, member.reason), member.verdict);
}

function estimateCell(part: ReportPart, unit: string | null): string {
  const own = unit === null && part.unit !== null ? ` ${part.unit}` : '';
  return `${numberText(part.estimate)}${own}`;
}

/** The control's own effect, and how far the member exceeds it. */
function controlCell(member: ReportMember, name: string): string {
  const control = member.controls.find((one) => one.name === name);
  if (control === undefined) return NONE;
  const parts = [controlWords[control.state]];
  if (control.estimate !== null) parts.push(numberText(control.estimate));
  if (control.contrast !== null) parts.push(`difference ${numberText(control.contrast)} ${intervalText(control.interval)}`);
  if (control.p !== null) parts.push(`p ${pOrNone(control.p)}`);
  return parts.join('; ');
}

function detailTable(claim: ReportClaim): TableBlock {
  const hasParts = claim.members.some((member) => member.parts.length > 1);
  const hasRatio = claim.members.some((member) => member.parts.some(({ ratio }) => ratio !== null));
  return {
    kind: 'table',
    caption: 'Further numbers: uncorrected p, median, share of clusters above zero, standardised effect',
    folded: true,
    columns: [
      ...(claim.binders.length === 0 ? [] : [left('Member')]),
      ...(hasParts ? [left('Part')] : []),
      right('Uncorrected p, support'),
      right('Uncorrected p, refute'),
      right('Median'),
      right('Clusters above zero'),
      right('Mean / sd (Hedges)'),
      ...(hasRatio ? [right('Ratio (not tested)')] : []),
    ],
    rows: partRows(claim, (member, part): readonly Cell[] => [
      ...(claim.binders.length === 0 ? [] : [cell(member.label)]),
      ...(hasParts ? [cell(part?.name ?? NONE)] : []),
      cell(pOrNone(member.raw?.support ?? null)),
      cell(pOrNone(member.raw?.refute ?? null)),
      cell(numberText(part?.median ?? null)),
      cell(part?.positive === null || part === null ? NONE : shareText(part.positive)),
      cell(numberText(part?.hedges ?? null)),
      ...(hasRatio ? [cell(numberText(part?.ratio ?? null))] : []),
    ]),
  };
}

