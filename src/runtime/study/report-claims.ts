// Claims of a report: what each says, what it was asked of, and every one of its members with its numbers.
import { bug } from '../../compiler/base/bug.js';
import type { ClaimSpec, FamilySpec } from '../../compiler/check/claim-spec.js';
import type { MemberControl, ReportClaim, ReportMember, ReportPart } from '../report/report-data.js';
import type { MemberDescription, PartDescription } from '../stats/describe.js';
import type { ClaimDecision, MemberDecision, Part } from '../stats/types.js';
import type { OutcomeTable } from '../store/outcome-table.js';
import { claimClustering } from './claim-clustering.js';
import { claimPower, powerLine } from './claim-power.js';
import { memberId } from './collect.js';
import type { MemberFacts, PartFacts } from './facts.js';
import { memberControls } from './member-controls.js';
import type { OpenStudy } from './open-study.js';
import type { StudyRun } from './run-study.js';
import { textAt } from './source-text.js';

export type ClaimContext = { readonly study: OpenStudy; readonly run: StudyRun };

export function reportClaim(claim: ClaimSpec, { study, run }: ClaimContext): ReportClaim {
  const described =
    run.descriptions.find((one) => one.id === claim.name) ?? bug(`no description of ${claim.name}`);
  const facts = run.facts.claims.find((one) => one.id === claim.name) ?? bug(`no facts of ${claim.name}`);
  const decided = decisionOf(run, claim.name);
  const rows = run.rows.rows(claim.data, claim.readSplit);
  const family = familyOf(run, claim.name);
  const shift = claim.shift.length === 0 ? '' : `.${claim.shift.join('.')}`;
  const whole = decided.decision;
  const table = run.tables.find((one) => one.name === facts.table) ?? bug(`no table ${facts.table}`);
  const controls = memberControls(run, claim.name);
  const members = claim.family.members.map((member, i): ReportMember => {
    const id = memberId(member);
    const own = facts.members[i] ?? bug('a member without facts');
    const one = decided.members.find((other) => other.id === id) ?? bug(`no decision on ${id}`);
    return reportMember(own, one, {
      table,
      described: described.members[i],
      controls: controls.get(id) ?? bug(`no controls of ${id}`),
    });
  });
  const power = claimPower(claim, run.checked, partsOf(run, claim.name));
  return {
    id: claim.name,
    statement: claim.declaration.value === undefined ? '' : textAt(study, claim.declaration.value.span),
    quantifier: claim.quantity,
    k: claim.quantity === 'at-least' ? claim.k : null,
    family: family.name,
    evidence: claim.evidence,
    on: `${claim.data.declared}.${claim.split}${shift}`,
    readOn: `${claim.data.declared}.${claim.readSplit}${shift}`,
    clusterUnit: claim.data.facts.clusterBy,
    clusters: rows.clusters.ids.length,
    rows: rows.rows,
    clustering: claimClustering(run.tables, facts),
    verdict:
      whole?.verdict ??
      (claim.quantity === 'single' ? (decided.members[0]?.decision?.verdict ?? 'inconclusive') : 'by-member'),
    reason:
      whole?.reason ?? (claim.quantity === 'single' ? (decided.members[0]?.decision?.reason ?? null) : null),
    adjusted:
      whole?.adjusted ??
      (claim.quantity === 'single' ? (decided.members[0]?.decision?.adjusted ?? null) : null),
    because: claim.because,
    nil: claim.nil,
    assay: claim.assay === null ? null : (assayText(claim, study) ?? 'assay'),
    detectable: power.detectable,
    power: powerLine(power),
    binders: claim.family.universe.map((one) => one.name),
    members,
  };
}

function assayText(claim: ClaimSpec, study: OpenStudy): string | null {
  for (const entry of claim.declaration.block ?? []) {
    if (entry.kind === 'field' && entry.name === 'assay') return textAt(study, entry.value.span);
  }
  return null;
}

export function familyOf(run: StudyRun, claim: string): FamilySpec {
  return run.checked.families.find((one) => one.claims.includes(claim)) ?? bug(`no family counts ${claim}`);
}

/** The parts of every member that was measured, with their cluster values. */
function partsOf(run: StudyRun, claim: string): readonly (readonly Part[])[] {
  const members = run.decision.claims.find((one) => one.id === claim)?.members ?? bug(`no claim ${claim}`);
  return members.flatMap(({ state }) => (state.kind === 'measured' ? [state.parts] : []));
}

export function decisionOf(run: StudyRun, claim: string): ClaimDecision {
  return (
    run.decision.families.flatMap((one) => one.claims).find((one) => one.id === claim) ??
    bug(`no decision on ${claim}`)
  );
}

type MemberSource = {
  readonly table: OutcomeTable;
  readonly described: MemberDescription | undefined;
  readonly controls: readonly MemberControl[];
};

function reportMember(
  own: MemberFacts,
  decided: MemberDecision,
  { table, described, controls }: MemberSource,
): ReportMember {
  const { decision } = decided;
  const valuesOf = (id: string): Float64Array =>
    table.parts.find((one) => one.id === id)?.values ?? bug(`no part ${id}`);
  const [first] = own.parts;
  const missing = first === undefined ? [] : valuesOf(first.x).filter((value) => !Number.isFinite(value));
  return {
    id: own.id,
    label: own.label,
    verdict: decision?.verdict ?? 'with-claim',
    reason: decision?.reason ?? null,
    raw: decided.raw,
    adjusted: decision?.adjusted ?? null,
    gated: controls.length === 0 ? null : (decision?.gated ?? null),
    parts: own.parts.map((part, i) => reportPart(part, described?.parts[i])),
    undefinedCount: missing.length,
    writesChanged: shareOfRowsChanged(own.changes.map(valuesOf), table.items.length),
    controls,
  };
}

function reportPart(part: PartFacts, described: PartDescription | undefined): ReportPart {
  const effect = described?.effect;
  const interval = described?.interval;
  const hasNumbers = interval !== undefined && (interval.kind === 'none' || Number.isFinite(interval.low));
  return {
    name: part.name,
    kind: part.kind,
    direction: part.direction,
    margin: part.kind === 'share' ? 0 : part.margin,
    marginText:
      part.kind === 'share'
        ? `${Number((part.margin * 100).toPrecision(6))}%`
        : `${part.marginText}${part.unit === null ? '' : ` ${part.unit}`}`,
    unit: part.unit,
    estimate: finite(effect?.estimate),
    interval: hasNumbers ? interval : null,
    median: finite(effect?.median),
    positive: finite(effect?.positive),
    hedges: finite(effect?.hedges),
    ratio: finite(described?.ratio ?? undefined),
  };
}

/** Null where nothing is written. */
function shareOfRowsChanged(changed: readonly Float64Array[], rows: number): number | null {
  if (changed.length === 0) return null;
  let touched = 0;
  for (let row = 0; row < rows; row++) if (changed.some((one) => (one[row] ?? 0) > 0)) touched++;
  return touched / Math.max(1, rows);
}

export function finite(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : value;
}
