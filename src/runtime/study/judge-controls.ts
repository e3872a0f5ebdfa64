// Controls: what each lets pass. Paired ones become gates that are tested with the claim's family; replicates are ranked
// here. Controls gate `supported` only. A control that says nothing is named so, and does not count as having been passed.
import { bug } from '../../compiler/base/bug.js';
import { atMost, decimalFraction, fractionOf } from '../../compiler/correction/fraction.js';
import { decideRank, isNotBinding, type RankResult } from '../stats/rank.js';
import { meanOf } from '../stats/sum.js';
import type {
  Claim,
  CorrectionName,
  FamilyDecision,
  Gate,
  Member,
  Quantifier,
  Verdict,
} from '../stats/types.js';
import { decideFamily } from '../stats/verdict.js';
import type { ClaimFacts, ControlFacts, FamilyFacts, MemberFacts, PartFacts } from './facts.js';
import { faultOf, isIdle, type OutcomeBook, referenceOf, stateOf } from './outcome-book.js';

export type ControlResult = {
  readonly name: string;
  readonly claim: string;
  readonly state: 'passed' | 'failed' | 'smoke' | 'not-informative' | 'not-binding' | 'waived' | 'not-run';
  readonly rank: RankResult | null;
  readonly observed: number | null;
  readonly largest: number | null;
  readonly replicates: number | null;
  readonly members: readonly {
    readonly id: string;
    readonly passed: boolean;
    readonly estimate: number | null;
    /** Its own rank among the replicates, not that of the best member. */
    readonly rank: RankResult;
  }[];
};

/** What a claim is judged with. */
export type Court = {
  readonly root: string;
  readonly family: FamilyFacts;
  readonly claim: ClaimFacts;
  /** Place of the claim in the file: flips of what is decided apart are drawn by places, not by names. */
  readonly at: number;
  readonly book: OutcomeBook;
};

const notInformative = ': not informative';

type Paired = Extract<ControlFacts, { kind: 'paired' }>;
type Replicates = Extract<ControlFacts, { kind: 'replicates' }>;

/** `at`: the place of the control among all. */
export function judgeControl(control: ControlFacts, court: Court, at: number): ControlResult {
  const base = {
    name: control.name,
    claim: control.claim,
    rank: null,
    observed: null,
    largest: null,
    replicates: null,
    members: [],
  };
  if (control.waived !== null) return { ...base, state: 'waived' };
  return control.kind === 'paired'
    ? { ...base, state: pairedState(control, court) }
    : { ...base, ...rankReplicates(control, court, at) };
}

/** Before it is known what it keeps from being supported. */
function pairedState(control: Paired, { claim, book }: Court): ControlResult['state'] {
  const { members } = control;
  const isMute = members.every((one) => one.structural || isIdle(one, claim.table, book));
  if (isMute) return 'not-informative';
  const isThere = (one: MemberFacts): boolean => faultOf(one.parts, claim.table, book) === null;
  const pairs = claim.members.filter(
    (own) => isThere(own) && members.some((one) => one.id === own.id && isThere(one)),
  );
  if (pairs.length === 0) return 'not-run'; // nothing was compared: there are no numbers on one side
  const statistics = members.map((one) => statisticOf(one.parts, claim.table, book));
  return isLoose(statistics, claim) ? 'not-binding' : 'passed';
}

/** Far below the margin, where the claim is that something exceeds one: such a control was never in doubt. */
function isLoose(statistics: readonly number[], { members }: ClaimFacts): boolean {
  const parts = members.flatMap((one) => one.parts);
  const superiority = parts.every((part) => part.kind !== 'share' && part.direction === 'above');
  const margin = parts[0]?.margin ?? 0;
  return superiority && margin > 0 && isNotBinding(statistics, margin);
}

/**
 * What one control asks of one member, or null where it is waived. A control that could not have shown anything for this
 * member keeps it from being supported: it does not count as the one that is required.
 */
export function gateOf(
  control: ControlFacts,
  result: ControlResult,
  member: MemberFacts,
  court: Court,
): Gate | null {
  const { name } = control;
  if (result.state === 'waived') return null;
  if (control.kind === 'paired') return pairedGate(control, member, court);
  const rank = result.members.find((one) => one.id === member.id)?.rank;
  if (rank === undefined || rank.kind === 'not-informative') return uninformative(name);
  return { kind: 'settled', name, passed: rank.passed };
}

