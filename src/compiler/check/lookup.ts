// What a name means where it stands: a binder or parameter, a declaration, a built-in, or a word of a closed set.
import type { Span } from '../base/span.js';
import type { Declaration } from '../syntax/ast.js';
import { circuitOf, circuitValue } from './circuits.js';
import { type Ctx, deeper, evaluate, Refusal, refuse } from './context.js';
import { dataOf } from './data-declaration.js';
import { inflightPart } from './directions.js';
import * as say from './messages.js';
import { modelOf } from './model-declaration.js';
import { paramOf } from './parameters.js';
import { withValues } from './scope.js';
import type { Entry, Scope, Table, Value } from './value.js';

export function evaluateName(name: string, span: Span, scope: Scope, ctx: Ctx): Value {
  const local = scope.locals.get(name);
  if (local?.kind === 'value') return local.value;
  if (local?.kind === 'thunk') return evaluate(local.thunk.expr, local.thunk.scope, ctx);
  const entry = scope.table.get(name);
  if (entry !== undefined) return evaluateEntry(name, entry, span, scope, ctx);
  if (name === 'self') return inflightPart(ctx, 'self', span);
  if (name === 'pi') return { kind: 'number', value: Math.PI, unit: null };
  if (name === 'inf') return { kind: 'number', value: Number.POSITIVE_INFINITY, unit: null };
  if (name === 'true' || name === 'false') return { kind: 'word', word: name, span };
  return { kind: 'word', word: name, span };
}

function evaluateEntry(name: string, entry: Entry, span: Span, scope: Scope, ctx: Ctx): Value {
  if (entry.kind === 'replaced') {
    if (entry.by.kind === 'value') return entry.by.value;
    const original = entry.original;
    if (entry.by.binders.length > 0) {
      // The new body under the binder names of the substitution's path, ranges from the original's binders.
      const binders = original.binders.map((binder, i) => ({
        ...binder,
        name: entry.by.kind === 'body' ? (entry.by.binders[i] ?? binder.name) : binder.name,
      }));
      const declaration: Declaration = { ...original, binders, value: entry.by.expr };
      return { kind: 'family', declaration, scope: entry.by.scope };
    }
    const { expr, scope: where } = entry.by;
    return original.keyword === 'circuit' ? circuitValue(name, expr, where, ctx) : evaluate(expr, where, ctx);
  }
  const { declaration } = entry;
  if (ctx.session.failed.has(declaration)) throw new Refusal(null);
  const inner: Scope = { table: homeOf(entry.home, scope.table), locals: new Map() };
  return evaluateDeclaration(name, declaration, span, inner, ctx);
}

function homeOf(home: Table | null, asker: Table): Table {
  return home ?? asker;
}

/** The value of a declared name. Families stay families until they are indexed. */
export function evaluateDeclaration(
  name: string,
  declaration: Declaration,
  span: Span,
  scope: Scope,
  ctx: Ctx,
): Value {
  if (!selfContained.has(declaration.keyword)) return declaredValue(name, declaration, span, scope, ctx);
  const { active } = ctx.session;
  if (active.includes(declaration)) return refuse(say.cyclicDefinition(declaration, active));
  active.push(declaration);
  const value = declaredValue(name, declaration, span, scope, ctx);
  active.pop(); // after a refusal the list is begun anew
  return value;
}

/** Declarations that are never evaluated inside themselves, not even under a `given`. */
const selfContained: ReadonlySet<Declaration['keyword']> = new Set([
  'model',
  'data',
  'draw',
  'param',
  'circuit',
] as const);

function declaredValue(name: string, declaration: Declaration, span: Span, scope: Scope, ctx: Ctx): Value {
  switch (declaration.keyword) {
    case 'model':
      return modelOf(declaration, scope, ctx);
    case 'data':
    case 'draw':
      return dataOf(declaration, scope, ctx);
    case 'param':
      return paramOf(declaration, scope, ctx);
    case 'fn':
      return { kind: 'function', declaration, scope };
    case 'circuit':
      return circuitOf(declaration, scope, ctx);
    case 'ablation':
      return { kind: 'ablation', declaration, scope, on: null };
    case 'hook':
    case 'metric':
    case 'intervention':
    case 'let':
      if (declaration.binders.length > 0) return { kind: 'family', declaration, scope };
      return evaluateBody(declaration, scope, ctx);
    case 'fit':
    case 'gallery':
      return refuse(say.notExecutableYet(span, `\`${declaration.keyword}\` declarations`));
    case 'claim':
    case 'control':
      return refuse(say.claimAsValue(span, name));
    case 'study':
    case 'import':
    case 'correction':
    case 'predict':
    case 'report':
    case 'waive':
    case 'hole':
    case 'variant':
    case 'variable':
      return refuse(say.notAValue(span, name, declaration.keyword));
  }
}

/** The right side of a declaration, guarded against definitions that need themselves. */
export function evaluateBody(declaration: Declaration, scope: Scope, ctx: Ctx): Value {
  const { value } = declaration;
  if (value === undefined) return refuse(say.missingValue(declaration));
  const { active } = ctx.session;
  if (active.filter((one) => one === declaration).length > 3) {
    return refuse(say.cyclicDefinition(declaration, active));
  }
  const known = scope.locals.size > 0 ? undefined : ctx.session.bodies.get(ctx)?.get(declaration);
  if (known !== undefined && known.table === scope.table) return known.value;
  active.push(declaration);
  try {
    const found = deeper(ctx, 4, () => markOwner(evaluate(value, scope, ctx), declaration));
    if (scope.locals.size === 0) remember(declaration, scope, ctx, found);
    return found;
  } finally {
    active.pop();
  }
}

function remember(declaration: Declaration, scope: Scope, ctx: Ctx, value: Value): void {
  const { bodies } = ctx.session;
  const here = bodies.get(ctx) ?? new Map<Declaration, { readonly table: Table; readonly value: Value }>();
  here.set(declaration, { table: scope.table, value });
  bodies.set(ctx, here);
}

/** Writes belong to the intervention that declares them: it is counted how often it changed something. */
function markOwner(value: Value, declaration: Declaration): Value {
  if (declaration.keyword !== 'intervention') return value;
  const parts = value.kind === 'list' ? value.items : [value];
  const writes = parts.flatMap((one) => (one.kind === 'writes' ? [one] : []));
  if (writes.length === 0 || writes.length < parts.length) return value;
  const owner = declaration.name ?? '';
  return {
    kind: 'writes',
    writes: writes.flatMap((one) => one.writes.map((write) => ({ ...write, owner }))),
  };
}

/** A family's body with its binders bound. */
export function evaluateMember(
  declaration: Declaration,
  values: readonly Value[],
  scope: Scope,
  ctx: Ctx,
): Value {
  const bound = declaration.binders.map(
    (binder, i) => [binder.name, values[i] ?? ({ kind: 'error' } as const)] as const,
  );
  return evaluateBody(declaration, withValues(scope, bound), ctx);
}
