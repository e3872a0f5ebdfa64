// The ranges of binders: written down, inherited from the sites a body reads, filtered, dependent on earlier binders.
import type { BinaryOperator, Binder, Declaration, Expr } from '../syntax/ast.js';
import { type Ctx, evaluate, refuse } from './context.js';
import { describe } from './describe.js';
import type { Family, MemberTuple } from './family.js';
import { knownNames } from './known-names.js';
import { childrenOf } from './mentions.js';
import * as say from './messages.js';
import { withValues } from './scope.js';
import type { IndexValue, RangeValue, Scope, Universe, Value } from './value.js';

/** Families larger than this are refused before they fill the memory. */
const mostMembers = 1_000_000;

/** The binders of a declaration with their full ranges. */
export function universeOf(declaration: Declaration, scope: Scope, ctx: Ctx): Universe {
  return declaration.binders.map((binder) => ({
    name: binder.name,
    range: rangeOf(binder, declaration.value, scope, ctx),
  }));
}

/** The unfiltered range of a binder. */
export function rangeOf(binder: Binder, body: Expr | undefined, scope: Scope, ctx: Ctx): RangeValue {
  if (binder.range !== undefined) {
    const expr = binder.range.kind === 'where' ? binder.range.base : binder.range;
    return asRange(evaluate(expr, scope, ctx), expr, scope);
  }
  const found: { readonly range: RangeValue; readonly binder: Binder }[] = [];
  if (body !== undefined) collect(binder.name, body, scope, ctx, found);
  const [first, ...others] = found;
  if (first === undefined) return refuse(say.binderWithoutRange(binder));
  for (const other of others) {
    if (!sameRange(first.range, other.range)) refuse(say.twoRanges(binder, first.binder, other.binder));
  }
  return first.range;
}

/** Every place where a family is indexed by the binder's bare name: the range is that family's. */
function collect(
  name: string,
  expr: Expr,
  scope: Scope,
  ctx: Ctx,
  found: { readonly range: RangeValue; readonly binder: Binder }[],
): void {
  if (expr.kind === 'index' && expr.base.kind === 'name') {
    const entry = scope.locals.has(expr.base.name) ? undefined : scope.table.get(expr.base.name);
    const declaration =
      entry === undefined ? undefined : entry.kind === 'declared' ? entry.declaration : entry.original;
    if (declaration !== undefined && declaration.binders.length > 0 && entry !== undefined) {
      const table = entry.kind === 'declared' ? (entry.home ?? scope.table) : scope.table;
      const inner: Scope = { table, locals: new Map() };
      for (const [i, arg] of expr.args.entries()) {
        const binder = declaration.binders[i];
        if (
          arg.kind !== 'positional' ||
          arg.value.kind !== 'name' ||
          arg.value.name !== name ||
          binder === undefined
        )
          continue;
        const dependsOnEarlier = binder.range !== undefined && mentionsEarlier(binder, declaration);
        if (dependsOnEarlier) continue;
        found.push({ range: rangeOf(binder, declaration.value, inner, ctx), binder });
      }
    }
  }
  const layers = layersOfBlocks(name, expr, scope, ctx);
  if (layers !== null)
    found.push({ range: layers, binder: { kind: 'binder', name, span: expr.span, nameSpan: expr.span } });
  const along = alongAxis(name, expr, scope, ctx);
  if (along !== null)
    found.push({ range: along, binder: { kind: 'binder', name, span: expr.span, nameSpan: expr.span } });
  for (const child of childrenOf(expr)) collect(name, child, scope, ctx, found);
}

/** `m.blocks[l]`: l ranges over the model's layers. */
function layersOfBlocks(name: string, expr: Expr, scope: Scope, ctx: Ctx): RangeValue | null {
  if (expr.kind !== 'index' || expr.base.kind !== 'member' || expr.base.name !== 'blocks') return null;
  const [arg] = expr.args;
  if (arg?.kind !== 'positional' || arg.value.kind !== 'name' || arg.value.name !== name) return null;
  const range = evaluate({ ...expr.base, name: 'layers' }, scope, ctx);
  return range.kind === 'range' ? range : null;
}

