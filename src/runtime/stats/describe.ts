// Estimates and intervals beside the decisions: one line per part of every member, none left out. Descriptive only; a
// disagreement between an interval and a verdict is reported, the flips decide.
import { bug } from '../../compiler/base/bug.js';
import { bootstrapMeans } from './bootstrap.js';
import { type Effect, effectOf } from './effect.js';
import { shareContrast } from './evidence.js';
import { clusterInterval, type Interval } from './intervals.js';
import type { Claim, ClusterValues, Part } from './types.js';

export interface DescriptionPlan {
  /** Two-sided level of intervals, 0.95; an equivalence gets 1 - 2 * rate, with the rate of its claim's family. */
  readonly level: number;
  readonly rateOf: (claim: string) => number;
  readonly resamples: number;
  readonly root: string;
  readonly path: string;
}

export interface PartDescription {
  readonly part: string;
  /** What is compared with `margin`: the values themselves, or for a share its contrast x - share * reference (margin 0). */
  readonly effect: Effect;
  readonly margin: number;
  readonly direction: Part['direction'];
  readonly interval: Interval;
  /** For a share: mean(x) / mean(reference), shown but never tested; null where the reference mean is not positive. */
  readonly ratio: number | null;
}

export interface MemberDescription {
  readonly id: string;
  readonly parts: readonly PartDescription[];
}

export function describeClaims(
  claims: readonly Claim[],
  plan: DescriptionPlan,
): readonly { readonly id: string; readonly members: readonly MemberDescription[] }[] {
  const prepared = claims.map((claim) => ({
    id: claim.id,
    members: claim.members.map(({ id, state }) => ({
      id,
      parts: (state.kind === 'measured' ? state.parts : []).map((part) => ({
        part,
        tested: testedValues(part),
      })),
    })),
  }));
  const means = bootstrapByClusters(
    prepared.flatMap(({ members }) => members.flatMap(({ parts }) => parts.map(({ tested }) => tested))),
    plan,
  );
  return prepared.map(({ id, members }) => ({
    id,
    members: members.map(({ id: member, parts }) => ({
      id: member,
      parts: parts.map(({ part, tested }) =>
        describePart(part, tested, { level: plan.level, rate: plan.rateOf(id), means }),
      ),
    })),
  }));
}

function testedValues(part: Part): ClusterValues {
  return part.kind === 'share' ? { clusters: part.x.clusters, values: shareContrast(part) } : part.x;
}

/** Bootstrap means of every distinct column with at least 20 clusters; columns over the same clusters share resamples. */
function bootstrapByClusters(
  columns: readonly ClusterValues[],
  plan: DescriptionPlan,
): ReadonlyMap<ArrayLike<number>, Float64Array> {
  const lists = new Map<string, Set<ArrayLike<number>>>();
  for (const { clusters, values } of columns) {
    if (values.length < 20) continue;
    lists.set(clusters, (lists.get(clusters) ?? new Set()).add(values));
  }
  const means = new Map<ArrayLike<number>, Float64Array>();
  for (const [clusters, distinct] of lists) {
    const ordered = [...distinct];
    const path = `${plan.path}/${clusters}`;
    const drawn = bootstrapMeans(ordered, { root: plan.root, path, resamples: plan.resamples });
    for (const [index, values] of ordered.entries())
      means.set(values, drawn[index] ?? bug('missing replicates'));
  }
  return means;
}

interface Replicates {
  readonly level: number;
  readonly rate: number;
  readonly means: ReadonlyMap<ArrayLike<number>, Float64Array>;
}

function describePart(part: Part, tested: ClusterValues, replicated: Replicates): PartDescription {
  const { rate, means } = replicated;
  const equivalence = part.kind === 'abs-mean' && part.direction === 'below';
  const level = equivalence ? 1 - 2 * rate : replicated.level;
  const replicates = () => means.get(tested.values) ?? bug('column without replicates');
  return {
    part: part.name,
    effect: effectOf(tested.values),
    margin: part.kind === 'share' ? 0 : part.margin,
    direction: part.direction,
    interval: clusterInterval(tested.values, level, replicates),
    ratio: part.kind === 'share' ? ratioOf(part) : null,
  };
}

function ratioOf(part: Extract<Part, { kind: 'share' }>): number | null {
  const reference = effectOf(part.reference.values).estimate;
  return reference > 0 ? effectOf(part.x.values).estimate / reference : null;
}
