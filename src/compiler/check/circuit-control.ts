// The control for a named circuit: other circuits with as many elements (in each layer), all of them where they are few.

import { wordsOf } from './args.js';
import { allMembers } from './circuits.js';
import type { ControlKind, OpenedClaim } from './claim-spec.js';
import type { ControlRequest } from './claims.js';
import { evaluateClaim, evaluateStatic, withValue } from './claims.js';
import { refuse, type Session } from './context.js';
import { describe } from './describe.js';
import * as rule from './evidence-messages.js';
import type { FamilyClass, MemberTuple } from './family.js';
import * as say from './messages.js';
import type { CircuitValue, ConstructValue } from './value.js';

export function circuitControl(
  circuitName: string,
  construct: ConstructValue,
  name: string,
  opened: OpenedClaim,
  request: ControlRequest,
): ControlKind {
  const { session } = request;
  const likeThunk =
    construct.named.get('like') ??
    refuse(say.missingArgument(construct.span, 'circuits', '`like:`, a circuit'));
  const like = evaluateStatic(likeThunk.expr, likeThunk.scope, session);
  if (like.kind !== 'circuit') return refuse(say.expected(likeThunk.expr.span, 'a circuit', describe(like)));
  const nThunk =
    construct.named.get('n') ?? refuse(say.missingArgument(construct.span, 'circuits', '`n:`, how many'));
  const n = evaluateStatic(nThunk.expr, nThunk.scope, session);
  if (n.kind !== 'number' || !Number.isInteger(n.value) || n.value < 1) {
    return refuse(say.expected(nThunk.expr.span, 'a whole number, at least 1', describe(n)));
  }
  const match = construct.named.get('match');
  const words =
    match === undefined
      ? ['size', 'layer']
      : wordsOf(match).map(({ word, span }) =>
          ['size', 'layer'].includes(word) ? word : refuse(say.unknownWord(span, word, ['size', 'layer'])),
        );
  const { drawn, exhaustive } = circuitsLike(like, words.includes('layer'), n.value, session);
  if (drawn.length === 0) return refuse(rule.noOtherCircuit(construct.span, like.name));
  if (request.waived === true || (request.replicates !== 'all' && request.replicates !== 'one')) {
    return {
      kind: 'circuits',
      circuit: circuitName,
      drawn,
      exhaustive,
      universe: like.universe,
      variant: null,
    };
  }
  const shown = request.replicates === 'all' ? drawn : drawn.slice(0, 1);
  const members: FamilyClass = {
    key: `circuits ${circuitName} ${shown.length} ${shown.map((one) => one.map((m) => m.join('.')).join('+')).join(' ')}`,
    binders: [],
    fixed: new Map(),
    members: shown.map((_, i): MemberTuple => [i]),
    circuits: new Map([[circuitName, shown]]),
  };
  const standIn: CircuitValue = { ...like, name: circuitName, dynamic: circuitName };
  const scope = withValue(opened.scope, circuitName, standIn);
  const variant = evaluateClaim(
    { ...opened, scope },
    {
      ...request,
      purpose: `circuits ${name}`,
      outputs: `control:${name}`,
      sideBySide: members,
    },
  );
  return { kind: 'circuits', circuit: circuitName, drawn, exhaustive, universe: like.universe, variant };
}

/** Members that stand in for those a search will find may fill a layer: then circuits of any layers show what is checked. */
function circuitsLike(
  like: CircuitValue,
  byLayer: boolean,
  n: number,
  session: Session,
): ReturnType<typeof matched> {
  const found = matched(like, byLayer, n, session.host.subsetRanks);
  if (found.drawn.length > 0 || like.settled) return found;
  return matched(like, false, n, session.host.subsetRanks);
}

/** How many circuits are listed one by one; above that they are drawn. */
const enumerable = 200_000;

/** Circuits like the given one, other than it: all where there are at most n, else n drawn at random. */
function matched(
  like: CircuitValue,
  byLayer: boolean,
  n: number,
  ranks: (stream: string, draw: number, ids: readonly string[]) => readonly number[],
): { readonly drawn: readonly (readonly MemberTuple[])[]; readonly exhaustive: boolean } {
  const layerAt = byLayer ? like.universe.findIndex((one) => one.range.domain.kind === 'layers') : -1;
  const all = allMembers(like.universe);
  const strata = new Map<string, { pool: MemberTuple[]; k: number }>();
  for (const member of all) {
    const key = layerAt < 0 ? '' : String(member[layerAt]);
    const stratum = strata.get(key) ?? { pool: [], k: 0 };
    stratum.pool.push(member);
    strata.set(key, stratum);
  }
  for (const member of like.members) {
    const stratum = strata.get(layerAt < 0 ? '' : String(member[layerAt]));
    if (stratum !== undefined) stratum.k++;
  }
  const own = keyOf(like.members);
  const counts = [...strata.values()].map(({ pool, k }) => choose(pool.length, k));
  const total = counts.reduce((product, count) => product * count, 1);
  if (total - 1 <= Math.min(n, enumerable)) {
    const listed = [...strata.values()].reduce<readonly (readonly MemberTuple[])[]>(
      (partial, { pool, k }) =>
        partial.flatMap((left) => subsets(pool, k).map((right) => [...left, ...right])),
      [[]],
    );
    return { drawn: listed.filter((one) => keyOf(one) !== own), exhaustive: true };
  }
  const seen = new Set<string>([own]);
  const drawn: (readonly MemberTuple[])[] = [];
  for (let attempt = 0; drawn.length < n && attempt < n * 50; attempt++) {
    const one = [...strata.entries()].flatMap(([key, { pool, k }]) => {
      const order = ranks(
        `control/random-circuit/${key}`,
        attempt,
        pool.map((member) => member.join(',')),
      );
      return order.slice(0, k).flatMap((i) => (pool[i] === undefined ? [] : [pool[i]]));
    });
    const key = keyOf(one);
    if (seen.has(key)) continue;
    seen.add(key);
    drawn.push(one);
  }
  return { drawn, exhaustive: false };
}

function keyOf(members: readonly MemberTuple[]): string {
  return members
    .map((one) => one.join(','))
    .toSorted()
    .join(' ');
}

function choose(n: number, k: number): number {
  let result = 1;
  for (let i = 0; i < k; i++) result = (result * (n - i)) / (i + 1);
  return Math.round(result);
}

function subsets<T>(pool: readonly T[], k: number): readonly (readonly T[])[] {
  if (k === 0) return [[]];
  return pool.flatMap((first, i) => subsets(pool.slice(i + 1), k - 1).map((rest) => [first, ...rest]));
}