function uninformative(name: string): Gate {
  return { kind: 'settled', name: `${name}${notInformative}`, passed: false };
}

/** Gates in the order in which they are to blame: what failed before what says nothing. */
export function inOrderOfBlame(gates: readonly Gate[]): readonly Gate[] {
  const isMute = (gate: Gate): boolean => gate.name.endsWith(notInformative);
  return [...gates.filter((gate) => !isMute(gate)), ...gates.filter(isMute)];
}

/** The gate of one member: its effect exceeds the control's on the same rows. */
function pairedGate(control: Paired, member: MemberFacts, { claim, book }: Court): Gate {
  const { table } = claim;
  const { name } = control;
  const other = control.members.find((one) => one.id === member.id) ?? bug(`${name} lacks ${member.id}`);
  if (other.structural || isIdle(other, table, book)) return uninformative(name);
  if (faultOf(other.parts, table, book) !== null) return { kind: 'settled', name, passed: false };
  const own = scoresOf(member.parts, table, book);
  const its = scoresOf(other.parts, table, book);
  const clusters = book.means(table, member.parts[0]?.x ?? bug('a member without parts')).values.clusters;
  if (own.kind === 'size' || its.kind === 'size') {
    return {
      kind: 'size',
      name,
      own: { clusters, values: own.values },
      other: { clusters, values: its.values },
    };
  }
  const values = own.values.map((value, i) => value - (its.values[i] ?? Number.NaN));
  const part = { kind: 'mean', name, direction: 'above', margin: 0, x: { clusters, values } } as const;
  return { kind: 'paired', name, part };
}

function rankReplicates(
  control: Replicates,
  court: Court,
  at: number,
): Pick<ControlResult, 'state' | 'rank' | 'observed' | 'largest' | 'replicates' | 'members'> {
  const { claim, family, book } = court;
  const rate = decimalFraction(family.rate);
  const largest = control.replicates.map(({ members }) => largestOf(members, control.table, book));
  const mute = control.replicates.every(({ members }) => members.every((one) => one.structural));
  const reachable = { c: 1, n: largest.length + 1 };
  // Only a control that cannot reach the level asks whether the claim holds on its replicates.
  const smokes = !atMost(fractionOf(reachable), rate);
  const supportedOn = control.replicates.map(
    ({ members }, i) => smokes && isSupportedOn(members, control, `smoke/${at}/${i}`, court),
  );
  const ranks = claim.members.map((member) => {
    const observed = statisticOf(member.parts, claim.table, book);
    const { exhaustive } = control;
    return {
      id: member.id,
      observed,
      rank: decideRank({ observed, replicates: largest, exhaustive, rate, supportedOn, mute }),
    };
  });
  const best = ranks.toSorted((a, b) => b.observed - a.observed)[0];
  const shown = largest.filter(Number.isFinite);
  return {
    state: replicatesState(
      ranks.map((one) => one.rank),
      isLoose(largest, claim),
    ),
    rank: best?.rank ?? null,
    observed: best?.observed ?? null,
    largest: shown.length === 0 ? null : Math.max(...shown),
    replicates: control.replicates.length,
    members: ranks.map((one) => ({
      id: one.id,
      passed: one.rank.passed,
      estimate: one.observed,
      rank: one.rank,
    })),
  };
}

function replicatesState(ranks: readonly RankResult[], loose: boolean): ControlResult['state'] {
  if (ranks.some((one) => one.kind === 'not-informative')) return 'not-informative';
  if (!ranks.some((one) => one.passed)) return 'failed';
  if (ranks.some((one) => one.kind === 'smoke')) return 'smoke';
  return loose ? 'not-binding' : 'passed';
}

/**
 * The largest member of a replicate; members that nothing can reach count only where there are no others. A replicate
 * that has no number counts as larger than anything: no replicate is dropped.
 */
function largestOf(members: readonly MemberFacts[], table: string, book: OutcomeBook): number {
  const reached = members.filter((one) => !one.structural);
  const statistics = (reached.length > 0 ? reached : members).map((one) =>
    statisticOf(one.parts, table, book),
  );
  return statistics.every(Number.isFinite) ? Math.max(...statistics) : Number.POSITIVE_INFINITY;
}

