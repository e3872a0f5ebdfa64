// The report of a run as plain data: every member of every family, what it was compared with, what was looked at before.
import { bug } from '../../compiler/base/bug.js';
import type { ClaimSpec, ControlSpec, FamilySpec } from '../../compiler/check/claim-spec.js';
import { claimsWithoutPower } from '../../compiler/check/power.js';
import { replicatesNeeded } from '../../compiler/correction/resolution.js';
import type { Backend } from '../backend/backend.js';
import type {
  MemberControl,
  ReportClaim,
  ReportControl,
  ReportData,
  ReportFamily,
  ReportMember,
  ReportMode,
  ReportPart,
  ReportPrediction,
} from '../report/report-data.js';
import { describeClaims } from '../stats/describe.js';
import { skewGuard, skewness } from '../stats/skew.js';
import type { ClaimDecision, Decision, MemberDecision, Part } from '../stats/types.js';
import type { LedgerEntry } from '../store/ledger-entry.js';
import { seenSplits, tallyLooks } from '../store/looks.js';
import { claimClustering } from './claim-clustering.js';
import { claimPower, powerLine } from './claim-power.js';
import { verdictOfClaim } from './claim-verdict.js';
import { memberId } from './collect.js';
import { controlWording } from './control-wording.js';
import type { ControlResult } from './decide.js';
import { estimateOf } from './estimate.js';
import type { ClaimFacts, MemberFacts } from './facts.js';
import type { OpenStudy } from './open-study.js';
import { reportData, reportFiles, reportModels } from './report-sources.js';
import { reportViews } from './report-views.js';
import type { StudyRun } from './run-study.js';
import { textAt } from './source-text.js';

export type ReportContext = {
  readonly study: OpenStudy;
  readonly run: StudyRun;
  readonly mode: ReportMode;
  readonly entries: readonly LedgerEntry[];
  readonly backend: Backend;
  readonly batch: string;
  readonly time: string;
  readonly compiler: string;
  readonly commit: { readonly id: string; readonly dirty: boolean } | null;
  readonly naive: { readonly executions: number; readonly flops: number } | null;
  readonly planned: {
    readonly executions: number;
    readonly flops: number;
    readonly peakBytes: number;
  } | null;
  readonly digests: { readonly decision: string; readonly outcomes: string } | null;
};