/** `m.blocks[l].attn.z[head: h]`: h ranges over the axis, where every site of the model that has it has one length. */
function alongAxis(name: string, expr: Expr, scope: Scope, ctx: Ctx): RangeValue | null {
  if (expr.kind !== 'index') return null;
  const arg = expr.args.find(
    (one) => one.kind === 'named' && one.value.kind === 'name' && one.value.name === name,
  );
  let root: Expr = expr.base;
  while (root.kind === 'member' || root.kind === 'index') root = root.base;
  if (arg?.kind !== 'named' || root.kind !== 'name' || !scope.table.has(root.name)) return null;
  const model = evaluate(root, scope, ctx);
  if (model.kind !== 'model') return null;
  const { sites, weights } = model.graph;
  const sizes = new Set(
    [...sites, ...weights].flatMap((site) =>
      site.axes.flatMap((axis) => (axis.name === arg.name ? [axis.size] : [])),
    ),
  );
  const [size] = sizes;
  if (sizes.size !== 1 || typeof size !== 'number') return null;
  return {
    kind: 'range',
    domain: { kind: 'axis', axis: arg.name },
    values: Array.from({ length: size }, (_, i) => i),
  };
}

function mentionsEarlier(binder: Binder, declaration: Declaration): boolean {
  const earlier = declaration.binders.slice(0, declaration.binders.indexOf(binder)).map((one) => one.name);
  const mentions = (expr: Expr): boolean =>
    (expr.kind === 'name' && earlier.includes(expr.name)) || childrenOf(expr).some(mentions);
  return binder.range !== undefined && mentions(binder.range);
}

function sameRange(a: RangeValue, b: RangeValue): boolean {
  const kinds = a.domain.kind === b.domain.kind;
  return kinds && a.values.length === b.values.length && a.values.every((one, i) => one === b.values[i]);
}

function asRange(value: Value, expr: Expr, scope: Scope): RangeValue {
  switch (value.kind) {
    case 'range':
      return value;
    case 'circuit':
      return {
        kind: 'range',
        domain: { kind: 'circuit', circuit: value },
        values: value.members.map((_, i) => i),
      };
    case 'list': {
      const units = new Set<string | null>();
      const values = value.items.map((item, i) => {
        if (item.kind !== 'number')
          return refuse(say.expected(value.spans[i] ?? expr.span, 'a number', describe(item)));
        units.add(item.unit);
        return item.value;
      });
      if (units.size > 1) return refuse(say.mixedUnits(expr.span));
      const [unit = null] = units;
      return { kind: 'range', domain: { kind: 'numbers', unit }, values };
    }
    case 'word':
      return refuse(say.unknownName(value.span, value.word, knownNames(scope)));
    default:
      return refuse(say.expected(expr.span, 'a range', describe(value)));
  }
}

/** All members of the binders, filters applied and dependent ranges followed, in lexicographic order. */
export function familyOf(binders: readonly Binder[], body: Expr | undefined, scope: Scope, ctx: Ctx): Family {
  if (binders.length === 0) return { universe: [], members: [[]] };
  const universe: { name: string; range: RangeValue }[] = [];
  let members: MemberTuple[] = [[]];
  // Sizes are multiplied before a member is built; those that depend on earlier binders are counted while they grow.
  const known = binders.map((binder, i) =>
    isDependent(binder, binders.slice(0, i)) ? null : filtered(binder, body, scope, ctx),
  );
  let size = 1;
  for (const [i, binder] of binders.entries()) {
    size *= known[i]?.values.length ?? 1;
    if (size > mostMembers && !known.some((one) => one?.values.length === 0))
      return refuse(say.familyTooLarge(binder.span, mostMembers));
  }
  for (const [i, binder] of binders.entries()) {
    const next: MemberTuple[] = [];
    let shown: RangeValue | null = null;
    const fixed = known[i] ?? null;
    for (const member of members) {
      const here = fixed ?? filtered(binder, body, bindTuple(universe, member, scope), ctx);
      if (shown === null || here.values.length > shown.values.length) shown = here;
      if (next.length + here.values.length > mostMembers)
        refuse(say.familyTooLarge(binder.span, mostMembers));
      for (const value of here.values) next.push([...member, value]);
    }
    universe.push({ name: binder.name, range: shown ?? filtered(binder, body, scope, ctx) });
    members = next;
  }
  return openCircuits({ universe, members });
}