/** Would the claim, with its own quantifier and correction, be supported on this replicate? */
function isSupportedOn(
  members: readonly MemberFacts[],
  control: Replicates,
  path: string,
  { claim, family, root, book }: Court,
): boolean {
  const states = members.map((one): Member => ({ id: one.id, state: stateOf(one, control.table, [], book) }));
  const quantifier = quantifierOf(claim);
  return decideAlone({ path, members: states, quantifier, method: family.method, family, root }).includes(
    'supported',
  );
}

export function quantifierOf(claim: ClaimFacts): Quantifier {
  return claim.quantity === 'at-least' ? { kind: 'at-least', k: claim.k } : { kind: claim.quantity };
}

/** The verdicts of one claim that is a family of its own at the rate of `family`. */
export function decideAlone(alone: {
  readonly path: string;
  readonly members: readonly Member[];
  readonly quantifier: Quantifier;
  readonly method: CorrectionName;
  readonly family: FamilyFacts;
  readonly root: string;
}): readonly Verdict[] {
  const { path, members, quantifier, method, family, root } = alone;
  const claim: Claim = { id: path, quantifier, members, gates: [], block: 'members' };
  const decision = decideFamily({
    correction: method,
    rate: family.rate,
    flipPlan: { root, path, flips: family.flips },
    claims: [claim],
  });
  return decision.claims.flatMap((one) => [
    ...(one.decision === null ? [] : [one.decision.verdict]),
    ...one.members.flatMap((member) => (member.decision === null ? [] : [member.decision.verdict])),
  ]);
}

/** One number per cluster of which larger is better; for `size`, the absolute value of their mean is what counts. */
type Scores = { readonly kind: 'mean' | 'size'; readonly values: Float64Array };

/** The effect itself, its size for `abs`, and for an equivalence minus how far it is off. */
function scoresOf(parts: readonly PartFacts[], table: string, book: OutcomeBook): Scores {
  const [part] = parts;
  if (part === undefined) return bug('a member without parts');
  const meansOf = (id: string): ArrayLike<number> => book.means(table, id).values.values;
  const shares = parts.filter((one) => one.kind === 'share');
  const [share] = shares;
  if (share !== undefined && shares.length >= 2) {
    const middle = shares.reduce((sum, one) => sum + one.margin, 0) / shares.length;
    const reference = meansOf(referenceOf(share));
    const values = Float64Array.from(
      meansOf(share.x),
      (value, i) => -Math.abs(value - middle * (reference[i] ?? Number.NaN)),
    );
    return { kind: 'mean', values };
  }
  const x = meansOf(part.x);
  const sign = part.direction === 'above' ? 1 : -1;
  switch (part.kind) {
    case 'mean':
      return { kind: 'mean', values: Float64Array.from(x, (value) => sign * value) };
    case 'abs-mean':
      return part.direction === 'above'
        ? { kind: 'size', values: Float64Array.from(x) }
        : { kind: 'mean', values: Float64Array.from(x, (value) => -Math.abs(value)) };
    case 'share': {
      const reference = meansOf(referenceOf(part));
      const contrast = (value: number, i: number) =>
        sign * (value - part.margin * (reference[i] ?? Number.NaN));
      return { kind: 'mean', values: Float64Array.from(x, contrast) };
    }
  }
}

/** What replicates are ranked by. */
export function statisticOf(parts: readonly PartFacts[], table: string, book: OutcomeBook): number {
  const { kind, values } = scoresOf(parts, table, book);
  return kind === 'size' ? Math.abs(meanOf(values)) : meanOf(values);
}

/** A control failed, or said nothing, if it kept anything from being supported that would have been. */
export function settleControls(
  controls: readonly ControlResult[],
  families: readonly FamilyDecision[],
): readonly ControlResult[] {
  return controls.map((control) => {
    const decided = families.flatMap((family) => family.claims).find((one) => one.id === control.claim);
    const decisions = [decided?.decision, ...(decided?.members ?? []).map((one) => one.decision)];
    const stoppedBy = (name: string): boolean =>
      decisions.some((one) => one?.reason.kind === 'control' && one.reason.name === name);
    if (stoppedBy(control.name)) return { ...control, state: 'failed' };
    return stoppedBy(`${control.name}${notInformative}`) ? { ...control, state: 'not-informative' } : control;
  });
}