export function makeReport(context: ReportContext): ReportData {
  const { study, run } = context;
  const { checked, decision, facts } = run;
  const descriptions = describeClaims(decision.claims, {
    level: 0.95,
    rateOf: (claim) => Number(familyOf(run, claim).rate),
    resamples: 9_999,
    root: facts.root,
    path: 'describe',
  });
  const claims = checked.claims.map((claim): ReportClaim => {
    const described =
      descriptions.find((one) => one.id === claim.name) ?? bug(`no description of ${claim.name}`);
    return reportClaim(claim, context, described);
  });
  const tally = tallyLooks(context.entries);
  const scored = predictionsOf(run);
  return {
    version: 1,
    file: study.inProject,
    state: run.mode === 'explore' ? 'exploratory' : 'confirmed',
    lock: study.lockState.kind === 'locked' ? study.lockState.lock.lock : null,
    head: run.head,
    mode: context.mode,
    time: context.time,
    study: {
      title: checked.study.title,
      question: checked.study.question,
      rationale: checked.study.rationale,
      outOfScope: checked.study.out_of_scope,
      toy: checked.study.toy,
      nearMiss: checked.study.near_miss,
      stakes: checked.study.stakes,
    },
    waivers: [...checked.waivers].map(([what, because]) => ({ what, because })),
    cautions: cautionsOf(context, claims),
    params: checked.bound.declarations.flatMap((one) => {
      if (one.keyword !== 'param' || one.name === undefined) return [];
      const set = checked.params.get(one.name);
      const written = one.value === undefined ? '' : textAt(study, one.value.span);
      return [{ name: one.name, value: set ?? written, fromCommandLine: set !== undefined }];
    }),
    models: reportModels(study, checked),
    data: reportData(study, checked, run),
    claims,
    families: decision.families.map((family, i): ReportFamily => {
      const own = checked.families[i] ?? bug('a family without its declaration');
      return {
        name: own.name,
        method: family.correction,
        rate: family.rate,
        claims: own.claims,
        conclusions: family.conclusions,
        columns: family.columns,
        flips: family.flips,
        enumerated: family.enumerated,
        borderline: family.borderline,
      };
    }),
    controls: checked.controls.map((one) => reportControl(one, run)),
    predictions: scored,
    searches: run.searches
      .filter((one) => one.main)
      .map((one) => {
        const declaration = checked.bound.declarations.find(
          (other) => other.keyword === 'circuit' && other.name === one.circuit,
        );
        return {
          circuit: one.circuit,
          statement: declaration?.value === undefined ? '' : textAt(study, declaration.value.span),
          members: one.members.map((member) => `[${member.join(', ')}]`),
          split: one.split,
          evaluations: one.evaluations,
        };
      }),
    checks: run.checks,
    history: {
      ...tally,
      // The entry of this run is written once its result is: it counts already.
      confirmed: tally.confirmed + (run.mode === 'confirm' ? 1 : 0),
      orphans: Math.max(0, tally.orphans - (run.mode === 'confirm' ? 1 : 0)),
      replays: tally.replays + (run.mode === 'replay' ? 1 : 0),
      predictions: tally.predictions + (run.mode === 'confirm' ? scored.length : 0),
      hits: tally.hits + (run.mode === 'confirm' ? scored.filter((one) => one.hit).length : 0),
      splits: splitLooks(
        context.entries,
        checked.data.map((one) => ({ digest: one.digest, name: one.declared })),
      ),
    },
    environment: {
      compiler: context.compiler,
      backend: context.backend.name,
      backendVersion: context.backend.version,
      precision: 'float32, reductions over rows in float64',
      batch: context.batch,
      platform: `${process.platform} ${process.arch}, node ${process.versions.node}`,
      commit: context.commit?.id ?? null,
      dirty: context.commit?.dirty ?? null,
    },
    cost: {
      executions: {
        predicted: context.planned?.executions ?? run.counts.executions,
        measured: run.counts.executions,
        naive: context.naive?.executions ?? null,
      },
      flops: {
        predicted: context.planned?.flops ?? run.counts.flops,
        measured: run.counts.flops,
        naive: context.naive?.flops ?? null,
      },
      peakBytes: {
        predicted: context.planned?.peakBytes ?? run.counts.peakBytes,
        measured: null,
        naive: null,
      },
      timeMs: run.timeMs,
      cachedSteps: run.cachedSteps,
      steps: run.steps,
    },
    views: reportViews(run),
    files: reportFiles(study),
    digests: context.digests,
  };
}

type Described = ReturnType<typeof describeClaims>[number];

