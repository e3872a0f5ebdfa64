// Marks members whose numbers cannot be tested as invalid, with the reason. Nothing is dropped: an invalid member keeps
// its place in the count.
import type { Claim, ClusterValues, Gate, Member, MemberState, Part } from './types.js';

type Invalid = Extract<MemberState, { kind: 'invalid' }>;

const largest = 1e150; // beyond it, squares overflow

/** Controls of the claim as a whole are part of what every member's verdict needs. */
export function checkedClaim(claim: Claim): Claim {
  const ofClaim = faultOf(pairedParts(claim.gates));
  return { ...claim, members: claim.members.map((member) => checkedMember(member, ofClaim)) };
}

function checkedMember({ id, state }: Member, ofClaim: Invalid | null): Member {
  if (state.kind === 'structural-zero' && state.satisfies)
    return {
      id,
      state: { kind: 'invalid', reason: 'vacuous', detail: 'no path from the site to the metric' },
    };
  if (state.kind !== 'measured') return { id, state };
  return { id, state: faultOf([...state.parts, ...pairedParts(state.gates)]) ?? ofClaim ?? state };
}

function pairedParts(gates: readonly Gate[]): Part[] {
  return gates.flatMap((gate): readonly Part[] => {
    if (gate.kind === 'settled') return [];
    if (gate.kind === 'paired') return [gate.part];
    const { name } = gate;
    return [gate.own, gate.other].map((x) => ({ kind: 'abs-mean', name, direction: 'above', margin: 0, x }));
  });
}

function faultOf(parts: readonly Part[]): Invalid | null {
  for (const part of parts) {
    for (const { values } of valuesOf(part)) {
      const count = values.length;
      if (count < 2) return { kind: 'invalid', reason: 'too-few-clusters', detail: `${part.name}: ${count}` };
      const bad = Array.from(values).filter((value) => !(Math.abs(value) <= largest)).length;
      if (bad > 0)
        return { kind: 'invalid', reason: 'non-finite', detail: `${part.name}: ${bad} of ${count} clusters` };
    }
  }
  return null;
}

function valuesOf(part: Part): ClusterValues[] {
  return part.kind === 'share' ? [part.x, part.reference] : [part.x];
}
