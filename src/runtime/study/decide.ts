// From stored outcomes to verdicts: pure, and the only way there is. A run and `eisc verify` both end here.
import { bug } from '../../compiler/base/bug.js';
import { clusterMeans } from '../stats/effect.js';
import { decimalFraction } from '../stats/fraction.js';
import { decideRank, isNotBinding, meanDeviation, type RankResult } from '../stats/rank.js';
import { meanOf } from '../stats/sum.js';
import type {
  Claim,
  ClusterValues,
  FamilyDecision,
  Gate,
  InvalidReason,
  Member,
  MemberState,
  Part,
  Quantifier,
  Verdict,
} from '../stats/types.js';
import { decideFamily } from '../stats/verdict.js';
import type { OutcomeTable } from '../store/outcome-table.js';
import type { ClaimFacts, ControlFacts, FamilyFacts, MemberFacts, PartFacts, StudyFacts } from './facts.js';

export type ControlResult = {
  readonly name: string;
  readonly claim: string;
  readonly state: 'passed' | 'failed' | 'smoke' | 'not-informative' | 'not-binding' | 'waived' | 'not-run';
  readonly rank: RankResult | null;
  readonly observed: number | null;
  readonly largest: number | null;
  readonly replicates: number | null;
  readonly members: readonly { readonly id: string; readonly passed: boolean; readonly estimate: number | null }[];
};

export type StudyDecision = {
  readonly families: readonly FamilyDecision[];
  readonly claims: readonly Claim[];
  readonly controls: readonly ControlResult[];
  /** Ids `claim` and `claim/member`, in the order of the file. */
  readonly verdicts: readonly { readonly id: string; readonly verdict: Verdict }[];
};

export type Tables = ReadonlyMap<string, OutcomeTable>;

export function decideStudy(facts: StudyFacts, tables: Tables): StudyDecision {
  const book = new Book(tables);
  const controls: ControlResult[] = [];
  const claims = new Map<string, Claim>();
  for (const claim of facts.claims) {
    const family = familyFor(facts, claim.id);
    const mine = facts.controls.filter((one) => one.claim === claim.id);
    const judged = mine.map((one) => ({ facts: one, result: judgeControl(one, claim, family, facts, book) }));
    controls.push(...judged.map((one) => one.result));
    claims.set(claim.id, statisticalClaim(claim, judged, family, facts, book));
  }
  const families = facts.families.map((family) =>
    decideFamily({
      correction: family.method,
      rate: family.rate,
      flipPlan: { root: facts.root, path: `family/${family.name}`, flips: family.flips },
      claims: family.claims.map((id) => claims.get(id) ?? bug(`no claim ${id}`)),
    }),
  );
  return { families, claims: [...claims.values()], controls: settlePaired(controls, facts, families), verdicts: verdictsOf(families) };
}

function verdictsOf(families: readonly FamilyDecision[]): StudyDecision['verdicts'] {
  return families.flatMap((family) =>
    family.claims.flatMap((claim) => [
      ...(claim.decision === null ? [] : [{ id: claim.id, verdict: claim.decision.verdict }]),
      ...claim.members.flatMap((member) =>
        member.decision === null ? [] : [{ id: `${claim.id}/${member.id}`, verdict: member.decision.verdict }],
      ),
    ]),
  );
}

function familyFor(facts: StudyFacts, claim: string): FamilyFacts {
  return facts.families.find((one) => one.claims.includes(claim)) ?? bug(`no family counts ${claim}`);
}

/** Values by part id, and their means per cluster, computed once. */
class Book {
  readonly #tables: Tables;
  readonly #means = new Map<string, { readonly values: ClusterValues; readonly undefinedCount: number; readonly nonFinite: number }>();
  constructor(tables: Tables) {
    this.#tables = tables;
  }

  raw(table: string, id: string): Float64Array {
    const part = this.#tables.get(table)?.parts.find((one) => one.id === id);
    return part?.values ?? bug(`the table ${table} has no part ${id}`);
  }

  means(table: string, id: string) {
    const key = `${table} ${id}`;
    const known = this.#means.get(key);
    if (known !== undefined) return known;
    const found = this.#tables.get(table) ?? bug(`no table ${table}`);
    const values = this.raw(table, id);
    const of = Int32Array.from(found.items, (item) => item.cluster);
    const { means, undefinedCount } = clusterMeans(values, of, found.clusters.length);
    let nonFinite = 0;
    for (const value of values) if (!Number.isFinite(value) && !Number.isNaN(value)) nonFinite++;
    const clusters = clusterList(found);
    const made = { values: { clusters, values: means }, undefinedCount, nonFinite };
    this.#means.set(key, made);
    return made;
  }
}

/** Equal lists of clusters share their flips. */
function clusterList(table: OutcomeTable): string {
  const name = table.name.replace(/^control-.*$/, '');
  return `${name === '' ? 'replicate' : name}:${table.clusters.length}`;
}