function reportClaim(claim: ClaimSpec, context: ReportContext, described: Described): ReportClaim {
  const { study, run } = context;
  const facts = run.facts.claims.find((one) => one.id === claim.name) ?? bug(`no facts of ${claim.name}`);
  const decided = decisionOf(run, claim.name);
  const rows = run.rows.rows(claim.data, claim.readSplit);
  const family = familyOf(run, claim.name);
  const shift = claim.shift.length === 0 ? '' : `.${claim.shift.join('.')}`;
  const whole = decided.decision;
  const members = claim.family.members.map((member, i): ReportMember => {
    const id = memberId(member);
    const own = facts.members[i] ?? bug('a member without facts');
    const one = decided.members.find((other) => other.id === id) ?? bug(`no decision on ${id}`);
    return reportMember(claim, facts, own, one, described.members[i], run);
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
    assay: claim.assay === null ? null : (assayText(claim, context) ?? 'assay'),
    detectable: power.detectable,
    power: powerLine(power),
    binders: claim.family.universe.map((one) => one.name),
    members,
  };
}

function assayText(claim: ClaimSpec, { study }: ReportContext): string | null {
  for (const entry of claim.declaration.block ?? []) {
    if (entry.kind === 'field' && entry.name === 'assay') return textAt(study, entry.value.span);
  }
  return null;
}

function familyOf(run: StudyRun, claim: string): FamilySpec {
  return run.checked.families.find((one) => one.claims.includes(claim)) ?? bug(`no family counts ${claim}`);
}

/** The parts of every member that was measured, with their cluster values. */
function partsOf(run: StudyRun, claim: string): readonly (readonly Part[])[] {
  const members = run.decision.claims.find((one) => one.id === claim)?.members ?? bug(`no claim ${claim}`);
  return members.flatMap(({ state }) => (state.kind === 'measured' ? [state.parts] : []));
}

function decisionOf(run: StudyRun, claim: string): ClaimDecision {
  return (
    run.decision.families.flatMap((one) => one.claims).find((one) => one.id === claim) ??
    bug(`no decision on ${claim}`)
  );
}

function reportMember(
  claim: ClaimSpec,
  facts: ClaimFacts,
  own: MemberFacts,
  decided: MemberDecision,
  described: Described['members'][number] | undefined,
  run: StudyRun,
): ReportMember {
  const { decision } = decided;
  const table = run.tables.find((one) => one.name === facts.table) ?? bug(`no table ${facts.table}`);
  const valuesOf = (id: string): Float64Array =>
    table.parts.find((one) => one.id === id)?.values ?? bug(`no part ${id}`);
  const changed = own.changes.map(valuesOf);
  const rows = table.items.length;
  let touched = 0;
  for (let i = 0; i < rows; i++) if (changed.some((one) => (one[i] ?? 0) > 0)) touched++;
  const [first] = own.parts;
  const undefinedCount =
    first === undefined
      ? 0
      : valuesOf(first.x).reduce((sum, value) => sum + (Number.isFinite(value) ? 0 : 1), 0);
  const parts = own.parts.map((part, i): ReportPart => {
    const one = described?.parts[i];
    const effect = one?.effect;
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
      interval:
        one === undefined || (one.interval.kind !== 'none' && !Number.isFinite(one.interval.low))
          ? null
          : one.interval,
      median: finite(effect?.median),
      positive: finite(effect?.positive),
      hedges: finite(effect?.hedges),
      ratio: finite(one?.ratio ?? undefined),
    };
  });
  const controls = run.checked.controls
    .filter((one) => one.claim === claim.name)
    .map((control) => memberControl(control, own, decision, facts, run));
  return {
    id: own.id,
    label: own.label,
    verdict: decision?.verdict ?? 'with-claim',
    reason: decision?.reason ?? null,
    raw: decided.raw,
    adjusted: decision?.adjusted ?? null,
    gated: controls.length === 0 ? null : (decision?.gated ?? null),
    parts,
    undefinedCount,
    writesChanged: changed.length === 0 ? null : touched / Math.max(1, rows),
    controls,
  };
}

function finite(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : value;
}

function memberControl(
  control: ControlSpec,
  own: MemberFacts,
  decision: Decision | null,
  facts: ClaimFacts,
  run: StudyRun,
): MemberControl {
  const result =
    run.decision.controls.find((one) => one.name === control.name && one.claim === control.claim) ??
    bug(`no result of ${control.name}`);
  const stored = run.facts.controls.find((one) => one.name === control.name && one.claim === control.claim);
  const base = { name: control.name, state: result.state, interval: null, p: null };
  if (stored?.kind === 'paired') {
    const part = stored.members.find((one) => one.id === own.id)?.x ?? null;
    const [first] = own.parts;
    if (part === null || first === undefined) return { ...base, estimate: null, contrast: null };
    const estimate = estimateOf(run.tables, facts.table, part);
    const effect = estimateOf(run.tables, facts.table, first.x);
    return {
      ...base,
      estimate,
      contrast: estimate === null || effect === null ? null : effect - estimate,
    };
  }
  const member = result.members.find((one) => one.id === own.id);
  // A member that was refuted by itself has nothing that a control could keep it from.
  if (decision?.verdict === 'refuted') return { ...base, state: 'not-run', estimate: null, contrast: null };
  return {
    ...base,
    state:
      member === undefined || member.passed
        ? result.state
        : member.rank.kind === 'not-informative'
          ? 'not-informative'
          : 'failed',
    estimate: finite(result.largest ?? undefined),
    contrast:
      member?.estimate === null || member?.estimate === undefined || result.largest === null
        ? null
        : finite(member.estimate - result.largest),
    p:
      member !== undefined && member.rank.kind !== 'not-informative'
        ? { kind: 'count', ...member.rank.p }
        : null,
  };
}

