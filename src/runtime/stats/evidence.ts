// From the conjuncts of a claim to one-sided columns, and from p-values of columns to p-values of claims. A claim is a
// formula over columns in both directions: what shows it (`support`) and what shows its opposite (`refute`).
import { bug } from '../../compiler/base/bug.js';
import { capped, type Fraction, larger, one, scale, smaller } from '../../compiler/correction/fraction.js';
import type { ClusterValues, Column, Direction, Gate, Part } from './types.js';

export type Formula =
  | { readonly kind: 'column'; readonly index: number }
  | { readonly kind: 'every'; readonly of: readonly Formula[] }
  | { readonly kind: 'any'; readonly of: readonly Formula[] };

/** What one member asserts, as formulas over the columns of a book. */
export interface MemberEvidence {
  readonly support: Formula;
  /** Includes `behaviour`: a share of nothing is neither reached nor missed. */
  readonly refute: Formula;
  /** The references of shares are above 0; `every` of nothing where there are none. */
  readonly behaviour: Formula;
  readonly parts: readonly { readonly part: Part; readonly refute: Formula }[];
  readonly gates: readonly { readonly name: string; readonly formula: Formula }[];
  readonly failedGate: string | null;
}

/** Collects columns, one per distinct (values, direction, margin), so that shared references are tested once. */
export class ColumnBook {
  readonly columns: Column[] = [];
  private readonly known = new Map<ArrayLike<number>, Map<string, number>>();

  add(column: Column): Formula {
    const ofValues = this.known.get(column.values) ?? new Map<string, number>();
    this.known.set(column.values, ofValues);
    const key = `${column.direction} ${column.margin === 0 ? 0 : column.margin}`;
    const index = ofValues.get(key) ?? this.columns.push(column) - 1;
    ofValues.set(key, index);
    return { kind: 'column', index };
  }
}

export function every(of: readonly Formula[]): Formula {
  return of.length === 1 ? (of[0] ?? bug('empty')) : { kind: 'every', of };
}

/** Nested alternatives are flattened: three parts cost three, however they are grouped. */
export function any(of: readonly Formula[]): Formula {
  const flat = of.flatMap((item) => (item.kind === 'any' ? item.of : [item]));
  return flat.length === 1 ? (flat[0] ?? bug('empty')) : { kind: 'any', of: flat };
}

export interface MemberSource {
  readonly id: string;
  readonly parts: readonly Part[];
  readonly gates: readonly Gate[];
}

export function memberEvidence(book: ColumnBook, { id, parts, gates }: MemberSource): MemberEvidence {
  const built = parts.map((part) => ({ part, ...partEvidence(book, id, part) }));
  const behaviour = every(built.flatMap(({ reference }) => reference));
  const claims = built.map(({ support }) => support);
  const opposites = any(built.map(({ refute }) => refute));
  const hasReference = built.some(({ reference }) => reference.length > 0);
  return {
    support: every(hasReference ? [...claims, behaviour] : claims),
    refute: hasReference ? every([behaviour, opposites]) : opposites,
    behaviour,
    parts: built.map(({ part, refute }) => ({ part, refute })),
    ...gateEvidence(book, id, gates),
  };
}

export function gateEvidence(
  book: ColumnBook,
  id: string,
  gates: readonly Gate[],
): Pick<MemberEvidence, 'gates' | 'failedGate'> {
  const failed = gates.find((gate) => gate.kind === 'settled' && !gate.passed);
  return {
    gates: gates.flatMap((gate) => {
      if (gate.kind === 'settled') return [];
      if (gate.kind === 'size') return [{ name: gate.name, formula: largerSize(book, id, gate) }];
      const { support, reference } = partEvidence(book, id, gate.part);
      return [{ name: gate.name, formula: every([support, ...reference]) }];
    }),
    failedGate: failed?.name ?? null,
  };
}

/** abs(mean(a)) > abs(mean(b)) means that a + b and a - b have means of the same sign. */
function largerSize(
  book: ColumnBook,
  memberId: string,
  { name, own, other }: Extract<Gate, { kind: 'size' }>,
): Formula {
  const shifted = (sign: 1 | -1) =>
    Float64Array.from(own.values, (value, i) => value + sign * (other.values[i] ?? Number.NaN));
  const both = [shifted(1), shifted(-1)];
  const side = (direction: Direction) =>
    every(
      both.map((values) =>
        book.add({ memberId, part: name, clusters: own.clusters, values, direction, margin: 0 }),
      ),
    );
  return any([side('above'), side('below')]);
}

interface PartEvidence {
  readonly support: Formula;
  readonly refute: Formula;
  readonly reference: readonly Formula[];
}

function partEvidence(book: ColumnBook, memberId: string, part: Part): PartEvidence {
  const column = (x: ClusterValues, direction: Direction, margin: number): Formula =>
    book.add({ memberId, part: part.name, clusters: x.clusters, values: x.values, direction, margin });
  switch (part.kind) {
    case 'mean':
      return {
        support: column(part.x, part.direction, part.margin),
        refute: column(part.x, opposite(part.direction), part.margin),
        reference: [],
      };
    case 'abs-mean': {
      const beyond = any([column(part.x, 'above', part.margin), column(part.x, 'below', -part.margin)]);
      const within = every([column(part.x, 'below', part.margin), column(part.x, 'above', -part.margin)]);
      const above = part.direction === 'above';
      return { support: above ? beyond : within, refute: above ? within : beyond, reference: [] };
    }
    case 'share': {
      const contrast = { clusters: part.x.clusters, values: shareContrast(part) };
      return {
        support: column(contrast, part.direction, 0),
        refute: column(contrast, opposite(part.direction), 0),
        reference: [column(part.reference, 'above', 0)],
      };
    }
  }
}

/** x - share * reference, cluster by cluster: a relative margin without a division by a noisy denominator. */
export function shareContrast(part: Extract<Part, { kind: 'share' }>): Float64Array {
  return Float64Array.from(
    part.x.values,
    (value, cluster) => value - part.share * (part.reference.values[cluster] ?? Number.NaN),
  );
}

export function opposite(direction: Direction): Direction {
  return direction === 'above' ? 'below' : 'above';
}

/**
 * p of a formula. `every` is an intersection-union test: the largest p, at no cost. `any` takes the smallest: as it is
 * where the columns' p are already corrected jointly, times the number of alternatives where they are raw.
 */
export function evaluate(
  formula: Formula,
  pOf: (index: number) => Fraction,
  alternatives: 'joint' | 'raw',
): Fraction {
  switch (formula.kind) {
    case 'column':
      return pOf(formula.index);
    case 'every':
      return formula.of.map((item) => evaluate(item, pOf, alternatives)).reduce(larger, { num: 0n, den: 1n });
    case 'any': {
      const smallest = formula.of.map((item) => evaluate(item, pOf, alternatives)).reduce(smaller, one);
      return alternatives === 'joint' ? smallest : capped(scale(smallest, formula.of.length));
    }
  }
}

/** The columns a formula reads. */
export function columnsOf(formula: Formula): number[] {
  return formula.kind === 'column' ? [formula.index] : formula.of.flatMap(columnsOf);
}