function statisticalPart(part: PartFacts, table: string, book: Book): Part {
  const x = book.means(table, part.x).values;
  if (part.kind === 'share') {
    const reference = book.means(table, part.reference ?? bug('a share without its reference')).values;
    return { kind: 'share', name: part.name, direction: part.direction, share: part.margin, x, reference };
  }
  return { kind: part.kind, name: part.name, direction: part.direction, margin: part.margin, x };
}

function stateOf(member: MemberFacts, table: string, gates: readonly Gate[], book: Book): MemberState {
  for (const part of member.parts) {
    for (const id of part.reference === null ? [part.x] : [part.x, part.reference]) {
      const { undefinedCount, nonFinite } = book.means(table, id);
      const invalid = (reason: InvalidReason, count: number): MemberState => ({
        kind: 'invalid',
        reason,
        detail: `${count} of ${book.raw(table, id).length} rows`,
      });
      if (nonFinite > 0) return invalid('non-finite', nonFinite);
      if (undefinedCount > 0) return invalid('undefined-values', undefinedCount);
    }
  }
  if (member.structural) {
    const satisfies = member.parts.every((part) => part.kind !== 'share' && (part.direction === 'below') === part.margin > 0);
    return { kind: 'structural-zero', satisfies };
  }
  const idle = member.changes.length > 0 && member.changes.every((id) => book.raw(table, id).every((value) => value === 0));
  if (idle) return { kind: 'no-op' };
  return { kind: 'measured', parts: member.parts.map((part) => statisticalPart(part, table, book)), gates };
}

function quantifierOf(claim: ClaimFacts): Quantifier {
  return claim.quantity === 'at-least' ? { kind: 'at-least', k: claim.k } : { kind: claim.quantity };
}

type Judged = { readonly facts: ControlFacts; readonly result: ControlResult };

function statisticalClaim(
  claim: ClaimFacts,
  judged: readonly Judged[],
  family: FamilyFacts,
  facts: StudyFacts,
  book: Book,
): Claim {
  const members = claim.members.map((member): Member => {
    const gates: Gate[] = [];
    for (const { facts: control, result } of judged) {
      if (control.waived !== null || result.state === 'not-informative') continue;
      if (control.kind === 'paired') {
        const gate = pairedGate(control, member, claim, book);
        if (gate !== null) gates.push(gate);
      } else {
        const own = result.members.find((one) => one.id === member.id);
        gates.push({ kind: 'settled', name: control.name, passed: own?.passed ?? false });
      }
    }
    if (claim.assay !== null) gates.push({ kind: 'settled', name: 'assay', passed: assayShown(claim, family, facts, book) });
    return { id: member.id, state: stateOf(member, claim.table, gates, book) };
  });
  return { id: claim.id, quantifier: quantifierOf(claim), members, gates: [], block: 'members' };
}

/** Harm less the control's harm, above 0. */
function pairedGate(control: Extract<ControlFacts, { kind: 'paired' }>, member: MemberFacts, claim: ClaimFacts, book: Book): Gate | null {
  const own = control.members.find((one) => one.id === member.id)?.x ?? null;
  const [part] = member.parts;
  if (own === null || part === undefined || part.kind !== 'mean') return null;
  const effect = book.means(claim.table, part.x).values;
  const other = book.means(claim.table, own).values;
  const sign = part.direction === 'above' ? 1 : -1;
  const values = Float64Array.from(effect.values, (value, i) => sign * (value - (other.values[i] ?? Number.NaN)));
  return {
    kind: 'paired',
    name: control.name,
    part: { kind: 'mean', name: control.name, direction: 'above', margin: 0, x: { clusters: effect.clusters, values } },
  };
}

/** The assay is one claim on the same rows at the family's rate: all its parts must be shown. */
function assayShown(claim: ClaimFacts, family: FamilyFacts, facts: StudyFacts, book: Book): boolean {
  const parts = (claim.assay ?? []).map((part) => statisticalPart(part, claim.table, book));
  const decided = decideAlone(`assay/${claim.id}`, [{ id: '', state: { kind: 'measured', parts, gates: [] } }], 'single', family, facts);
  return decided.some((verdict) => verdict === 'supported');
}

function decideAlone(
  path: string,
  members: readonly Member[],
  kind: 'single' | 'each',
  family: FamilyFacts,
  facts: StudyFacts,
): readonly Verdict[] {
  const claim: Claim = { id: path, quantifier: { kind }, members, gates: [], block: 'members' };
  const decision = decideFamily({
    correction: kind === 'each' ? 'max_t' : 'holm',
    rate: family.rate,
    flipPlan: { root: facts.root, path, flips: family.flips },
    claims: [claim],
  });
  return decision.claims.flatMap((one) => [
    ...(one.decision === null ? [] : [one.decision.verdict]),
    ...one.members.flatMap((member) => (member.decision === null ? [] : [member.decision.verdict])),
  ]);
}

