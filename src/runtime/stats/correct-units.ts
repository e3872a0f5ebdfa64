// The family's correction applied to its conclusions. A joint family is one max-T over the columns of all conclusions in
// both directions, unless there is only one: then each direction is tested at its own level. A vector family corrects the
// support p (Holm and the like over k) and asks p <= rate / k of a refutation; false discovery rates count both directions
// as 2k tests. A max-T block of m members enters with weight m/k and passes nothing on.
import { bug } from '../../compiler/base/bug.js';
import { capped, type Fraction, scale } from '../../compiler/correction/fraction.js';
import type { Procedure } from '../../compiler/correction/procedures.js';
import { type FourPs, unknown } from './conclusion.js';

/** One conclusion: a member of an `each` claim, or (member null) a claim as a whole. */
export interface Unit {
  readonly claim: number;
  readonly member: number | null;
  readonly block: boolean;
}

export interface CorrectedUnit {
  readonly unit: Unit;
  readonly raw: FourPs;
  readonly adjusted: FourPs;
}

export interface UnitCorrection {
  readonly units: readonly Unit[];
  readonly procedure: Procedure;
  /** Joint max-T over the columns of the claims of these conclusions. */
  readonly joint: (units: readonly Unit[]) => (index: number) => Fraction;
  readonly jointFour: (unit: Unit, pOf: (index: number) => Fraction) => FourPs;
  readonly rawFour: (unit: Unit) => FourPs;
}

export function correctUnits(correction: UnitCorrection): CorrectedUnit[] {
  const { units, procedure, rawFour } = correction;
  if (procedure.kind === 'joint') {
    if (units.length !== 1) return correctJointly(correction, units, { by: 1, over: 1 });
    return units.map((unit) => ({ unit, raw: rawFour(unit), adjusted: rawFour(unit) }));
  }
  const blocks = new Map<number, Unit[]>();
  for (const unit of units) if (unit.block) blocks.set(unit.claim, [...(blocks.get(unit.claim) ?? []), unit]);
  if (blocks.size > 0 && procedure.controls === 'fdr')
    bug('a max-T block cannot enter a false discovery rate');
  const inBlocks = [...blocks.values()].flatMap((block) =>
    correctJointly(correction, block, { by: units.length, over: block.length }),
  );
  const rest = units.filter(({ block }) => !block).map((unit) => ({ unit, raw: rawFour(unit) }));
  return [...inBlocks, ...correctVector(rest, procedure, units.length)];
}

function correctJointly(
  { joint, jointFour, rawFour }: UnitCorrection,
  units: readonly Unit[],
  weight: { readonly by: number; readonly over: number },
): CorrectedUnit[] {
  const pOf = joint(units);
  return units.map((unit) => {
    const four = jointFour(unit, pOf);
    const weighted = (p: Fraction) =>
      weight.by === weight.over ? p : capped(scale(p, weight.by, weight.over));
    return { unit, raw: rawFour(unit), adjusted: mapPs(four, weighted) };
  });
}

function correctVector(
  units: readonly Omit<CorrectedUnit, 'adjusted'>[],
  procedure: Extract<Procedure, { kind: 'vector' }>,
  total: number,
): CorrectedUnit[] {
  const count = units.length;
  const column = (pick: (four: FourPs) => Fraction) => units.map(({ raw }) => pick(raw));
  const refute = column(({ refute: p }) => p);
  const corrected = (support: readonly Fraction[]): Fraction[] =>
    procedure.controls === 'fwer'
      ? procedure.adjust(support).map((p) => (count === total ? p : capped(scale(p, total, count))))
      : procedure.adjust([...support, ...refute]);
  const support = corrected(column((four) => four.support));
  const gated = corrected(column((four) => four.gated));
  return units.map(({ unit, raw }, index) => {
    const times = (p: Fraction) => capped(scale(p, total));
    const adjusted = {
      support: support[index] ?? unknown.support,
      gated: gated[index] ?? unknown.gated,
      refute: procedure.controls === 'fwer' ? times(raw.refute) : (gated[count + index] ?? unknown.refute),
      behaviour: procedure.controls === 'fwer' ? times(raw.behaviour) : raw.behaviour,
    };
    return { unit, raw, adjusted };
  });
}

function mapPs(four: FourPs, change: (p: Fraction) => Fraction): FourPs {
  return {
    support: change(four.support),
    gated: change(four.gated),
    refute: change(four.refute),
    behaviour: change(four.behaviour),
  };
}
