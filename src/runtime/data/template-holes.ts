// The holes of a template and of its variants, resolved: for each layer (the base, then each variant of a path) what
// is drawn, from which stream, and what follows from other holes.
import type { HoleSpec, TemplateSpec, VariantSpec } from '../../compiler/data/data-spec.js';
import { type DataProblem, holeCycle, holeRepeated, tooFewValues, unknownHole } from './problem.js';

export type HoleDraw = {
  readonly hole: number;
  /** Part of the name of the stream: `hole/IO`, `variant/abc/hole/S2`. */
  readonly stream: string;
  readonly values: readonly string[];
  readonly distinct: boolean;
};

/** `draws` first those that may repeat a value, then the distinct ones, each in the order of its declaration. */
export type HoleLayer = {
  readonly draws: readonly HoleDraw[];
  /** Holes that take the value of another, in an order in which that one is known. */
  readonly aliases: readonly { readonly hole: number; readonly of: number }[];
  /** Holes without a value until this layer draws them. */
  readonly cleared: readonly number[];
};

type Definition = { readonly source: HoleSpec['source']; readonly distinct: boolean };
/** What a layer knows of every hole, by index; holes that only later variants declare are absent. */
export type HoleTable = ReadonlyMap<number, Definition>;

/** All hole names: those of the base in order, then those that only variants have. */
export function holeNames(spec: TemplateSpec): string[] {
  const all = [spec.holes, ...spec.variants.map((variant) => variant.holes)];
  return [...new Set(all.flatMap((holes) => holes.flatMap((hole) => hole.names)))];
}

type LayerRequest = {
  readonly names: readonly string[];
  readonly holes: readonly HoleSpec[];
  /** The tables of the rows it is made from, the nearest last. */
  readonly ancestors: readonly HoleTable[];
  /** Undefined for the base. */
  readonly variant: VariantSpec | undefined;
};

export type ResolvedLayer = {
  readonly layer: HoleLayer;
  readonly table: HoleTable;
  readonly problems: DataProblem[];
};

/** One layer upon the holes that are already there. */
export function resolveLayer(request: LayerRequest): ResolvedLayer {
  const { names, holes, ancestors, variant } = request;
  const problems: DataProblem[] = [];
  const table = new Map(ancestors.at(-1));
  const changed = new Set<number>();
  const draws: HoleDraw[] = [];
  for (const { names: together, source, distinct } of holes) {
    for (const name of together) {
      const hole = names.indexOf(name);
      if (changed.has(hole)) problems.push(holeRepeated(name));
      changed.add(hole);
      table.set(hole, { source, distinct });
      if (source.kind === 'same') continue;
      const stream = variant === undefined ? `hole/${name}` : `variant/${variant.name}/hole/${name}`;
      draws.push({ hole, stream, values: source.values, distinct });
    }
  }
  const aliases = aliasOrder(names, table, problems);
  // A hole that is the same as a changed one changes with it.
  const cleared = new Set(changed);
  for (const { hole, of } of aliases) if (cleared.has(of)) cleared.add(hole);
  const layer = {
    draws: [...draws.filter((draw) => !draw.distinct), ...draws.filter((draw) => draw.distinct)],
    aliases,
    cleared: [...cleared],
  };
  for (const draw of layer.draws) problems.push(...countValues(draw, { names, table, ancestors }));
  return { layer, table, problems };
}

function aliasOrder(
  names: readonly string[],
  table: HoleTable,
  problems: DataProblem[],
): { hole: number; of: number }[] {
  const order: { hole: number; of: number }[] = [];
  const state = new Map<number, 'open' | 'done'>();
  const visit = (hole: number): void => {
    if (state.get(hole) === 'done') return;
    const definition = table.get(hole);
    if (definition === undefined || definition.source.kind === 'column') return;
    if (state.get(hole) === 'open') {
      problems.push(holeCycle(names[hole] ?? ''));
      return;
    }
    state.set(hole, 'open');
    const of = names.indexOf(definition.source.hole);
    if (!table.has(of)) {
      const known = names.filter((_, index) => table.has(index));
      problems.push(unknownHole(definition.source.hole, names[hole] ?? '', known));
    } else visit(of);
    state.set(hole, 'done');
    order.push({ hole, of });
  };
  for (const hole of table.keys()) visit(hole);
  return order;
}

/** A distinct hole needs one value more than there are others that it could meet; then a draw can never fail. */
function countValues(
  draw: HoleDraw,
  known: {
    readonly names: readonly string[];
    readonly table: HoleTable;
    readonly ancestors: readonly HoleTable[];
  },
): DataProblem[] {
  const own = new Set(draw.values);
  const name = known.names[draw.hole] ?? '';
  if (!draw.distinct) return own.size > 0 ? [] : [tooFewValues(name, 0, 1)];
  const meets = (definition: Definition | undefined): boolean =>
    definition !== undefined &&
    definition.source.kind === 'column' &&
    definition.source.values.some((value) => own.has(value));
  let needed = 1;
  for (const [hole, definition] of known.table) {
    if (hole !== draw.hole && meets(definition)) needed += 1;
    // The rows it was made from had values here that this row no longer has.
    const earlier = new Set(known.ancestors.map((table) => table.get(hole)));
    for (const one of earlier) if (one !== definition && meets(one)) needed += 1;
  }
  return own.size >= needed ? [] : [tooFewValues(name, own.size, needed)];
}