function judgeControl(
  control: ControlFacts,
  claim: ClaimFacts,
  family: FamilyFacts,
  facts: StudyFacts,
  book: Book,
): ControlResult {
  const base = { name: control.name, claim: claim.id, rank: null, observed: null, largest: null, replicates: null, members: [] };
  if (control.kind === 'paired') return { ...base, state: control.waived === null ? 'passed' : 'waived' };
  if (control.waived !== null) return { ...base, state: 'waived' };
  const statistics = control.replicates.map(({ members }) =>
    members.flatMap((member) => (member.structural ? [] : [statisticOf(member.parts, control.table, book)])),
  );
  const largest = statistics.map((list) => list.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)).filter(Number.isFinite);
  const supportedOn = control.replicates.map(({ members }, i) => {
    const plain = members.map((member): Member => ({ id: member.id, state: stateOf(member, control.table, [], book) }));
    const kind = claim.quantity === 'each' ? 'each' : 'single';
    const list = kind === 'single' ? plain.slice(0, 1) : plain;
    // Only a control that cannot reach the level asks whether the claim holds on its replicates.
    return needsSmoke(control, largest.length, family) && decideAlone(`smoke/${control.name}/${i}`, list, kind, family, facts).includes('supported');
  });
  const ranks = claim.members.map((member) => {
    const observed = statisticOf(member.parts, claim.table, book);
    const replicates = control.exhaustive ? [...largest, observed] : largest;
    const rank = decideRank({ observed, replicates, exhaustive: control.exhaustive, rate: decimalFraction(family.rate), supportedOn });
    return { id: member.id, observed, rank };
  });
  const best = ranks.toSorted((a, b) => b.observed - a.observed)[0];
  const margin = claim.members[0]?.parts[0]?.margin ?? 0;
  const kinds = new Set(ranks.map((one) => one.rank.kind));
  const superiority = claim.members.every((member) => member.parts.every((part) => part.kind !== 'share' && part.direction === 'above'));
  const passed = ranks.some((one) => one.rank.passed);
  const state = kinds.has('not-informative')
    ? 'not-informative'
    : kinds.has('smoke')
      ? passed
        ? 'smoke'
        : 'failed'
      : passed
        ? superiority && isNotBinding(largest, margin)
          ? 'not-binding'
          : 'passed'
        : 'failed';
  return {
    name: control.name,
    claim: claim.id,
    state,
    rank: best?.rank ?? null,
    observed: best?.observed ?? null,
    largest: largest.length === 0 ? null : Math.max(...largest),
    replicates: control.replicates.length,
    members: ranks.map((one) => ({ id: one.id, passed: one.rank.passed, estimate: one.observed })),
  };
}

function needsSmoke(control: Extract<ControlFacts, { kind: 'replicates' }>, replicates: number, family: FamilyFacts): boolean {
  return 1 / (control.exhaustive ? replicates + 1 : replicates + 1) > Number(family.rate);
}

/** Larger is better: the effect itself, its size for `abs`, and for an equivalence minus how far it is off. */
export function statisticOf(parts: readonly PartFacts[], table: string, book: { means(table: string, id: string): { readonly values: ClusterValues } }): number {
  const shares = parts.filter((part) => part.kind === 'share');
  if (shares.length >= 2) {
    const [one] = shares;
    if (one === undefined) return bug('no share');
    const middle = shares.reduce((sum, part) => sum + part.margin, 0) / shares.length;
    const reference = book.means(table, one.reference ?? bug('a share without its reference')).values.values;
    const target = Float64Array.from(reference, (value) => middle * value);
    return -meanDeviation(book.means(table, one.x).values.values, target);
  }
  const [part] = parts;
  if (part === undefined) return bug('a member without parts');
  const sign = part.direction === 'above' ? 1 : -1;
  const { values } = book.means(table, part.x).values;
  if (part.kind === 'abs-mean') return part.direction === 'above' ? Math.abs(meanOf(values)) : -meanDeviation(values, []);
  if (part.kind === 'share') {
    const reference = book.means(table, part.reference ?? bug('a share without its reference')).values.values;
    return sign * (meanOf(values) - part.margin * meanOf(reference));
  }
  return sign * meanOf(values);
}

/** A paired control passed if it did not keep any member from being supported that would have been. */
function settlePaired(controls: readonly ControlResult[], facts: StudyFacts, families: readonly FamilyDecision[]): readonly ControlResult[] {
  return controls.map((control) => {
    const kind = facts.controls.find((one) => one.name === control.name && one.claim === control.claim)?.kind;
    if (kind !== 'paired' || control.state === 'waived') return control;
    const decided = families.flatMap((family) => family.claims).find((one) => one.id === control.claim);
    const stopped = (decided?.members ?? []).filter((one) => one.decision?.reason.kind === 'control' && one.decision.reason.name === control.name);
    const stoppedWhole = decided?.decision?.reason.kind === 'control' && decided.decision.reason.name === control.name;
    return stopped.length > 0 || stoppedWhole ? { ...control, state: 'failed' } : control;
  });
}
