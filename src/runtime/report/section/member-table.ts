// Every member of a claim as a row. What is the same for all members is said once, in the caption, instead of in a column.
import { countText, estimateText, measuredText, shareText } from '../../quantity-text.js';
import { memberControlWords } from '../../run-words.js';
import { monteCarloInterval } from '../../stats/monte-carlo.js';
import type { PValue } from '../../stats/types.js';
import { type Cell, cell, FOLD_ROWS, type TableBlock } from '../document.js';
import type { ReportClaim, ReportMember, ReportPart } from '../report-data.js';
import {
  columnText,
  intervalKind,
  intervalText,
  marginOf,
  NONE,
  numberText,
  pOrNone,
  withUnit,
} from '../text.js';
import { conclusionText } from '../wording.js';

type Column = {
  readonly title: string;
  readonly align: 'left' | 'right';
  readonly cell: (member: ReportMember, part: ReportPart | null) => Cell;
};

export function memberTable(claim: ReportClaim): TableBlock {
  const parts = claim.members.flatMap((member) => member.parts);
  const unit = shared(parts.map((part) => part.unit)) ?? null;
  const margin = shared(parts.map(marginOf));
  const changed = shared(claim.members.map(({ writesChanged }) => writesChanged));
  const undefinedCount = claim.members.reduce((sum, member) => sum + member.undefinedCount, 0);
  const controls = comparedControls(claim);
  const write = columnText(
    parts.map(({ estimate }) => estimate),
    4,
  );
  const columns: readonly (Column | null)[] = [
    ...nameColumns(claim),
    { title: 'Verdict', align: 'left', cell: (member) => verdictCell(member, claim) },
    {
      title: withUnit('Estimate', unit),
      align: 'right',
      cell: (_, part) =>
        cell(part === null || part.estimate === null ? NONE : withOwnUnit(write(part.estimate), part, unit)),
    },
    {
      title: intervalKind(parts.map(({ interval }) => interval)),
      align: 'right',
      cell: (_, part) => cell(intervalText(part?.interval ?? null, write)),
    },
    margin === undefined
      ? { title: 'Margin', align: 'left', cell: (_, part) => cell(part === null ? NONE : marginOf(part)) }
      : null,
    { title: 'Adjusted p', align: 'left', cell: (member) => cell(decidingP(member, claim)) },
    ...controls.flatMap((name) => controlColumns(claim, name, write)),
    changed === undefined
      ? {
          title: 'Rows changed by the writes',
          align: 'right',
          cell: ({ writesChanged }) => cell(writesChanged === null ? NONE : shareText(writesChanged)),
        }
      : null,
    undefinedCount > 0
      ? { title: 'Undefined', align: 'right', cell: (member) => cell(countText(member.undefinedCount)) }
      : null,
  ];
  const notes = [
    claim.members.length === 1 ? 'The numbers' : `Every member: ${countText(claim.members.length)}`,
    ...(margin === undefined ? [] : [`margin ${margin}`]),
    ...(changed === undefined || changed === null
      ? []
      : [`the writes changed something on ${shareText(changed)} of rows`]),
    ...controls.flatMap((name) => {
      const effect = commonEffect(claim, name);
      return effect === null ? [] : [`effect of ${name}: ${measuredText(effect, unit)}`];
    }),
    undefinedCount === 0 ? 'no undefined values' : `${countText(undefinedCount)} undefined values`,
  ];
  return tableOf(claim, columns, { caption: notes.join(' · '), folded: claim.members.length > FOLD_ROWS });
}

/** `enumerated`: p-values come from all flips there are, and more of them could not move them. */
export function detailTable(claim: ReportClaim, enumerated: boolean): TableBlock {
  const parts = claim.members.flatMap((member) => member.parts);
  const write = columnText(
    parts.map(({ median }) => median),
    4,
  );
  const p = (title: string, pick: (member: ReportMember) => string): Column => ({
    title,
    align: 'right',
    cell: (member) => cell(pick(member)),
  });
  const columns: readonly (Column | null)[] = [
    ...nameColumns(claim),
    p('Adjusted p, support', ({ adjusted }) => pOrNone((adjusted ?? claim.adjusted)?.support ?? null)),
    p('Adjusted p, refute', ({ adjusted }) => pOrNone((adjusted ?? claim.adjusted)?.refute ?? null)),
    p('Uncorrected p, support', ({ raw }) => pOrNone(raw?.support ?? null)),
    p('Uncorrected p, refute', ({ raw }) => pOrNone(raw?.refute ?? null)),
    enumerated
      ? null
      : p('Monte Carlo interval of support', ({ raw }) => monteCarloText(raw?.support ?? null)),
    {
      title: 'Median',
      align: 'right',
      cell: (_, part) => cell(numberOr(part?.median ?? null, write)),
    },
    {
      title: 'Clusters above zero',
      align: 'right',
      cell: (_, part) => cell(part === null || part.positive === null ? NONE : shareText(part.positive)),
    },
    {
      title: 'Mean / sd (Hedges)',
      align: 'right',
      cell: (_, part) => cell(numberText(part?.hedges ?? null)),
    },
    ...contrastColumns(claim, write),
    claim.members.some(({ gated }) => gated !== null)
      ? p('Adjusted p with paired controls', ({ gated }) => pOrNone(gated))
      : null,
    parts.some(({ ratio }) => ratio !== null)
      ? {
          title: 'Ratio (not tested)',
          align: 'right',
          cell: (_, part) => cell(numberText(part?.ratio ?? null)),
        }
      : null,
  ];
  const caption =
    'Further numbers: both directions of p, uncorrected p, median, standardised effect, differences from controls';
  return tableOf(claim, columns, { caption, folded: true });
}