function reportControl(control: ControlSpec, run: StudyRun): ReportControl {
  const result: ControlResult =
    run.decision.controls.find((one) => one.name === control.name && one.claim === control.claim) ??
    bug(`no result of ${control.name}`);
  const claim =
    run.checked.claims.find((one) => one.name === control.claim) ?? bug(`no claim ${control.claim}`);
  const rank = result.rank !== null && result.rank.kind !== 'not-informative' ? result.rank : null;
  return {
    name: control.name,
    claim: control.claim,
    kind: control.what.kind,
    inserted: control.inserted,
    state: result.state,
    text: controlText(control, result, claim),
    waived: control.waived,
    replicates: result.replicates,
    replicatesNeeded:
      control.what.kind === 'paired' ? null : replicatesNeeded(familyOf(run, claim.name).rate),
    observed: finite(result.observed ?? undefined),
    largest: finite(result.largest ?? undefined),
    unit: claim.parts[0]?.unit ?? null,
    p: rank === null ? null : { kind: 'count', ...rank.p },
  };
}

function controlText(control: ControlSpec, result: ControlResult, claim: ClaimSpec): string {
  const unit = claim.parts[0]?.unit ?? '';
  const number = (value: number | null): string =>
    value === null ? 'none' : `${Number(value.toPrecision(3))}${unit === '' ? '' : ` ${unit}`}`;
  switch (control.what.kind) {
    case 'paired':
      return 'each member is compared with the control on the same rows';
    case 'reinitialised':
      return `largest of ${result.replicates ?? 0} models with new weights: ${number(result.largest)}; here: ${number(result.observed)}${controlWording(result.rank, result.replicates)}`;
    case 'circuits':
      return `best of ${result.replicates ?? 0} other circuits of equal size${control.what.exhaustive ? ' (all there are)' : ''}: ${number(result.largest)}; here: ${number(result.observed)}${controlWording(result.rank, result.replicates)}`;
  }
}

export function predictionsOf(run: StudyRun): readonly ReportPrediction[] {
  return run.checked.predictions.map((one) => {
    const got = verdictOfClaim(decisionOf(run, one.claim));
    return { claim: one.claim, predicted: one.verdict, got, hit: got === one.verdict };
  });
}

function splitLooks(
  entries: readonly LedgerEntry[],
  data: readonly { readonly digest: string; readonly name: string }[],
) {
  const counts = new Map<string, { data: string; split: string; looks: number }>();
  for (const one of seenSplits(entries)) {
    const name = data.find((other) => other.digest === one.data)?.name;
    if (name === undefined) continue;
    const key = `${name}.${one.split}`;
    const known = counts.get(key) ?? { data: name, split: one.split, looks: 0 };
    counts.set(key, { ...known, looks: known.looks + 1 });
  }
  return [...counts.values()];
}

/** What a reader must know before the numbers: skewed effects, ablations by zero, effects that may live in few clusters. */
function cautionsOf({ run, study }: ReportContext, claims: readonly ReportClaim[]): readonly string[] {
  const cautions: string[] = [];
  for (const claim of run.decision.claims) {
    const spec = claims.find((one) => one.id === claim.id);
    const skewed = claim.members.filter((member) => {
      if (member.state.kind !== 'measured') return false;
      const [part] = member.state.parts;
      if (part === undefined) return false;
      const { values } = part.x;
      return skewGuard(skewness(values), values.length, Number(familyOf(run, claim.id).rate)).warns;
    });
    if (skewed.length > 0) {
      cautions.push(
        `${spec?.id ?? claim.id}: the effects of ${skewed.length} member${skewed.length === 1 ? ' are' : 's are'} skewed over clusters; the flip test is exact for symmetric effects and approximate here.`,
      );
    }
  }
  for (const { claim, why } of claimsWithoutPower(run.checked.claims, run.checked.predictions)) {
    const form = why === 'equivalence' ? 'says that nothing differs' : 'is predicted to be refuted';
    cautions.push(
      `${claim.name} ${form} and does not state its power: that it was not supported, or not refuted, may only mean that there were too few clusters.`,
    );
  }
  for (const declaration of run.checked.bound.declarations) {
    if (
      declaration.keyword === 'ablation' &&
      declaration.value?.kind === 'name' &&
      declaration.value.name === 'zero'
    ) {
      cautions.push(
        `${declaration.name ?? ''} ablates by zero: a value the model never has; almost anything looks necessary under it.`,
      );
    }
  }
  for (const [digest, how] of study.compileHost.redrawn) {
    if (how === 'permutation' && digest !== '') {
      cautions.push(
        'Models with new weights were made by permuting each tensor: nothing is known of how the original weights were drawn.',
      );
      break;
    }
  }
  for (const one of study.diagnostics) if (one.severity === 'warning') cautions.push(one.message);
  return [...new Set(cautions)];
}
