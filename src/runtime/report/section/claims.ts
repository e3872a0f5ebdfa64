// One section per claim: what it says, a plot of every member against the margin, and a table of every member.
import { countText, plural } from '../../quantity-text.js';
import { controlWords, verdictOrder } from '../../run-words.js';
import { forestChart } from '../chart/forest-chart.js';
import type { Block, Section } from '../document.js';
import type { MemberVerdict, ReportClaim, ReportControl, ReportData, ReportMember } from '../report-data.js';
import { intervalKind, marginOf, numberText, pOrNone } from '../text.js';
import {
  adviceOf,
  caveatOf,
  conclusionText,
  evidenceMeanings,
  quantifierMeanings,
  sampleText,
  verdictMeanings,
  verdictSigns,
} from '../wording.js';
import { countVerdicts } from './answers.js';
import { detailTable, memberTable } from './member-table.js';

export function claimSections(report: ReportData): readonly Section[] {
  return report.claims.map((claim, index) => ({
    id: `claim-${claim.id}`,
    title: `Claim: ${claim.id}`,
    blocks: claimBlocks(claim, report, `claim-${index + 1}`),
  }));
}

function claimBlocks(claim: ReportClaim, report: ReportData, name: string): readonly Block[] {
  const caveat = caveatOf(claim);
  const advice = adviceOf(claim);
  const controls = report.controls.filter((control) => control.claim === claim.id);
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
    ...forestBlocks(claim, report, name),
    { kind: 'facts', items: readingOf(claim) },
    ...(caveat === null ? [] : [{ kind: 'paragraph' as const, text: caveat }]),
    ...(advice === null ? [] : [{ kind: 'paragraph' as const, text: advice }]),
    memberTable(claim),
    detailTable(claim, report.families.find(({ name: one }) => one === claim.family)?.enumerated ?? true),
  ];
}

function factsOf(
  claim: ReportClaim,
  controls: readonly ReportControl[],
): readonly { name: string; value: string }[] {
  const facts = [
    {
      name: 'Conclusion',
      value:
        claim.verdict === 'by-member' ? quantifierMeanings.each : conclusionText(claim.verdict, claim.reason),
    },
    {
      name: 'Asked of',
      value: claim.on === claim.readOn ? sampleText(claim) : `${claim.on}, but read on ${sampleText(claim)}`,
    },
    { name: 'Evidence', value: evidenceMeanings[claim.evidence] },
  ];
  if (claim.verdict !== 'by-member') {
    facts.splice(1, 0, {
      name: 'Kind',
      value: quantifierMeanings[claim.quantifier].replace(' k ', ` ${claim.k ?? 'k'} `),
    });
    const { adjusted } = claim;
    if (adjusted !== null) {
      facts.push({
        name: 'Adjusted p',
        value: `support ${pOrNone(adjusted.support)}; refute ${pOrNone(adjusted.refute)}`,
      });
    }
  }
  const numbers = controls.map(({ name, state, text, waived }) => {
    const about = waived ?? text;
    return `${name}: ${controlWords[state]}${about === '' ? '' : ` (${about})`}`;
  });
  facts.push({ name: 'Controls', value: numbers.length === 0 ? 'none' : numbers.join('; ') });
  if (claim.assay !== null) facts.push({ name: 'Assay', value: claim.assay });
  if (claim.because !== null) facts.push({ name: 'Margin because', value: claim.because });
  if (claim.detectable !== null) {
    const unit = claim.members[0]?.parts[0]?.unit ?? null;
    facts.push({
      name: 'Detectable',
      value: `${numberText(claim.detectable)} ${unit ?? ''} beyond the margin, with 80 % power`,
    });
  }
  if (claim.clustering !== undefined && claim.clustering !== null) {
    const { icc, designEffect } = claim.clustering;
    facts.push({
      name: 'Clusters',
      value: `rows of one ${claim.clusterUnit} repeat one another: intraclass correlation ${numberText(icc)}, design effect ${numberText(designEffect)} (the largest of the members)`,
    });
  }
  if (claim.power !== undefined && claim.power !== null) facts.push({ name: 'Power', value: claim.power });
  return facts;
}

/** One plot per part: parts have margins and units of their own. */
function forestBlocks(claim: ReportClaim, report: ReportData, figureName: string): readonly Block[] {
  const names = [...new Set(claim.members.flatMap(({ parts }) => parts.map(({ name }) => name)))];
  return names.flatMap((name, index): readonly Block[] => {
    const lines = claim.members.flatMap((member) => {
      const part = member.parts.find((one) => one.name === name);
      return part === undefined
        ? []
        : [{ member: { ...member, verdict: shownVerdict(member, claim) }, part }];
    });
    const [first] = lines;
    if (first === undefined) return [];
    const missing = claim.members.length - lines.length;
    const shown = `${plural(lines.length, 'member')}${missing > 0 ? ` (${countText(missing)} without a number)` : ''}`;
    const what = names.length === 1 ? claim.id : `${claim.id}, ${name}`;
    return [
      {
        kind: 'figure',
        name: `${figureName}-${index + 1}-${name}`,
        caption: `${what}: ${shown} with ${intervalKind(lines.map(({ part }) => part.interval))
          .toLowerCase()
          .replace('bca', 'BCa')}s; the dashed line is the margin: ${marginOf(first.part)}.`,
        stamp: report.state === 'exploratory' ? `EXPLORATORY · ${claim.readOn}` : claim.readOn,
        chart: forestChart(lines),
        numbers: null,
      },
    ];
  });
}

/** The one member of a single claim is drawn with the verdict of the claim. */
function shownVerdict({ verdict }: ReportMember, claim: ReportClaim): MemberVerdict {
  return claim.members.length === 1 && claim.verdict !== 'by-member' ? claim.verdict : verdict;
}

/** The verdicts that occur, with what each of them says. */
function readingOf(claim: ReportClaim): readonly { readonly name: string; readonly value: string }[] {
  const counts = countVerdicts(claim);
  const occurring =
    claim.verdict === 'by-member' ? verdictOrder.filter((one) => counts[one] > 0) : [claim.verdict];
  return occurring.map((verdict) => ({
    name: `${verdictSigns[verdict]} ${conclusionText(verdict, null)}`,
    value: verdictMeanings[verdict],
  }));
}
