// What each control says of each member: what the control measured there, by how much the member exceeds it, and whether the
// control lets this member pass. A state is the member's own, never that of the control as a whole.
import { bug } from '../../compiler/base/bug.js';
import type { MemberControl } from '../report/report-data.js';
import { isNotBinding } from '../stats/rank.js';
import { meanOf } from '../stats/sum.js';
import type {
  Claim,
  ClaimDecision,
  ClusterValues,
  Decision,
  Gate,
  Member,
  MemberState,
  Part,
} from '../stats/types.js';
import { decideFamily } from '../stats/verdict.js';
import type { OutcomeTable } from '../store/outcome-table.js';
import type { ControlResult, StudyDecision } from './decide.js';
import { describeAll } from './describe-study.js';
import type { ClaimFacts, ControlFacts, FamilyFacts, MemberFacts, StudyFacts } from './facts.js';
import { statisticOf } from './judge-controls.js';
import { OutcomeBook } from './outcome-book.js';

type Judged = {
  readonly facts: StudyFacts;
  readonly decision: StudyDecision;
  readonly tables: readonly OutcomeTable[];
};

/** What one claim's controls are read from. */
type Case = {
  readonly facts: StudyFacts;
  readonly claim: ClaimFacts;
  readonly family: FamilyFacts;
  /** As it was tested, with the gates of its members. */
  readonly tested: Claim;
  readonly decided: ClaimDecision;
  readonly book: OutcomeBook;
};

type Paired = Extract<ControlFacts, { kind: 'paired' }>;
type Replicates = Extract<ControlFacts, { kind: 'replicates' }>;
type OfMember = (member: MemberFacts) => MemberControl;

/** By id of the member, its controls in the order of the file. */
export function memberControls(
  { facts, decision, tables }: Judged,
  id: string,
): ReadonlyMap<string, readonly MemberControl[]> {
  const claim = facts.claims.find((one) => one.id === id) ?? bug(`no facts of ${id}`);
  const one: Case = {
    facts,
    claim,
    family: facts.families.find((other) => other.claims.includes(id)) ?? bug(`no family counts ${id}`),
    tested: decision.claims.find((other) => other.id === id) ?? bug(`no claim ${id}`),
    decided:
      decision.families.flatMap((family) => family.claims).find((other) => other.id === id) ??
      bug(`no decision on ${id}`),
    book: new OutcomeBook(new Map(tables.map((table) => [table.name, table] as const))),
  };
  const controls = facts.controls
    .filter((other) => other.claim === id)
    .map((control): OfMember => {
      const result =
        decision.controls.find((other) => other.name === control.name && other.claim === id) ??
        bug(`no result of ${control.name}`);
      if (control.waived !== null) return () => ({ ...empty(control.name), state: 'waived' });
      return control.kind === 'paired' ? pairedOf(control, one) : replicatesOf(control, result, one);
    });
  return new Map(claim.members.map((member) => [member.id, controls.map((of) => of(member))] as const));
}

function empty(name: string): Omit<MemberControl, 'state'> {
  return { name, estimate: null, contrast: null, interval: null, p: null };
}

function stateOf(member: MemberFacts, { tested }: Case): MemberState {
  return tested.members.find((other) => other.id === member.id)?.state ?? bug(`no state of ${member.id}`);
}

/** The other intervention on the same rows: its effect, the difference with its interval, and the gate of this member. */
function pairedOf(control: Paired, one: Case): OfMember {
  const { name } = control;
  const { claim, book } = one;
  const gates = new Map(claim.members.map((member) => [member.id, gateOf(name, stateOf(member, one))]));
  const shown = shownAlone(gates, one);
  const differences = differencesOf(control, one);
  return (member) => {
    const other = control.members.find((candidate) => candidate.id === member.id);
    const mean = (part: string | null | undefined): number | null =>
      part === null || part === undefined
        ? null
        : finiteOr(meanOf(book.means(claim.table, part).values.values));
    const effect = mean(member.parts[0]?.x);
    const estimate = mean(other?.x);
    return {
      ...empty(name),
      state: pairedState(gates.get(member.id) ?? null, {
        name,
        decision: decisionOn(member, one),
        isShown: shown.has(member.id),
        isLoose: other !== undefined && isLoose(other, one),
      }),
      estimate,
      contrast: effect === null || estimate === null ? null : effect - estimate,
      interval: differences.get(member.id) ?? null,
    };
  };
}

/** What a control asks of a member: null where the member was not measured and nothing could be asked. */
function gateOf(name: string, state: MemberState): Gate | null {
  if (state.kind !== 'measured') return null;
  return state.gates.find((gate) => gate.name === name || gate.name.startsWith(`${name}:`)) ?? null;
}

