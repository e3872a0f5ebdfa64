// Studies made of plain numbers: facts and tables of claims whose verdicts can be worked out by hand.

import type { OutcomeTable } from '../../src/runtime/store/outcome-table.js';
import type {
  ClaimFacts,
  ControlFacts,
  FamilyFacts,
  MemberFacts,
  PartFacts,
  StudyFacts,
} from '../../src/runtime/study/facts.js';

/** Ten clusters: all 1,024 flips are enumerated, so that an effect shown everywhere has p = 1/1024 (2/1024 jointly). */
export const CLUSTERS = 10;

/** Values near `mean`, all distinct, with small spread: whatever lies beyond 0.1 of the mean is shown. */
export function near(mean: number, spread = 0.01): Float64Array {
  return Float64Array.from({ length: CLUSTERS }, (_, i) => mean + spread * (i - (CLUSTERS - 1) / 2));
}

/** Values that alternate in sign and show nothing about zero. */
export function swinging(size: number): Float64Array {
  return Float64Array.from({ length: CLUSTERS }, (_, i) => (i % 2 === 0 ? size : -size) * (1 + i / 100));
}

export class Tables {
  readonly #parts = new Map<string, { id: string; values: Float64Array }[]>();

  add(table: string, id: string, values: Float64Array): string {
    const list = this.#parts.get(table) ?? [];
    this.#parts.set(table, list);
    list.push({ id, values });
    return id;
  }

  all(): ReadonlyMap<string, OutcomeTable> {
    const clusters = Array.from({ length: CLUSTERS }, (_, i) => `c${i}`);
    return new Map(
      [...this.#parts].map(([name, parts]) => [
        name,
        {
          name,
          parts: parts.map((one) => ({
            ...one,
            memberId: '',
            direction: 'above',
            margin: 0,
            unit: null,
            facts: {},
          })),
          items: clusters.map((hash, cluster) => ({ hash, cluster })),
          clusters,
        },
      ]),
    );
  }
}

type PartOptions = Partial<Pick<PartFacts, 'kind' | 'direction' | 'margin'>>;

/** A part with its numbers: `reference` makes it a share. */
export function part(
  tables: Tables,
  table: string,
  id: string,
  values: Float64Array,
  { kind = 'mean', direction = 'above', margin = 0.05 }: PartOptions = {},
  reference?: Float64Array,
): PartFacts {
  return {
    name: `${id} ${direction} ${margin}`,
    kind,
    direction,
    margin,
    marginText: String(margin),
    unit: null,
    x: tables.add(table, id, values),
    reference: reference === undefined ? null : tables.add(table, `${id}/of`, reference),
  };
}

export function member(
  id: string,
  parts: readonly PartFacts[],
  more: Partial<MemberFacts> = {},
): MemberFacts {
  return { id, label: id, parts, structural: false, changes: [], ...more };
}

export function claim(
  id: string,
  members: readonly MemberFacts[],
  more: Partial<ClaimFacts> = {},
): ClaimFacts {
  return { id, quantity: 'each', k: 0, table: 'claims', members, assay: null, ...more };
}

export function paired(
  name: string,
  ofClaim: string,
  members: readonly MemberFacts[],
  waived: string | null = null,
): ControlFacts {
  return {
    name,
    claim: ofClaim,
    waived,
    inserted: false,
    kind: 'paired',
    members: members.map((one) => ({ ...one, x: one.parts[0]?.x ?? null })),
  };
}

export function replicates(
  name: string,
  ofClaim: string,
  list: readonly (readonly MemberFacts[])[],
  more: { readonly exhaustive?: boolean; readonly waived?: string } = {},
): ControlFacts {
  return {
    name,
    claim: ofClaim,
    waived: more.waived ?? null,
    inserted: false,
    kind: 'replicates',
    what: 'reinitialised',
    exhaustive: more.exhaustive ?? false,
    table: `control-${name}`,
    replicates: list.map((members, i) => ({ id: String(i), members })),
  };
}

export function study(
  claims: readonly ClaimFacts[],
  controls: readonly ControlFacts[] = [],
  method: FamilyFacts['method'] = 'max_t',
): StudyFacts {
  const family = { name: 'family', method, rate: '0.05', flips: 999, claims: claims.map((one) => one.id) };
  return { version: 1, root: '0'.repeat(64), families: [family], claims, controls };
}
