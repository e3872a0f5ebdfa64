// Marks members whose numbers cannot be tested as invalid, with the reason. Nothing is dropped: an invalid member keeps
// its place in the count.
import type { Claim, ClusterValues, Member, MemberState, Part } from './types.js';

export function checkedClaim(claim: Claim): Claim {
  return { ...claim, members: claim.members.map(checkedMember) };
}

function checkedMember(member: Member): Member {
  return { id: member.id, state: checkedState(member.state) };
}

function checkedState(state: MemberState): MemberState {
  if (state.kind === 'structural-zero' && state.satisfies)
    return { kind: 'invalid', reason: 'vacuous', detail: 'no path from the site to the metric' };
  if (state.kind !== 'measured') return state;
  const parts = [
    ...state.parts,
    ...state.gates.flatMap((gate) => (gate.kind === 'paired' ? [gate.part] : [])),
  ];
  for (const part of parts) {
    for (const { values } of valuesOf(part)) {
      if (values.length < 2)
        return { kind: 'invalid', reason: 'too-few-clusters', detail: `${part.name}: ${values.length}` };
      const bad = Array.from(values).filter((value) => !Number.isFinite(value)).length;
      if (bad > 0)
        return {
          kind: 'invalid',
          reason: 'non-finite',
          detail: `${part.name}: ${bad} of ${values.length} clusters`,
        };
    }
  }
  return state;
}

export function valuesOf(part: Part): ClusterValues[] {
  return part.kind === 'share' ? [part.x, part.reference] : [part.x];
}