/** A binder over a circuit becomes the circuit's own coordinates, so that members are heads and not numbers of heads. */
function openCircuits(family: Family): Family {
  const at = family.universe.findIndex((one) => one.range.domain.kind === 'circuit');
  const domain = family.universe[at]?.range.domain;
  if (domain?.kind !== 'circuit') return family;
  const { circuit } = domain;
  const binder = family.universe[at]?.name ?? '';
  const universe = family.universe.toSpliced(
    at,
    1,
    ...circuit.universe.map((one) => ({ name: `${binder}.${one.name}`, range: one.range })),
  );
  const members = family.members.map((member) =>
    member.toSpliced(at, 1, ...(circuit.members[Number(member[at])] ?? [])),
  );
  return openCircuits({ universe, members });
}

function isDependent(binder: Binder, earlier: readonly Binder[]): boolean {
  const names = new Set(earlier.map((one) => one.name));
  const mentions = (expr: Expr): boolean =>
    (expr.kind === 'name' && names.has(expr.name)) || childrenOf(expr).some(mentions);
  return binder.range !== undefined && mentions(binder.range);
}

function filtered(binder: Binder, body: Expr | undefined, scope: Scope, ctx: Ctx): RangeValue {
  const range = rangeOf(binder, body, scope, ctx);
  if (binder.range?.kind !== 'where') return range;
  const { mask } = binder.range;
  const values = range.values.filter((value) => {
    const index: IndexValue = {
      kind: 'index',
      name: binder.name,
      domain: range.domain,
      at: { kind: 'fixed', value },
    };
    return staticCondition(mask, withValues(scope, [[binder.name, index]]), ctx);
  });
  return { ...range, values };
}

/** A condition on binders that is decided before anything runs. */
function staticCondition(expr: Expr, scope: Scope, ctx: Ctx): boolean {
  if (expr.kind === 'not') return !staticCondition(expr.operand, scope, ctx);
  if (expr.kind !== 'binary') return refuse(say.filterNotStatic(expr.span));
  if (expr.operator === 'and')
    return staticCondition(expr.left, scope, ctx) && staticCondition(expr.right, scope, ctx);
  if (expr.operator === 'or')
    return staticCondition(expr.left, scope, ctx) || staticCondition(expr.right, scope, ctx);
  const a = staticNumber(evaluate(expr.left, scope, ctx), expr.left);
  const b = staticNumber(evaluate(expr.right, scope, ctx), expr.right);
  const holds = comparisons.get(expr.operator);
  return holds === undefined ? refuse(say.filterNotStatic(expr.span)) : holds(a, b);
}

type Static = number | string;
/** Arithmetic is no condition: it has no line here. */
const comparisons: ReadonlyMap<BinaryOperator, (a: Static, b: Static) => boolean> = new Map([
  ['==', (a, b) => a === b],
  ['!=', (a, b) => a !== b],
  ['<', (a, b) => a < b],
  ['<=', (a, b) => a <= b],
  ['>', (a, b) => a > b],
  ['>=', (a, b) => a >= b],
]);

function staticNumber(value: Value, expr: Expr): number | string {
  if (value.kind === 'number') return value.value;
  if (value.kind === 'index' && value.at.kind === 'fixed') return value.at.value;
  if (value.kind === 'word') return value.word;
  return refuse(say.filterNotStatic(expr.span));
}

/** A scope in which the binders have one member's values. */
export function bindTuple(universe: Universe, member: MemberTuple, scope: Scope): Scope {
  return withValues(
    scope,
    universe.map(({ name, range }, i): readonly [string, Value] => {
      const value = member[i] ?? 0;
      return [name, { kind: 'index', name, domain: range.domain, at: { kind: 'fixed', value } }];
    }),
  );
}