function pairedState(
  gate: Gate | null,
  {
    name,
    decision,
    isShown,
    isLoose: loose,
  }: {
    readonly name: string;
    readonly decision: Decision | null;
    readonly isShown: boolean;
    readonly isLoose: boolean;
  },
): MemberControl['state'] {
  if (gate === null) return 'not-run';
  // A gate that carries the control's name and more says why the control cannot speak about this member.
  if (gate.name !== name) return 'not-informative';
  const passed = loose ? 'not-binding' : 'passed';
  if (gate.kind === 'settled') return gate.passed ? passed : 'failed';
  if (decision?.verdict === 'supported') return passed;
  if (decision?.reason.kind === 'control' && decision.reason.name === name) return 'failed';
  return isShown ? passed : 'failed';
}

/** The conclusion that this member's gates stand before; null where one that failed may be another member's. */
function decisionOn(member: MemberFacts, { claim, decided }: Case): Decision | null {
  const whole = decided.decision;
  if (claim.quantity === 'single') return whole;
  if (claim.quantity === 'all') return whole?.verdict === 'supported' ? whole : null;
  return decided.members.find((other) => other.id === member.id)?.decision ?? null;
}

/**
 * Members of which it is shown that they exceed the control, whatever became of the claim: null hypothesis and error rate
 * are those of the gate, over all members that have one, by the correction of the claim's own family.
 */
function shownAlone(gates: ReadonlyMap<string, Gate | null>, one: Case): ReadonlySet<string> {
  const { facts, claim, family } = one;
  const members = [...gates].flatMap(([id, gate]): readonly Member[] =>
    gate === null || gate.kind === 'settled' ? [] : [{ id, state: askedAlone(gate) }],
  );
  if (members.length === 0) return new Set();
  const decision = decideFamily({
    correction: family.method,
    rate: family.rate,
    flipPlan: { root: facts.root, path: `family/${family.name}`, flips: family.flips },
    claims: [{ id: claim.id, quantifier: { kind: 'each' }, members, gates: [], block: 'members' }],
  });
  const decided = decision.claims.flatMap((other) => other.members);
  return new Set(decided.filter((other) => other.decision?.verdict === 'supported').map((other) => other.id));
}

/** A gate as a claim of its own. Whose size exceeds another's has a mean that is not zero. */
function askedAlone(gate: Exclude<Gate, { kind: 'settled' }>): MemberState {
  if (gate.kind === 'paired') return { kind: 'measured', parts: [gate.part], gates: [] };
  const { name, own } = gate;
  const part: Part = { kind: 'abs-mean', name, direction: 'above', margin: 0, x: own };
  return { kind: 'measured', parts: [part], gates: [gate] };
}

/** Far below the margin, where the claim is that something exceeds one: this member would have passed it with any effect. */
function isLoose(control: MemberFacts, { claim, book }: Case): boolean {
  const [part] = control.parts;
  if (part === undefined || part.kind === 'share' || part.direction !== 'above' || part.margin <= 0)
    return false;
  return isNotBinding([statisticOf(control.parts, claim.table, book)], part.margin);
}

type Interval = NonNullable<MemberControl['interval']>;

/** Intervals of effect less control, cluster by cluster. */
function differencesOf(control: Paired, { facts, claim, book }: Case): ReadonlyMap<string, Interval> {
  const members = claim.members.flatMap((member): readonly Member[] => {
    const own = member.parts[0]?.x;
    const its = control.members.find((other) => other.id === member.id)?.x ?? null;
    if (own === undefined || its === null) return [];
    const { clusters, values } = book.means(claim.table, own).values;
    const others = book.means(claim.table, its).values.values;
    const differences = Float64Array.from(values, (value, i) => value - (others[i] ?? Number.NaN));
    if (!differences.every(Number.isFinite)) return [];
    const x: ClusterValues = { clusters, values: differences };
    const part: Part = { kind: 'mean', name: control.name, direction: 'above', margin: 0, x };
    return [{ id: member.id, state: { kind: 'measured', parts: [part], gates: [] } }];
  });
  const asked: Claim = { id: claim.id, quantifier: { kind: 'each' }, members, gates: [], block: 'members' };
  const described = describeAll([asked], facts, 'describe').flatMap((one) => one.members);
  return new Map(described.flatMap(({ id, parts }) => parts.map(({ interval }) => [id, interval] as const)));
}

/** The largest of the replicates, which is the same for all members, and the member's own rank among them. */
function replicatesOf(control: Replicates, result: ControlResult, one: Case): OfMember {
  return (member) => {
    const ranked = result.members.find((other) => other.id === member.id);
    const base = { ...empty(control.name), estimate: result.largest };
    if (ranked === undefined || stateOf(member, one).kind !== 'measured')
      return { ...base, state: 'not-run' };
    const { rank, estimate } = ranked;
    return {
      ...base,
      state: rankState(rank, result),
      contrast: estimate === null || result.largest === null ? null : finiteOr(estimate - result.largest),
      p: rank.kind === 'not-informative' ? null : { kind: 'count', ...rank.p },
    };
  };
}

function rankState(
  rank: ControlResult['members'][number]['rank'],
  { state }: ControlResult,
): MemberControl['state'] {
  if (rank.kind === 'not-informative') return 'not-informative';
  if (!rank.passed) return 'failed';
  if (rank.kind === 'smoke') return 'smoke';
  return state === 'not-binding' ? 'not-binding' : 'passed';
}

function finiteOr(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
