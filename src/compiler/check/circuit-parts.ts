// A circuit taken apart by layer: which positions along the other axis belong to it.
import type { CircuitValue, Constraint, IndexValue, Value } from './value.js';

export const standIn = '#circuit';

export type CircuitPart = { readonly values: readonly Value[]; readonly at: Constraint['at'] };

/** For each combination of structural coordinates (a layer): which positions along the other one belong to the circuit. */
export function circuitParts(circuit: CircuitValue): readonly CircuitPart[] {
  const layerAt = circuit.universe.findIndex((one) => one.range.domain.kind === 'layers');
  const axisAt = circuit.universe.findIndex((one) => one.range.domain.kind !== 'layers');
  const layers = layerAt < 0 ? [null] : (circuit.universe[layerAt]?.range.values ?? []);
  return layers.flatMap((layer): readonly CircuitPart[] => {
    const values: Value[] = circuit.universe.map(({ name, range }, i): IndexValue => {
      if (i === layerAt && layer !== null)
        return { kind: 'index', name, domain: range.domain, at: { kind: 'fixed', value: layer } };
      return { kind: 'index', name: standIn, domain: range.domain, at: { kind: 'dynamic' } };
    });
    const present = circuit.members.some((m) => layer === null || m[layerAt] === layer);
    // Circuits run side by side have as many elements in each layer as the one they stand for: where it has none, none has.
    if (circuit.dynamic !== null && present) {
      const which = layer === null ? circuit.dynamic : `${circuit.dynamic}|${layer}`;
      return [{ values, at: { kind: 'mask', name: circuit.complement ? `!${which}` : which } }];
    }
    const size = circuit.universe[axisAt]?.range.values.length ?? 0;
    const mine = circuit.members
      .filter((m) => layer === null || m[layerAt] === layer)
      .map((m) => Number(m[axisAt]));
    const indices = circuit.complement
      ? Array.from({ length: size }, (_, i) => i).filter((i) => !mine.includes(i))
      : mine.toSorted((a, b) => a - b);
    return indices.length === 0 ? [] : [{ values, at: { kind: 'set', indices } }];
  });
}