/** 95 %: how far other random flips could move the uncorrected p. */
function monteCarloText(p: PValue | null): string {
  const interval = p === null ? null : monteCarloInterval(p);
  return interval === null ? NONE : `${estimateText(interval.low)} to ${estimateText(interval.high)}`;
}

function tableOf(
  claim: ReportClaim,
  columns: readonly (Column | null)[],
  { caption, folded }: { readonly caption: string; readonly folded: boolean },
): TableBlock {
  const kept = columns.filter((column) => column !== null);
  const rows = claim.members.flatMap((member) =>
    (member.parts.length === 0 ? [null] : member.parts).map((part) =>
      kept.map((column) => column.cell(member, part)),
    ),
  );
  return {
    kind: 'table',
    caption,
    folded,
    columns: kept.map(({ title, align }) => ({ title, align })),
    rows,
  };
}

function nameColumns(claim: ReportClaim): readonly Column[] {
  const columns: Column[] = [];
  if (claim.binders.length > 0) {
    columns.push({
      title: 'Member',
      align: 'left',
      cell: ({ label, id }) => cell(label === '' ? id : label),
    });
  }
  if (claim.members.some(({ parts }) => parts.length > 1)) {
    columns.push({ title: 'Part', align: 'left', cell: (_, part) => cell(part?.name ?? NONE) });
  }
  return columns;
}

/** A control that is waived has no column: that it is, and why, stands above all results. */
function comparedControls({ members }: ReportClaim): readonly string[] {
  const compared = members.flatMap(({ controls }) => controls.filter(({ state }) => state !== 'waived'));
  return [...new Set(compared.map(({ name }) => name))];
}

/** The one value that all have, or undefined where they differ. */
function shared<Value>(values: readonly Value[]): Value | undefined {
  return new Set(values).size === 1 ? values[0] : undefined;
}

function withOwnUnit(text: string, part: ReportPart, common: string | null): string {
  return common === null && part.unit !== null ? `${text} ${part.unit}` : text;
}

function verdictCell(member: ReportMember, claim: ReportClaim): Cell {
  if (claim.members.length === 1 && claim.verdict !== 'by-member') {
    return cell(conclusionText(claim.verdict, claim.reason), claim.verdict);
  }
  return cell(conclusionText(member.verdict, member.reason), member.verdict);
}

/** The direction that decided, or both where neither did. */
function decidingP(member: ReportMember, claim: ReportClaim): string {
  const adjusted = member.adjusted ?? (claim.members.length === 1 ? claim.adjusted : null);
  if (adjusted === null) return NONE;
  const verdict = claim.verdict === 'by-member' ? member.verdict : claim.verdict;
  if (verdict === 'supported') return `support ${pOrNone(adjusted.support)}`;
  if (verdict === 'refuted') return `refute ${pOrNone(adjusted.refute)}`;
  return `support ${pOrNone(adjusted.support)}; refute ${pOrNone(adjusted.refute)}`;
}

/** The control's own effect beside that of the member, where it has one, and how the comparison came out. */
function controlColumns(
  claim: ReportClaim,
  name: string,
  write: (value: number) => string,
): readonly Column[] {
  const controlOf = (member: ReportMember) => member.controls.find((one) => one.name === name);
  const common = commonEffect(claim, name);
  const hasEffect = claim.members.some((member) => (controlOf(member)?.estimate ?? null) !== null);
  const effect: Column = {
    title: `Effect of ${name}`,
    align: 'right',
    cell: (member) => cell(numberOr(controlOf(member)?.estimate ?? null, write)),
  };
  const result: Column = {
    title: `Control ${name}`,
    align: 'left',
    cell: (member) => {
      const control = controlOf(member);
      if (control === undefined) return cell(NONE);
      const p = control.p === null ? '' : `, p ${pOrNone(control.p)}`;
      return cell(`${memberControlWords[control.state]}${p}`);
    },
  };
  return hasEffect && common === null ? [effect, result] : [result];
}

/** Of a control that has one effect for all members, such as the largest of its replicates. */
function commonEffect(claim: ReportClaim, name: string): number | null {
  if (claim.members.length < 2) return null;
  return (
    shared(
      claim.members.map((member) => member.controls.find((one) => one.name === name)?.estimate ?? null),
    ) ?? null
  );
}

/** By how much a member exceeds its paired controls, with intervals. */
function contrastColumns(claim: ReportClaim, write: (value: number) => string): readonly Column[] {
  const names = new Set(
    claim.members.flatMap((member) =>
      member.controls.flatMap(({ name, contrast }) => (contrast === null ? [] : [name])),
    ),
  );
  return [...names].map((name) => ({
    title: `Effect less that of ${name}`,
    align: 'right',
    cell: (member) => {
      const control = member.controls.find((one) => one.name === name);
      if (control === undefined || control.contrast === null) return cell(NONE);
      return cell(`${write(control.contrast)} ${intervalText(control.interval, write)}`);
    },
  }));
}

function numberOr(value: number | null, write: (value: number) => string): string {
  return value === null ? NONE : write(value);
}
